import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright'
import type { VideoView } from '#lib/domain/video-view'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import {
  becomeFirstAdmin,
  chooseFile,
  currentTime,
  measureFrame,
  playedPast,
  videoIdOf,
} from '../support/journey.ts'
import { requireTestMedia } from '../support/media.ts'
import { waitForVideo } from '../support/people.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'

// What the page learns by being refused: it asks for what it may not have, and Chromium reports each refusal.
const REFUSALS = [/Failed to load resource: the server responded with a status of 40[14]/]

for (const door of ['on', 'off'] as const) {
  describe(`the whole path with PEEKR_FRONT_DOOR=${door}`, { timeout: 420_000 }, () => {
    let peekr: RunningPeekr
    let browser: TestBrowser
    let visitor: BrowserContext
    let page: Page
    let folder: string
    let clip: string
    let video: VideoView

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'peekr-e2e-'))
      clip = await requireTestMedia('cup.mp4', folder)
      peekr = await startPeekr({ env: { PEEKR_FRONT_DOOR: door } })
      browser = await openBrowser({ expectErrors: REFUSALS })
      visitor = await browser.newVisitor()
      page = await visitor.newPage()
    })
    after(async () => {
      await browser?.close()
      await peekr?.stop()
      await rm(folder, { recursive: true, force: true })
    })

    test('the first visitor becomes the administrator with the code from the terminal', async () => {
      assert.ok(peekr.setupCode, 'the start prints a setup code')
      await becomeFirstAdmin(page, peekr.url, peekr.setupCode)
      await page.getByRole('button', { name: 'Try a sample video' }).waitFor()
    })

    test('an uploaded clip is ready within seconds, with the same bytes', async () => {
      const card = await chooseFile(page, peekr.url, clip)
      await card.getByRole('link', { name: 'Watch' }).click({ timeout: 60_000 })
      await page.waitForURL('**/watch/*')
      video = await waitForVideo(visitor, peekr.url, videoIdOf(page), ({ state }) => state !== 'transcoding')
      assert.equal(video.state, 'ready')
      // It may have opened while only its first rendition was there.
      await page.reload()
      assert.equal(video.visibility, 'private')
      const sha256 = createHash('sha256')
        .update(await readFile(clip))
        .digest('hex')
      assert.equal(video.source.sha256, sha256)
    })

    test('it plays past three seconds, and the picture is not black', async () => {
      await page.getByRole('button', { name: 'Play video' }).click()
      await playedPast(page, 3)
      const frame = await measureFrame(page)
      assert.ok(frame.brightest > 60 && frame.spread > 40, `a picture: ${JSON.stringify(frame)}`)
    })

    test('the quality menu lists every rendition', async () => {
      await page.locator('video').hover()
      await page.getByRole('button', { name: /^Quality/ }).click()
      const menu = page.getByRole('menu').filter({ hasText: 'Quality' })
      await menu.getByRole('menuitemradio', { name: 'Auto' }).waitFor()
      for (const { name } of video.renditions) await menu.getByRole('menuitemradio', { name }).waitFor()
      assert.ok(video.renditions.length >= 2, 'there is something to adapt between')
      await page.keyboard.press('Escape')
    })

    test('a reload goes on where one was', async () => {
      await page.locator('video').evaluate((element: HTMLVideoElement) => element.pause())
      const before = await currentTime(page)
      assert.ok(before > 3, 'far enough in to tell going on from starting over')
      await page.waitForTimeout(500)
      await page.reload()
      await page.getByRole('button', { name: 'Play video' }).click()
      const resumedAt = await page.locator('video').evaluate(async (element: HTMLVideoElement) => {
        if (element.paused || element.readyState < 3) {
          await new Promise((resolve) => element.addEventListener('playing', resolve, { once: true }))
        }
        return element.currentTime
      })
      assert.ok(Math.abs(resumedAt - before) < 1, `left at ${before}, went on at ${resumedAt}`)
    })

    test('a signed-out visitor gets 404 for its page, API, playlist, segment and poster', async () => {
      const stranger = await browser.newVisitor()
      const strangerPage = await stranger.newPage()
      const answer = await strangerPage.goto(`${peekr.url}/watch/${video.id}`)
      assert.equal(answer?.status(), 404)
      await strangerPage.getByRole('heading').first().waitFor()
      const { hls, poster } = video.playback ?? {}
      assert.ok(hls && poster)
      const bare = (url: string) => url.replace(/^\/stream\/t\/[^/]+/, '/stream')
      const rendition = video.renditions[0]?.name
      const paths = [
        `/api/videos/${video.id}`,
        bare(hls),
        bare(poster),
        bare(hls).replace('multivariant.m3u8', `${rendition}/media.m3u8`),
        bare(hls).replace('multivariant.m3u8', `${rendition}/segment-00000.m4s`),
        bare(hls).replace('multivariant.m3u8', `${rendition}/init.mp4`),
      ]
      for (const path of paths) {
        assert.equal((await stranger.request.get(peekr.url + path)).status(), 404, `signed out: ${path}`)
        if (path.startsWith('/stream')) {
          assert.equal((await visitor.request.get(peekr.url + path)).status(), 200, `its owner: ${path}`)
        }
      }
      await stranger.close()
    })

    test('its owner edits it, and deletes it from my videos', async () => {
      await page.goto(`${peekr.url}/studio/${video.id}`)
      await page.getByLabel('Title').fill('A cup, turned')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.waitForFunction(
        async (id) => (await (await fetch(`/api/videos/${id}`)).json()).title === 'A cup, turned',
        video.id,
      )
      await page.goto(`${peekr.url}/studio`)
      await page.getByText('A cup, turned').first().waitFor()
      await visitor.request.delete(`${peekr.url}/api/videos/${video.id}`, {
        headers: { origin: peekr.url },
      })
      assert.equal((await visitor.request.get(`${peekr.url}/api/videos/${video.id}`)).status(), 404)
    })
  })
}
