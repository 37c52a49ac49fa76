import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { JobPage } from '#lib/domain/job-view'
import { findDatabaseOf } from '../../support/find-database-of.ts'
import { makeClip } from '../../support/make-clip.ts'
import { openPeekrClient, type PeekrClient } from '../../support/peekr-client.ts'
import { findFfmpegOf, namesIn, until } from '../../support/pipeline-test.ts'
import { type RunningPeekr, startPeekr } from '../../support/server.ts'
import { writeSlowFfmpeg } from '../../support/write-slow-ffmpeg.ts'

// The production server, stopped and killed in the middle of an encode.
let folder = ''
let dataPath = ''
let clip = ''
let slow = ''
let peekr: RunningPeekr
let client: PeekrClient
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-crash-'))
  dataPath = join(folder, 'data')
  // Of a small picture, but read no faster than twice real time: so there is a middle to be stopped in.
  clip = await makeClip({ folder, seconds: 13, video: 'mpeg4' })
  slow = await writeSlowFfmpeg(folder, 'ffmpeg-slow', { usual: 2, of: { rendition: '240p', rate: 2 } })
  peekr = await startPeekr({ dataPath, env: { PEEKR_FFMPEG: slow } })
  client = await openPeekrClient(peekr)
})
after(async () => {
  await peekr?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('SIGTERM while encoding: out within 15 s, the job handed back uncounted, and a start later it ends ready', async () => {
  const videoId = await client.upload(clip)
  await waitForEncoding(videoId)
  const startedAt = performance.now()
  await peekr.stop()
  const elapsedMs = performance.now() - startedAt
  assert.ok(elapsedMs < 15_000, `it took ${Math.round(elapsedMs)} ms`)
  assert.deepEqual(await findFfmpegOf(videoId), [])
  await restart()
  const video = await client.waitForEnd(videoId)
  assert.equal(video.state, 'ready', JSON.stringify(video.error))
  assert.equal((await client.findJob(videoId, 'transcode'))?.attempts, 1)
})

test('SIGKILL of the server while encoding: no FFmpeg outlives it, and a start later it ends ready with nothing over', async () => {
  const videoId = await client.upload(clip)
  await waitForEncoding(videoId)
  await peekr.kill()
  await until('FFmpeg gone', async () => (await findFfmpegOf(videoId)).length === 0, 3_000)
  await restart()
  const video = await client.waitForEnd(videoId)
  assert.equal(video.state, 'ready', JSON.stringify(video.error))
  await until('the publish', async () => (await client.findJob(videoId, 'publish'))?.state === 'done')
  for (const name of await namesIn(dataPath, 'library')) {
    assert.deepEqual(await namesIn(dataPath, 'library', name, 'attempts'), [])
  }
  assert.deepEqual(await namesIn(dataPath, 'uploads'), [])
})

test('the database killed while encoding: it comes back, the encode goes on and is not begun again', {
  skip: process.env.MONGODB_URI ? 'the database is a server of somebody else’s' : false,
}, async () => {
  const videoId = await client.upload(clip)
  await waitForEncoding(videoId)
  const [database] = await findDatabaseOf(peekr.pid)
  assert.ok(database)
  process.kill(database, 'SIGKILL')
  await until(
    'the database back',
    async () => (await client.call('GET', '/api/health')).status === 200,
    10_000,
  )
  assert.notDeepEqual(await findDatabaseOf(peekr.pid), [database])
  const video = await client.waitForEnd(videoId)
  assert.equal(video.state, 'ready', JSON.stringify(video.error))
  const { body } = await client.call<JobPage>('GET', `/api/jobs?limit=100&video=${videoId}`)
  for (const { kind, unit, attempts } of body.items) assert.equal(attempts, 1, `${kind} ${unit}`)
})

test('a database that falls silent: health says 503 within 3 s, and 200 within 10 s of its return', {
  skip: process.env.MONGODB_URI ? 'the database is a server of somebody else’s' : false,
}, async () => {
  const [database] = await findDatabaseOf(peekr.pid)
  assert.ok(database)
  process.kill(database, 'SIGSTOP')
  try {
    const startedAt = performance.now()
    const away = await client.call<{ error: { code: string } }>('GET', '/api/health', { authorization: null })
    const elapsedMs = performance.now() - startedAt
    assert.equal(away.status, 503)
    assert.equal(away.body.error.code, 'database_away')
    assert.ok(elapsedMs < 3_000, `it took ${Math.round(elapsedMs)} ms`)
  } finally {
    process.kill(database, 'SIGCONT')
  }
  await until('health', async () => (await client.call('GET', '/api/health')).status === 200, 10_000)
})

async function restart(): Promise<void> {
  peekr = await startPeekr({ dataPath, port: peekr.port, env: { PEEKR_FFMPEG: slow } })
  client.url = peekr.url
}

/** Waits until a video's encode has come some way. Returns the processes at work on it. */
async function waitForEncoding(videoId: string): Promise<number[]> {
  return until('an encode under way', async () => {
    const { state, progress } = await client.getVideo(videoId)
    if (state !== 'transcoding' || progress < 0.05) return null
    const found = await findFfmpegOf(videoId)
    return found.length > 0 && found
  })
}
