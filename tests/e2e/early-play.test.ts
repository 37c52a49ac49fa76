import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright'
import { updateVideo } from '#lib/catalog/update-video'
import { VideoModel } from '#lib/db/models/video'
import { handleStream } from '#lib/stream/handle-stream'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { makeClip } from '../support/make-clip.ts'
import {
  importClip,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../support/pipeline-test.ts'

// The real pipeline and stream handler with hls.js in Chromium, on a page that does nothing but play and take notes.
const SECONDS = 15
const HLS = resolve(import.meta.dirname, '../../node_modules/hls.js/dist/hls.min.js')
const PAGE = `<!doctype html><link rel="icon" href="data:,"><video muted></video><script src="/hls.js"></script><script>
const video = document.querySelector('video'); const samples = []
const hls = new Hls({ startPosition: 0 }); hls.attachMedia(video); hls.loadSource(location.hash.slice(1))
hls.on(Hls.Events.MANIFEST_PARSED, () => video.play())
setInterval(() => samples.push({ atMs: performance.now(), seconds: video.currentTime, playing: !video.paused && !video.ended }), 50)
</script>`

interface Sample {
  atMs: number
  seconds: number
  playing: boolean
}

for (const segmentFormat of ['fmp4', 'ts'] as const) {
  describe(`a video that is still being made (${segmentFormat})`, { timeout: 420_000 }, () => {
    let peekr: PipelineTest
    let server: Server
    let browser: TestBrowser
    let page: Page
    let folder: string
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'peekr-early-'))
      peekr = await openPipelineTest({ settings: { PEEKR_SEGMENT_FORMAT: segmentFormat } })
      await peekr.start()
      const script = await readFile(HLS)
      server = createServer((req, res) => {
        if (req.url?.startsWith('/stream/')) return void handleStream(req, res)
        const [type, body] = req.url === '/hls.js' ? ['text/javascript', script] : ['text/html', PAGE]
        res.writeHead(200, { 'content-type': type }).end(body)
      }).listen(0, '127.0.0.1')
      browser = await openBrowser()
      page = await (await browser.newVisitor()).newPage()
    })
    after(async () => {
      await browser?.close()
      server?.closeAllConnections()
      server?.close()
      await peekr?.close()
      await rm(folder, { recursive: true, force: true })
    })

    test('plays from its first units to its end, across every border, without a stall or a jump', async (t) => {
      const options = { folder, name: 'early.mkv', width: 640, height: 360, video: 'mpeg4' } as const
      const videoId = await importClip(peekr, await makeClip({ ...options, seconds: SECONDS }))
      await updateVideo({ viewer: peekr.owner, videoId, changes: { visibility: 'public' } })
      const early = await until('early play', () =>
        VideoModel.findOne({ _id: videoId, playable: true }).lean(),
      )
      assert.equal(early.state, 'transcoding', 'it was whole before it could be opened')
      const { port } = server.address() as AddressInfo
      const address = `/stream/${videoId}/${early.revision?.id}/multivariant.m3u8`
      await page.goto(`http://127.0.0.1:${port}/#${address}`)
      const isAtEnd = `video.currentTime > ${SECONDS - 0.5}`
      await page.waitForFunction(isAtEnd, undefined, { timeout: 100_000 })
      const samples = await page.evaluate<Sample[]>('samples')
      const { stallMs, jumpSeconds } = judge(samples)
      const available = early.revision?.growing?.availableSeconds
      t.diagnostic(
        `opened with ${available} s; longest stall ${stallMs} ms, largest jump ${jumpSeconds.toFixed(2)} s`,
      )
      assert.ok(jumpSeconds < 0.7, `it jumped ${jumpSeconds} s`)
      assert.ok(stallMs < STALL_MS_MAX, `it stood still for ${stallMs} ms`)
      assert.equal((await waitForEnd(videoId)).revision?.id, early.revision?.id)
      // The player has seen the end of the list: what was live is a video of its own length.
      await page.waitForFunction(`Math.abs(video.duration - ${SECONDS}) < 0.2`, undefined, {
        timeout: 30_000,
      })
    })
  })
}

/** An encode on a machine that does something else as well may fall behind for a moment; an edge that stalls stands for more. */
const STALL_MS_MAX = 6_000

/** From the first moving picture on: how long it stood still at most, and how far it jumped beyond the clock. */
function judge(samples: Sample[]): { stallMs: number; jumpSeconds: number } {
  const first = samples.findIndex(({ seconds }) => seconds > 0.05)
  const played = samples.slice(first).filter(({ playing }) => playing)
  let [stallMs, jumpSeconds] = [0, 0]
  let movedAtMs = played[0]?.atMs ?? 0
  for (const [at, { atMs, seconds }] of played.entries()) {
    const before = played[at - 1]
    if (before === undefined) continue
    const moved = seconds - before.seconds
    if (moved > 0.001) movedAtMs = atMs
    stallMs = Math.max(stallMs, Math.round(atMs - movedAtMs))
    jumpSeconds = Math.max(jumpSeconds, Math.abs(moved) - (atMs - before.atMs) / 1000)
  }
  return { stallMs, jumpSeconds }
}
