import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { isStreamablePath } from '#lib/domain/media-paths'
import { getLibrary } from '#lib/jobs/library'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { makeClip } from '../support/make-clip.ts'
import { requireTestMedia } from '../support/media.ts'
import { importClip, openPipelineTest, type PipelineTest, waitForEnd } from '../support/pipeline-test.ts'

// A copied top rung beside encoded ones, in the player's own library and Chromium's decoders.
const HLS = resolve(import.meta.dirname, '../../node_modules/hls.js/dist/hls.min.js')

interface Played {
  errors: string[]
  /** Rungs whose segments were shown, in order. */
  levels: number[]
  rangesMax: number
  endedAt: number
}

let folder = ''
let pipeline: PipelineTest
let browser: TestBrowser
let server: Server
let root = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-copy-playback-'))
  pipeline = await openPipelineTest()
  await pipeline.start()
  browser = await openBrowser()
  server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1)
    if (path === '') return response.setHeader('content-type', 'text/html').end('<video muted></video>')
    if (path === 'favicon.ico') return response.writeHead(204).end()
    if (path !== 'hls.js' && !isStreamablePath(path)) return response.writeHead(404).end()
    response.end(await readFile(path === 'hls.js' ? HLS : join(root, path)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
after(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
  await pipeline?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Plays a revision to its end, changing between the top and the lowest rung on the way. */
async function playThrough(videoId: string, changesAtSeconds: number[]): Promise<Played> {
  const { revision, state, failure } = await waitForEnd(videoId)
  assert.equal(state, 'ready', JSON.stringify(failure))
  root = (await getLibrary()).revisionPath(videoId, revision?.id ?? '')
  const visitor = await browser.newVisitor()
  const page = await visitor.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await page.addScriptTag({ url: '/hls.js' })
  const played = await page.evaluate(async (changes): Promise<Played> => {
    // biome-ignore lint/suspicious/noExplicitAny: the library is loaded by the page
    const { Hls } = window as any
    const video = document.querySelector('video') as HTMLVideoElement
    const result: Played = { errors: [], levels: [], rangesMax: 0, endedAt: 0 }
    const hls = new Hls({ startLevel: -1, maxBufferLength: 4, maxMaxBufferLength: 4 })
    hls.on(Hls.Events.ERROR, (_: unknown, { details }: { details: string }) => {
      // Whichever of sound and picture comes first sets the start, so hls.js may step over two frames there. A loaded
      // machine stalls.
      const isStart = details === 'bufferSeekOverHole' && video.currentTime < 0.5
      if (!isStart && details !== 'bufferStalledError') result.errors.push(details)
    })
    hls.on(Hls.Events.FRAG_CHANGED, (_: unknown, { frag }: { frag: { level: number } }) => {
      if (result.levels.at(-1) !== frag.level) result.levels.push(frag.level)
    })
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      hls.currentLevel = hls.levels.length - 1 // sorted by bit rate: the last is the copied one
    })
    hls.loadSource('/multivariant.m3u8')
    hls.attachMedia(video)
    video.playbackRate = 2
    const left = [...changes]
    const watch = setInterval(() => {
      result.rangesMax = Math.max(result.rangesMax, video.buffered.length)
      if (left[0] === undefined || video.currentTime < left[0]) return
      left.shift()
      hls.nextLevel = hls.nextLevel === 0 || hls.loadLevel === 0 ? hls.levels.length - 1 : 0
    }, 50)
    await video.play()
    await new Promise((settle) => {
      video.addEventListener('ended', settle, { once: true })
      setTimeout(settle, 60_000)
    })
    clearInterval(watch)
    result.endedAt = video.currentTime
    hls.destroy()
    return result
  }, changesAtSeconds)
  await visitor.close()
  return played
}

test('Chromium plays a copied and the encoded rungs and changes between them, without a hole', async () => {
  const extra = ['-g', '30', '-bf', '3', '-preset', 'veryfast']
  const path = await makeClip({ folder, seconds: 16, width: 640, height: 360, extra })
  const played = await playThrough(await importClip(pipeline, path), [2, 6, 10])
  assert.deepEqual(played.errors, [])
  assert.ok(new Set(played.levels).size > 1 && played.levels.length >= 3, `levels ${played.levels}`)
  assert.equal(played.rangesMax, 1)
  assert.ok(Math.abs(played.endedAt - 16) < 0.1, `ended at ${played.endedAt}`)
})

test('Chromium plays copied footage of a camera to its end', async () => {
  const path = await requireTestMedia('cup.mp4', folder)
  const played = await playThrough(await importClip(pipeline, path), [3])
  assert.deepEqual(played.errors, [])
  assert.equal(played.rangesMax, 1)
  assert.ok(played.endedAt > 7.9, `ended at ${played.endedAt}`)
})
