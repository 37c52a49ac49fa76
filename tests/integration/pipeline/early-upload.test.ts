import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApiToken } from '#lib/auth/api-tokens'
import { findVideoRecord, getVideo } from '#lib/catalog/get-video'
import type { EarlyReport } from '#lib/domain/early-play'
import { getLibrary } from '#lib/jobs/library'
import { exists } from '#lib/storage/exists'
import { handleStream } from '#lib/stream/handle-stream'
import { judgeHead } from '#lib/transcode/early/judge-head'
import { runEarly } from '#lib/transcode/early/run-early'
import { handleUpload } from '#lib/upload/handle-upload'
import { TOOLS } from '../../support/judge-source.ts'
import { makeClip, runFfmpeg } from '../../support/make-clip.ts'
import {
  namesIn,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../../support/pipeline-test.ts'
import { callTus, createTusUpload, patchTus } from '../../support/upload-test.ts'
import { writeKilledOnce } from '../../support/write-killed-once.ts'

const SECONDS = 10
/** About 10 MB, so that much of it is still to come when enough has come. */
const HEAVY = [
  '-g',
  '30',
  '-preset',
  'ultrafast',
  '-vf',
  'noise=alls=40:allf=t',
  '-b:v',
  '8M',
  '-maxrate',
  '8M',
  '-bufsize',
  '8M',
]
let pipeline: PipelineTest
let server: Server
let url = ''
let folder = ''
let authorization = ''
let clip = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-early-upload-'))
  pipeline = await openPipelineTest()
  await pipeline.start()
  server = createServer(
    (req, res) => void (req.url?.startsWith('/stream/') ? handleStream(req, res) : handleUpload(req, res)),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  authorization = `Bearer ${(await createApiToken({ userId: pipeline.owner.userId, name: 'test' })).token}`
  clip = await makeClip({
    folder,
    name: 'whole.mkv',
    seconds: SECONDS,
    width: 640,
    height: 360,
    extra: HEAVY,
  })
})
after(async () => {
  server.closeAllConnections()
  server.close()
  await pipeline.close()
  await rm(folder, { recursive: true, force: true })
})

async function sendHalf(path: string) {
  const bytes = await readFile(path)
  const half = Math.floor(bytes.length * 0.6)
  const facts = { filename: path.split('/').at(-1) ?? '', visibility: 'public' }
  const upload = await createTusUpload(url, authorization, bytes.length, facts)
  assert.equal((await patchTus(upload.url, authorization, 0, bytes.subarray(0, half))).status, 204)
  return { ...upload, rest: () => patchTus(upload.url, authorization, half, bytes.subarray(half)) }
}

const viewAs = (viewer: PipelineTest['owner'] | null, videoId: string) => getVideo({ viewer, videoId })

describe('when FFmpeg is killed at it', () => {
  let mark = ''
  before(async () => {
    const killed = await writeKilledOnce(folder, 'ffmpeg', 'pipe:0')
    mark = killed.mark
    pipeline.configure({ PEEKR_SANDBOX: 'off', PEEKR_FFMPEG: killed.path })
  })
  after(() => pipeline.configure({}))

  async function sendInPieces(): Promise<{ videoId: string; next: () => Promise<void> }> {
    const bytes = await readFile(clip)
    const { videoId, url: uploadUrl } = await createTusUpload(url, authorization, bytes.length, {
      filename: 'whole.mkv',
    })
    const size = Math.ceil(bytes.length / 10)
    let at = 0
    const next = async () => {
      const piece = bytes.subarray(at, at + size)
      assert.equal((await patchTus(uploadUrl, authorization, at, piece)).status, 204)
      at += piece.length
    }
    // More than is looked at first.
    for (let sent = 0; sent < 6; sent++) await next()
    return { videoId, next }
  }
  /** Once nothing is left of what was cut off, the next bytes begin anew. */
  const untilKilled = async (videoId: string) => {
    await until('FFmpeg to be killed', () => exists(mark))
    await until('that to be known', async () => (await findVideoRecord(videoId))?.early === null)
    await sleep(200)
  }

  test('the next bytes begin anew, and its owner plays it', async () => {
    const { videoId, next } = await sendInPieces()
    await untilKilled(videoId)
    await next()
    const { early } = await until('early play', async () => {
      const view = await viewAs(pipeline.owner, videoId)
      return view.playback !== null && view
    })
    assert.equal(early?.sentence, null)
    for (let sent = 7; sent < 10; sent++) await next()
    assert.equal((await waitForEnd(videoId)).state, 'ready')
  })

  test('after three times it is left until all has come, which is told and not blamed on the file', async () => {
    await rm(mark)
    const { videoId, next } = await sendInPieces()
    for (let killed = 1; killed < 3; killed++) {
      await untilKilled(videoId)
      await rm(mark)
      await next()
    }
    const { early, playback } = await until('the reason', async () => {
      const view = await viewAs(pipeline.owner, videoId)
      return view.early?.sentence ? view : null
    })
    assert.match(early?.sentence ?? '', /^It plays once all of it has come, .* was cut off several times\./)
    assert.equal(playback, null)
    for (let sent = 8; sent < 10; sent++) await next()
    assert.equal((await waitForEnd(videoId)).state, 'ready')
  })
})

test('its owner plays it before the last byte, nobody else does, and when all has come only the real one is left', async () => {
  const { videoId, rest } = await sendHalf(clip)
  const early = await until('early play', async () => {
    const view = await viewAs(pipeline.owner, videoId)
    return (view.early?.availableSeconds ?? 0) > 2 && view.playback !== null && view
  })
  assert.equal(early.state, 'uploading')
  assert.equal(early.playable, false)
  const path = new URL(early.playback?.hls ?? '', url).pathname
  const get = (headers = {}) => fetch(url + path, { headers })
  assert.equal((await get({ authorization })).status, 200)
  assert.equal((await get()).status, 404)
  const stranger = await viewAs(null, videoId)
  assert.deepEqual([stranger.early, stranger.playback], [null, null])
  const id = (await findVideoRecord(videoId))?.early?.id ?? ''
  const library = await getLibrary()
  const folderOf = (name: string) => join(library.revisionPath(videoId, id), '360p', name)
  const parts = await Promise.all(['init.mp4', 'segment-00000.m4s'].map((name) => readFile(folderOf(name))))
  await writeFile(join(folder, 'first.mp4'), Buffer.concat(parts))
  await runFfmpeg(['-xerror', '-i', join(folder, 'first.mp4'), '-f', 'null', '-'])
  assert.equal((await rest()).status, 204)
  const video = await waitForEnd(videoId)
  assert.equal(video.state, 'ready', JSON.stringify(video.failure))
  assert.ok(Math.abs((video.durationSeconds ?? 0) - SECONDS) < 0.1)
  await until('its record to go', async () => (await findVideoRecord(videoId))?.early === null)
  await until('what was early to go', async () => !(await exists(library.revisionPath(videoId, id))))
  assert.deepEqual(await namesIn(library.revisionPath(videoId, id), '..'), [video.revision?.id])
})

test('an upload that is cancelled leaves nothing of what played', async () => {
  const { videoId, url: uploadUrl } = await sendHalf(clip)
  await until('early play', async () => (await viewAs(pipeline.owner, videoId)).playback)
  const answer = await callTus(uploadUrl, 'DELETE', { headers: { authorization } })
  assert.equal(answer.status, 204)
  const library = await getLibrary()
  await until('its folder to go', async () => !(await library.listVideoIds()).includes(videoId))
})

test('where the container does not allow it, the page is told why, also while as many as may play already do', async () => {
  const path = join(folder, 'behind.mp4')
  await runFfmpeg(['-i', clip, '-c', 'copy', '-y', path])
  const others = [await sendHalf(clip), await sendHalf(clip)]
  for (const { videoId } of others)
    await until('another to play', async () => (await viewAs(pipeline.owner, videoId)).early !== null)
  const { videoId, url: uploadUrl } = await sendHalf(path)
  const { early, playback } = await until('the reason', async () => {
    const view = await viewAs(pipeline.owner, videoId)
    return view.early?.sentence ? view : null
  })
  assert.match(
    early?.sentence ?? '',
    /^It plays once all of it has come, because this MP4 has its index at its end\./,
  )
  assert.equal(playback, null)
  for (const { url } of [...others, { url: uploadUrl }])
    await callTus(url, 'DELETE', { headers: { authorization } })
})

for (const name of ['front.mp4', 'pieces.mp4', 'stream.ts']) {
  test(`nothing is read behind what was acknowledged, and all of ${name} plays when all was`, async () => {
    const path = join(folder, name)
    const flags = { 'front.mp4': '+faststart', 'pieces.mp4': 'frag_keyframe+empty_moov' }[name]
    await runFfmpeg(['-i', clip, '-c', 'copy', ...(flags ? ['-movflags', flags] : []), '-y', path])
    const bytes = await readFile(path)
    const { length } = bytes
    const stored = new SharedArrayBuffer(8)
    const view = new BigInt64Array(stored)
    Atomics.store(view, 0, BigInt(Math.floor(length * 0.6)))
    const outputPath = `${path}.out`
    await mkdir(outputPath)
    const reports: EarlyReport[] = []
    const onReport = (report: EarlyReport) => reports.push(report)
    const head = await judgeHead(async (at, size) => bytes.subarray(at, at + size), Math.floor(length * 0.6))
    if (head.kind !== 'playable') throw new Error(`judged ${head.kind}`)
    const request = { uploadPath: path, sizeBytes: length, head, stored, outputPath, tools: TOOLS }
    const made = runEarly({ ...request, onReport })
    await until('some of it', async () => (reports.at(-1)?.availableSeconds ?? 0) > 3)
    const before = reports.at(-1)?.availableSeconds ?? 0
    assert.ok(before < SECONDS * 0.75, `${before} s of 60 % of the bytes`)
    Atomics.store(view, 0, BigInt(length))
    assert.equal(await made, null)
    assert.ok(Math.abs((reports.at(-1)?.availableSeconds ?? 0) - SECONDS) < 0.2)
  })
}
