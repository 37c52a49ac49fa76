import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright'
import type { VideoView } from '#lib/domain/video-view'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { becomeFirstAdmin, chooseFile } from '../support/journey.ts'
import { makeClip } from '../support/make-clip.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'

const SECONDS = 20
// Until there is something to play, the page asks for what is not there yet.
const REFUSALS = [/Failed to load resource: the server responded with a status of 40[14]/]

interface Sample {
  atMs: number
  seconds: number
  playing: boolean
}

for (const segmentFormat of ['fmp4', 'ts'] as const) {
  describe(`a video that is still being made (${segmentFormat})`, { timeout: 180_000 }, () => {
    let peekr: RunningPeekr
    let browser: TestBrowser
    let page: Page
    let folder: string
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'peekr-early-'))
      peekr = await startPeekr({ env: { PEEKR_SEGMENT_FORMAT: segmentFormat } })
      browser = await openBrowser({ expectErrors: REFUSALS })
      page = await (await browser.newVisitor()).newPage()
      await becomeFirstAdmin(page, peekr.url, peekr.setupCode ?? '')
    })
    after(async () => {
      await browser?.close()
      await peekr?.stop()
      await rm(folder, { recursive: true, force: true })
    })

    test('plays from its first unit to its end, across every border, without a stall, a jump or a reload', async (t) => {
      const clip = await makeClip({
        folder,
        name: 'early.mkv',
        seconds: SECONDS,
        width: 854,
        height: 480,
        video: 'mpeg4',
      })
      const card = await chooseFile(page, peekr.url, clip)
      const link = card.getByRole('link', { name: 'Watch' })
      const address = await link.getAttribute('href', { timeout: 60_000 })
      await page.goto(`${peekr.url}${address}`)
      await page.evaluate(() => Object.assign(window, { notReloaded: true }))
      await page.waitForSelector('video', { timeout: 60_000 })
      const early = await findVideo(page)
      await page.evaluate(recordPlayback)
      await page.locator('video').evaluate((video: HTMLVideoElement) => {
        video.muted = true
        return video.play()
      })
      if (early.state === 'transcoding') {
        assert.ok((early.making?.availableSeconds ?? SECONDS) < SECONDS)
        await page.getByText(/can be played already/).waitFor({ timeout: 5_000 })
      }
      await page.waitForFunction(
        (end) => (document.querySelector('video')?.currentTime ?? 0) > end - 0.5,
        SECONDS,
        { timeout: 90_000 },
      )
      const samples = (await page.evaluate(() => Reflect.get(window, 'playback'))) as Sample[]
      const { stallMs, jumpSeconds, startMs } = judge(samples)
      t.diagnostic(
        `opened in state ${early.state} with ${early.making?.availableSeconds} s; longest stall ${stallMs} ms, largest jump ${jumpSeconds.toFixed(2)} s, began after ${startMs} ms`,
      )
      assert.equal(early.state, 'transcoding', 'it was whole before the page was open')
      assert.ok(stallMs < 1_500, `it stood still for ${stallMs} ms`)
      assert.ok(jumpSeconds < 0.7, `it jumped ${jumpSeconds} s`)
      assert.equal(await page.evaluate(() => Reflect.get(window, 'notReloaded')), true)
      await page.waitForFunction(
        (end) => Math.abs((document.querySelector('video')?.duration ?? 0) - end) < 0.2,
        SECONDS,
        { timeout: 60_000 },
      )
      assert.equal(
        (await page.getByText(/can be played already/).count()) > 0,
        (await findVideo(page)).state !== 'ready',
      )
    })
  })
}

async function findVideo(page: Page): Promise<VideoView> {
  const videoId = new URL(page.url()).pathname.split('/').at(-1)
  return (await page.request.get(`${new URL(page.url()).origin}/api/videos/${videoId}`)).json()
}

/** Runs in the page. */
function recordPlayback(): void {
  const samples: Sample[] = []
  Object.assign(window, { playback: samples })
  setInterval(() => {
    const video = document.querySelector('video')
    if (video === null) return
    samples.push({
      atMs: performance.now(),
      seconds: video.currentTime,
      playing: !video.paused && !video.ended,
    })
  }, 50)
}

/** From the first moving picture on: how long it stood still at most, and how far it jumped beyond the clock. */
function judge(samples: Sample[]): { stallMs: number; jumpSeconds: number; startMs: number } {
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
  return { stallMs, jumpSeconds, startMs: Math.round((samples[first]?.atMs ?? 0) - (samples[0]?.atMs ?? 0)) }
}
