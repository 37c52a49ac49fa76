import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { JobModel } from '#lib/db/models/job'
import { AUDIO_FOLDER, MEDIA_PLAYLIST, POSTER } from '#lib/domain/media-paths'
import { makeClip } from '../../support/make-clip.ts'
import {
  getJobOf,
  importClip,
  namesIn,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../../support/pipeline-test.ts'
import { writeKilledOnce } from '../../support/write-killed-once.ts'

let folder = ''
let peekr: PipelineTest
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-killed-'))
  peekr = await openPipelineTest({
    settings: {
      PEEKR_SANDBOX: 'off', // they leave a mark beside them
      PEEKR_FFPROBE: (await writeKilledOnce(folder, 'ffprobe', '*')).path,
      PEEKR_FFMPEG: (await writeKilledOnce(folder, 'ffmpeg', `*/${POSTER}`)).path,
    },
  })
  await peekr.start()
})
after(async () => {
  await peekr.close()
  await rm(folder, { recursive: true, force: true })
})

test('a file is not to blame when ffprobe is killed while it looks at it, nor without a poster when FFmpeg is', async () => {
  const videoId = await importClip(peekr, await makeClip({ folder, seconds: 3, video: 'mpeg4' }))
  const { state, failure, revision } = await waitForEnd(videoId)
  assert.equal(state, 'ready', JSON.stringify(failure))
  assert.deepEqual(
    (await namesIn(folder)).filter((name) => name.endsWith('-killed')),
    ['ffmpeg-killed', 'ffprobe-killed'],
  )
  const made = await namesIn(peekr.dataPath, 'library', videoId, 'revisions', revision?.id ?? '')
  assert.ok(made.includes(POSTER), made.join(', '))
  await until('the publish', async () => (await getJobOf(videoId, 'publish')).state === 'done')
  for (const kind of ['ingest', 'pictures'] as const) {
    const { attempts, history } = await getJobOf(videoId, kind)
    assert.equal(attempts, 2, kind)
    assert.deepEqual(
      history.map(({ outcome, reason }) => [outcome, reason]),
      [
        ['retried', 'killed'],
        ['done', null],
      ],
    )
  }
})

// Its own proof each: beside a picture the sound's may come before, or after.
for (const [kind, argument, audio] of [
  ['transcode', 'crccheck*', null],
  ['sound', `file:*/${AUDIO_FOLDER}/${MEDIA_PLAYLIST}`, 'aac'],
] as const) {
  test(`what a ${kind} job made is not called wrong when FFmpeg is killed while it decodes it once more`, async () => {
    const other = join(folder, kind)
    await mkdir(other)
    const killed = await writeKilledOnce(other, 'ffmpeg', argument)
    peekr.configure({ PEEKR_SANDBOX: 'off', PEEKR_FFMPEG: killed.path })
    const clip = await makeClip({ folder, name: `${kind}.avi`, seconds: 4, video: 'mpeg4', audio })
    const videoId = await importClip(peekr, clip)
    const { state, failure } = await waitForEnd(videoId)
    assert.equal(state, 'ready', JSON.stringify(failure))
    const jobs = await JobModel.find({ videoId, kind }).lean()
    const cutOff = jobs.flatMap(({ history }) => history.filter(({ outcome }) => outcome !== 'done'))
    assert.deepEqual(
      cutOff.map(({ outcome, reason, failure }) => [outcome, reason, failure?.code]),
      [['retried', 'killed', 'encode_failed']],
    )
  })
}
