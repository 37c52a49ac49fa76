import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrowserContext, Locator, Page } from 'playwright'
import type { VideoView } from '#lib/domain/video-view'
import { findPageProblems } from '../support/axe.ts'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { becomeFirstAdmin, chooseFile, playedPast } from '../support/journey.ts'
import { makeClip } from '../support/make-clip.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'
import { openSlowProxy, type SlowProxy } from '../support/slow-proxy.ts'
import { type BigClip, writeBigClip } from '../support/write-big-clip.ts'

const MIB = 1024 ** 2
const SPEED_BYTES_PER_SECOND = 24 * MIB
const ARRIVAL_MS = 90_000

// The page learns by being refused, or by no answer at all, and Chromium reports each.
const REFUSALS = [/Failed to load resource: (?:the server responded with a status of|net::ERR_)/]

describe('the upload page', { timeout: 420_000 }, () => {
  let folder: string
  let dataPath: string
  let peekr: RunningPeekr
  let proxy: SlowProxy
  let browser: TestBrowser
  let visitor: BrowserContext
  let page: Page
  let seed = 0

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peekr-upload-page-'))
    for (const name of ['clips', 'other']) await mkdir(join(folder, name))
    dataPath = join(folder, 'data')
    peekr = await startPeekr({ dataPath, env: { PEEKR_ORIGINALS: 'keep' } })
    proxy = await openSlowProxy(peekr.url, SPEED_BYTES_PER_SECOND)
    browser = await openBrowser({ expectErrors: REFUSALS })
    visitor = await browser.newVisitor({
      viewport: { width: 390, height: 844 },
      reducedMotion: 'reduce',
    })
    page = await visitor.newPage()
    await becomeFirstAdmin(page, proxy.url, peekr.setupCode ?? '')
  })
  beforeEach(async () => {
    await page.goto(`${proxy.url}/upload`)
    proxy.release()
    proxy.forget()
  })
  after(async () => {
    await browser?.close()
    await proxy?.close()
    await peekr?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('reloaded at 40 %, it asks for the file again, takes no other for it, and has kept what was typed', async () => {
    const clip = await bigClip('reloaded.mp4', 40)
    const card = await chooseFile(page, proxy.url, clip.path)
    await card.getByLabel('Visibility').selectOption('unlisted')
    await card.getByLabel('Title').fill('The river, typed to the e')
    await proxy.holdAt(clip.sizeBytes * 0.4)
    const warned = await page.evaluate(
      () => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })),
    )
    assert.ok(warned, 'it warns before leaving')
    page.once('dialog', (dialog) => dialog.accept())
    await page.reload()
    const offer = page.getByRole('region', { name: 'Not finished yet' })
    await offer.getByText(/reloaded\.mp4 again to resume at [1-5]\d/).waitFor()
    await offer.getByText('The river, typed to the e').waitFor()
    proxy.release()
    await accessible()
    const other = await bigClip('reloaded.mp4', 40, 'other')
    const chooser = page.waitForEvent('filechooser')
    await offer.getByRole('button', { name: 'Choose the file reloaded.mp4' }).click()
    await (await chooser).setFiles(other.path)
    await page.getByText('is not the file this upload began with').waitFor()
    const again = page.waitForEvent('filechooser')
    await offer.getByRole('button', { name: 'Choose the file reloaded.mp4' }).click()
    await (await again).setFiles(clip.path)
    const video = await arrived(page.getByRole('listitem', { name: 'reloaded.mp4' }), clip)
    assert.deepEqual([video.title, video.visibility], ['The river, typed to the e', 'unlisted'])
    assertSentOnce(clip)
    await remove(video)
  })

  test('closed at 70 %, it has sent what was typed last, and goes on in a new window with the same file under another name', async () => {
    const clip = await bigClip('closed-early.mp4', 40)
    const left = await chooseFile(page, proxy.url, clip.path)
    await proxy.holdAt(clip.sizeBytes * 0.7)
    await left.getByLabel('Title').fill('Typed, and gone')
    page.once('dialog', (dialog) => dialog.accept())
    await page.goto('about:blank')
    proxy.release()
    await waitFor(async () => (await list()).some(({ title }) => title === 'Typed, and gone'))
    await page.close()
    page = await visitor.newPage()
    await page.goto(`${proxy.url}/upload`)
    await page.getByText(/closed-early\.mp4 again to resume at [4-7]\d/).waitFor()
    const renamed = join(folder, 'renamed.mp4')
    await writeFile(renamed, await readFile(clip.path))
    const video = await arrived(await chooseFile(page, proxy.url, renamed), clip)
    assertSentOnce(clip)
    await remove(video)
  })

  test('goes on when the server restarts at 90 %, with details edited while it was away', async () => {
    proxy.whenAway = 'reset'
    const clip = await bigClip('restarted.mp4', 40)
    const card = await chooseFile(page, proxy.url, clip.path)
    await proxy.holdAt(clip.sizeBytes * 0.9)
    await peekr.kill()
    proxy.release()
    await hasStatus(card, 'waiting')
    await card.getByLabel('Title').fill('While it was away')
    await card.getByLabel('Title').blur()
    await accessible()
    const { port } = peekr
    peekr = await startPeekr({ dataPath, port, env: { PEEKR_ORIGINALS: 'keep' } })
    const video = await arrived(card, clip)
    assertSentOnce(clip)
    await waitFor(async () => (await get(video.id)).title === 'While it was away')
    await remove(video)
  })

  test('offers the video that was made of the same file, before a byte is sent', async () => {
    const path = await makeClip({ folder, name: 'twice.mp4', seconds: 1 })
    const card = await chooseFile(page, proxy.url, path)
    await card.getByRole('link', { name: 'Watch' }).waitFor({ timeout: ARRIVAL_MS })
    await card.getByRole('button', { name: 'Remove from list' }).click()
    proxy.forget()
    const again = await chooseFile(page, proxy.url, path)
    await again.getByText('You have uploaded this file before, as “twice”.').waitFor()
    await accessible()
    assert.equal(proxy.sentBytes(), 0)
    await again.getByRole('button', { name: 'Upload it again' }).click()
    await again.getByRole('link', { name: 'Watch', exact: true }).waitFor({ timeout: ARRIVAL_MS })
    assert.equal((await list()).filter(({ source }) => source.filename === 'twice.mp4').length, 2)
  })

  test('takes a folder, and files from the clipboard', async () => {
    const name = 'pasted.mp4'
    const base64 = await readFile(await makeClip({ folder, name, seconds: 1, frameRate: 24 }), 'base64')
    await page.evaluate(
      ({ name, base64 }) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
        const clipboardData = new DataTransfer()
        clipboardData.items.add(new File([bytes], name, { type: 'video/mp4' }))
        document.dispatchEvent(
          new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
        )
      },
      { name, base64 },
    )
    await page
      .getByRole('listitem', { name })
      .getByRole('link', { name: 'Watch' })
      .waitFor({ timeout: ARRIVAL_MS })
    const inside = await mkdtemp(join(folder, 'films-'))
    await makeClip({ folder: inside, name: 'in-a-folder.mp4', seconds: 1, frameRate: 20 })
    await writeFile(join(inside, 'notes.txt'), 'no film')
    await page.getByLabel('Folder of videos').setInputFiles(inside)
    const card = page.getByRole('listitem', { name: 'in-a-folder.mp4' })
    await card.getByRole('link', { name: 'Watch' }).waitFor({ timeout: ARRIVAL_MS })
    assert.equal(await page.getByRole('listitem', { name: 'notes.txt' }).count(), 0)
  })

  test('is told of by screen readers', async () => {
    const clip = await bigClip('spoken.mp4', 32)
    const card = await chooseFile(page, proxy.url, clip.path)
    const spoken = page.locator('[aria-live="polite"]')
    await spoken.filter({ hasText: 'spoken.mp4 is uploading.' }).waitFor({ state: 'attached' })
    await proxy.holdAt(clip.sizeBytes / 2)
    await card.getByText(/^[1-9]\d* % ·/).waitFor()
    await card.getByRole('button', { name: 'Pause' }).click()
    await spoken.filter({ hasText: 'spoken.mp4 is paused.' }).waitFor({ state: 'attached' })
    await accessible()
    await card.getByRole('button', { name: 'Cancel upload' }).click()
    await accessible()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel upload' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await card.waitFor({ state: 'detached' })
    proxy.release()
  })

  test('a new file takes its place under the same link, and the old one comes back', async () => {
    const old = await makeClip({ folder, name: 'old.mp4', seconds: 4, frameRate: 25 })
    const fresh = await makeClip({ folder, name: 'fresh.mp4', seconds: 6, width: 480, height: 270 })
    const card = await chooseFile(page, proxy.url, old)
    await card.getByLabel('Title').fill('A film that gets better')
    await card.getByLabel('Title').blur()
    await card.getByRole('link', { name: 'Watch' }).waitFor({ timeout: ARRIVAL_MS })
    const video = (await list()).find(({ source }) => source.filename === 'old.mp4')
    assert.ok(video)
    await waitFor(async () => (await get(video.id)).state === 'ready')
    await page.goto(`${proxy.url}/studio/${video.id}`)
    await page.getByLabel('The new file').setInputFiles(fresh)
    await waitFor(async () => (await get(video.id)).source.filename === 'fresh.mp4')
    const back = page.getByRole('button', { name: 'Bring the old one back' })
    await back.waitFor({ timeout: ARRIVAL_MS })
    await accessible()
    const changed = await get(video.id)
    assert.deepEqual([changed.title, changed.width], ['A film that gets better', 480])
    await back.click()
    await page.getByText('The video is as it was.').waitFor()
    assert.equal((await get(video.id)).width, 320)
    const notes = join(folder, 'notes.mp4')
    await writeFile(notes, 'These are notes about a film, and not the film.\n'.repeat(2000))
    await page.getByLabel('The new file').setInputFiles(notes)
    await page
      .getByText('The last change was not made, and the video is as it was.')
      .waitFor({ timeout: ARRIVAL_MS })
    await page.getByText('This file is not a video Peekr can read.').waitFor()
    await accessible()
    await page.goto(`${proxy.url}/watch/${video.id}`)
    await page.getByRole('button', { name: 'Play video' }).click()
    await playedPast(page, 1)
  })

  /** Each of its own content: the page knows a file again by that, whatever it is called. */
  function bigClip(filename: string, sizeMib: number, below = 'clips'): Promise<BigClip> {
    seed += 1
    return writeBigClip({ folder: join(folder, below), filename, sizeBytes: sizeMib * MIB, seed })
  }

  async function accessible(): Promise<void> {
    assert.deepEqual(await findPageProblems(page), [])
  }

  async function arrived(card: Locator, clip: BigClip): Promise<VideoView> {
    await hasStatus(card, 'uploaded')
    const video = await waitFor(async () =>
      (await list()).find(({ source }) => source.sha256 === clip.sha256),
    )
    return video
  }

  /** "Not a byte is sent twice beyond one chunk", counted in front of the server. */
  function assertSentOnce(clip: BigClip): void {
    const twice = proxy.sentBytes() - clip.sizeBytes
    assert.ok(twice >= 0 && twice <= 16 * MIB, `${twice} bytes were sent twice`)
  }

  async function list(): Promise<VideoView[]> {
    const answer = await visitor.request.get(`${peekr.url}/api/videos?mine=1&limit=100`)
    return ((await answer.json()) as { items: VideoView[] }).items
  }

  async function get(videoId: string): Promise<VideoView> {
    return (await visitor.request.get(`${peekr.url}/api/videos/${videoId}`)).json()
  }

  async function remove({ id }: VideoView): Promise<void> {
    await visitor.request.delete(`${peekr.url}/api/videos/${id}`, { headers: { origin: peekr.url } })
  }
})

async function waitFor<T>(get: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadlineMs = Date.now() + ARRIVAL_MS; Date.now() < deadlineMs; await sleep(200)) {
    const value = await get()
    if (value) return value
  }
  throw new Error(`not within ${ARRIVAL_MS / 1000} s`)
}

async function hasStatus(card: Locator, status: string): Promise<void> {
  await card.and(card.page().locator(`[data-status="${status}"]`)).waitFor({ timeout: ARRIVAL_MS })
}
