import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright'
import { findPageProblems } from '../support/axe.ts'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { currentTime, playedPast } from '../support/journey.ts'
import { makeClip } from '../support/make-clip.ts'
import { openPeekrClient, type PeekrClient } from '../support/peekr-client.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'
import { createTusUpload, patchTus } from '../support/upload-test.ts'

const SECONDS = 12
let folder = ''
let peekr: RunningPeekr
let client: PeekrClient
let browser: TestBrowser

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-early-upload-'))
  peekr = await startPeekr()
  client = await openPeekrClient(peekr)
  // When the upload ends its early files go, which the player meets as a 404 before it asks for the video's own.
  browser = await openBrowser({ expectErrors: [/404/] })
})
after(async () => {
  await browser?.close()
  await peekr?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('the watch page plays a video before its last byte has come, and goes on to its end when it has', async () => {
  const heavy = ['-g', '30', '-preset', 'ultrafast', '-vf', 'noise=alls=40:allf=t', '-b:v', '8M', '-maxrate', '8M', '-bufsize', '8M'] // biome-ignore format: a line
  const path = await makeClip({
    folder,
    name: 'film.mkv',
    seconds: SECONDS,
    width: 640,
    height: 360,
    extra: heavy,
  })
  const bytes = await readFile(path)
  const half = Math.floor(bytes.length * 0.6)
  const upload = await createTusUpload(peekr.url, client.authorization, bytes.length, {
    filename: 'film.mkv',
  })
  assert.equal((await patchTus(upload.url, client.authorization, 0, bytes.subarray(0, half))).status, 204)

  const page = await openWatchPage(upload.videoId)
  await page.getByText('Playing while it is still being uploaded').waitFor({ timeout: 60_000 })
  await page.getByRole('button', { name: 'Play video' }).click()
  await playedPast(page, 2)
  const early = await client.getVideo(upload.videoId)
  assert.deepEqual([early.state, early.playable], ['uploading', false])

  assert.equal((await patchTus(upload.url, client.authorization, half, bytes.subarray(half))).status, 204)
  const video = await client.waitForEnd(upload.videoId)
  assert.equal(video.state, 'ready', JSON.stringify(video.error))
  await page.waitForFunction(
    (end) => (document.querySelector('video')?.currentTime ?? 0) > end,
    SECONDS - 1,
    {
      timeout: 60_000,
    },
  )
  assert.ok((await currentTime(page)) <= SECONDS + 0.5)
})

test('where it cannot play yet the page says why, and everything on it can be read', async () => {
  const path = await makeClip({ folder, name: 'late.mp4', seconds: 4, width: 640, height: 360 })
  const bytes = await readFile(path)
  const upload = await createTusUpload(peekr.url, client.authorization, bytes.length, {
    filename: 'late.mp4',
  })
  const most = Math.floor(bytes.length * 0.6)
  assert.equal((await patchTus(upload.url, client.authorization, 0, bytes.subarray(0, most))).status, 204)
  const page = await openWatchPage(upload.videoId)
  await page.getByText('has its index at its end').waitFor({ timeout: 60_000 })
  // On the dark ground of the player's place a button of its own colour would do for axe.
  const [ink, ground] = await page.getByRole('link', { name: 'Go to uploads' }).evaluate((link) => {
    const { color, backgroundColor } = getComputedStyle(link)
    return [color, backgroundColor]
  })
  assert.notEqual(ink, ground)
  assert.deepEqual(await findPageProblems(page), [])
})

/** As the owner of what is uploaded. */
async function openWatchPage(videoId: string): Promise<Page> {
  const page = await (await browser.newVisitor()).newPage()
  await page.goto(`${peekr.url}/login`)
  await page.getByLabel('E-mail').fill('admin@example.org')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${peekr.url}/`)
  await page.goto(`${peekr.url}/watch/${videoId}`)
  return page
}
