import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { listStorageEvents } from '#lib/admin/list-storage-events'
import { updateSettings } from '#lib/admin/settings'
import { proveVideo } from '#lib/catalog/proof/prove-video'
import { JobModel } from '#lib/db/models/job'
import { ProofModel } from '#lib/db/models/proof'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { getLibrary } from '#lib/jobs/library'
import { makeClip } from '../../support/make-clip.ts'
import { makeTracksClip } from '../../support/make-tracks-clip.ts'
import {
  importClip,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../../support/pipeline-test.ts'

const never = new AbortController().signal
let peekr: PipelineTest
let clips = ''
const films = new Map<string, VideoRecord>()
before(async () => {
  clips = await mkdtemp(join(tmpdir(), 'peekr-clips-'))
  peekr = await openPipelineTest({ settings: { PEEKR_ORIGINALS: 'keep' } })
  await updateSettings({ verifyMbps: 0, verifyDays: 0 })
  await peekr.start()
  const kinds = { 'encoded.mkv': 'mpeg4', 'copied.mp4': 'libx264', 'whole.mkv': 'mpeg4' } as const
  const publishing = Object.entries(kinds).map(async ([name, video]) =>
    films.set(name, await publish(name, video)),
  )
  await Promise.all(publishing)
})
after(async () => {
  await peekr?.close()
  await rm(clips, { recursive: true, force: true })
})

/** The first has a second language and subtitles. */
async function publish(name: string, video: 'libx264' | 'mpeg4'): Promise<VideoRecord> {
  const clip =
    name === 'encoded.mkv'
      ? await makeTracksClip({ folder: clips, name, seconds: 5 })
      : await makeClip({ folder: clips, name, seconds: 5, width: 256, height: 144, video })
  const videoId = await importClip(peekr, clip)
  const made = await waitForEnd(videoId)
  assert.equal(made.state, 'ready', JSON.stringify(made.failure))
  await until('the publish', () => JobModel.exists({ videoId, kind: 'publish', state: 'done' }))
  return made
}

/** Cut through the file itself, which its snapshots share here: only the original can help. */
async function damage(
  { _id, revision }: VideoRecord,
  pattern: RegExp,
): Promise<{ path: string; bytes: Buffer }> {
  const folder = (await getLibrary()).revisionPath(_id, revision?.id ?? '')
  const names = (await readdir(folder, { recursive: true })).filter((name) => pattern.test(name)).sort()
  const path = join(folder, names.at(-1) ?? '')
  const bytes = await readFile(path)
  await truncate(path, 100)
  return { path, bytes }
}

test('a damaged segment, encoded or copied, sound, another language’s and subtitles are made again from a kept original: the same bytes, and only what it takes', async () => {
  for (const name of ['encoded.mkv', 'copied.mp4']) {
    const made = films.get(name) as VideoRecord
    const damaged = [await damage(made, /^\d+p\/segment-/), await damage(made, /^audio\/segment-/)]
    if (name === 'encoded.mkv') {
      damaged.push(await damage(made, /^audio-1\/segment-/), await damage(made, /^subtitles-2\/captions/))
    }
    const proof = await proveVideo(made._id, never)
    assert.equal(proof?.verdict, 'repaired', `${name}: ${proof?.sentence}`)
    for (const { path, bytes } of damaged) assert.deepEqual(await readFile(path), bytes)
    const now = await VideoModel.findById(made._id).lean()
    assert.deepEqual([now?.state, now?.revision?.id], ['ready', made.revision?.id], 'no new revision')
    const { items } = await listStorageEvents({ limit: 10 })
    assert.ok(items.some(({ kind, videoId }) => kind === 'repaired-by-encoding' && videoId === made._id))
  }
})

test('where the same bytes cannot be made, all of it is encoded anew; and when that does not help, it is quarantined', async () => {
  const made = films.get('whole.mkv') as VideoRecord
  await damage(made, /^poster\.jpg$/)
  const proof = await proveVideo(made._id, never)
  assert.equal(proof?.verdict, 'reencoding', proof?.sentence)
  const again = await until('the new revision', async () => {
    const video = await VideoModel.findById(made._id).lean()
    return video?.state === 'ready' && video.revision?.id !== made.revision?.id && video
  })
  await until('the publish', () => JobModel.exists({ videoId: made._id, kind: 'publish', state: 'done' }))
  assert.equal((await proveVideo(made._id, never))?.verdict, 'intact')

  // An original that is itself damaged is of no use.
  await damage(again, /^poster\.jpg$/)
  await truncate((await getLibrary()).sourcePath(made._id), 50_000)
  // The snapshot taken before the re-encode shares the first damage; no version is whole.
  const last = await proveVideo(made._id, never)
  assert.equal(last?.verdict, 'quarantined', last?.sentence)
  assert.match(last?.sentence ?? '', /No earlier version is whole/)
  assert.equal((await ProofModel.findById(made._id).lean())?.restores.length, 0)
})
