import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrowserContext, Locator, Page } from 'playwright'
import type { VideoView } from '#lib/domain/video-view'
import { createRandom } from '../faults/fault-case.ts'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { becomeFirstAdmin, chooseFile } from '../support/journey.ts'
import { makeClip } from '../support/make-clip.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'
import { openSlowProxy, type SentChunk, type SlowProxy } from '../support/slow-proxy.ts'
import { type BigClip, writeBigClip } from '../support/write-big-clip.ts'

const MIB = 1024 ** 2
/** As in app/_components/upload/upload-runner.ts. */
const CHUNK_BYTES = 16 * MIB
const SPEED_BYTES_PER_SECOND = 24 * MIB
/** Beyond what app/_components/upload/watch-silence.ts waits for. */
const SILENCE_MS = 100_000
const ARRIVAL_MS = 90_000
/** Where servers are killed; the same seed is the same byte. */
const SEED = Number(process.env.PEEKR_TEST_SEED ?? 1)

// The page learns by being refused, or by no answer at all, and Chromium reports each.
const REFUSALS = [/Failed to load resource: (?:the server responded with a status of|net::ERR_)/]

describe('an upload in the browser', { timeout: 420_000 }, () => {
  const random = createRandom(SEED)
  let folder: string
  let dataPath: string
  let peekr: RunningPeekr
  let proxy: SlowProxy
  let browser: TestBrowser
  let visitor: BrowserContext
  let page: Page

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peekr-survives-'))
    dataPath = join(folder, 'data')
    peekr = await startPeekr({ dataPath })
    proxy = await openSlowProxy(peekr.url, SPEED_BYTES_PER_SECOND)
    browser = await openBrowser({ expectErrors: REFUSALS })
    visitor = await browser.newVisitor()
    await visitor.clock.install()
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

  test('survives the server being killed at a random byte, and goes on by itself', async (t) => {
    proxy.whenAway = 'reset'
    await killHalfWay(t, await bigClip('killed.mp4', 80))
  })

  test('survives it behind a proxy that answers 502 meanwhile', async (t) => {
    proxy.whenAway = 502
    await killHalfWay(t, await bigClip('killed-behind-nginx.mp4', 48))
  })

  test('is offered again after its tab was closed, and choosing the file resumes it', async (t) => {
    const clip = await bigClip('closed.mp4', 64)
    await chooseFile(page, proxy.url, clip.path)
    await proxy.holdAt(clip.sizeBytes / 2)
    await page.close()
    proxy.release()
    page = await visitor.newPage()
    await page.goto(`${proxy.url}/upload`)
    const offer = page.getByRole('region', { name: 'Not finished yet' })
    await offer.getByText(/closed\.mp4 again to resume at [3-9]\d/).waitFor()
    const chunksBefore = proxy.chunks.length
    await assertArrived(await chooseFile(page, proxy.url, clip.path), clip)
    const resumedAt = proxy.chunks[chunksBefore]?.offset ?? 0
    assert.ok(resumedAt > clip.sizeBytes / 2 - CHUNK_BYTES, `it resumed at byte ${resumedAt}`)
    await offer.waitFor({ state: 'detached' })
    assertSentOnce(t, clip)
  })

  test('sends nothing while it is paused, and the rest once it is resumed', async (t) => {
    const clip = await bigClip('paused.mp4', 48)
    const card = await chooseFile(page, proxy.url, clip.path)
    await proxy.holdAt(clip.sizeBytes / 3)
    await card.getByRole('button', { name: 'Pause' }).click()
    await hasStatus(card, 'paused')
    proxy.release()
    // What the sockets held already still comes through.
    await sleep(1000)
    const pausedAt = proxy.sentBytes()
    await page.clock.fastForward(SILENCE_MS)
    await sleep(1500)
    assert.equal(proxy.sentBytes(), pausedAt)
    await card.getByRole('button', { name: 'Resume' }).click()
    await assertArrived(card, clip)
    assertSentOnce(t, clip)
  })

  test('leaves nothing behind when it is cancelled', async () => {
    const clip = await bigClip('cancelled.mp4', 48)
    const card = await chooseFile(page, proxy.url, clip.path)
    await proxy.holdAt(clip.sizeBytes / 3)
    await card.getByText(/^[1-9]\d* % ·/).waitFor()
    await card.getByRole('button', { name: 'Cancel upload' }).click()
    const question = page.getByRole('dialog', { name: 'Cancel this upload?' })
    await question.getByRole('button', { name: 'Keep it' }).click()
    await card.getByRole('button', { name: 'Cancel upload' }).click()
    await question.getByRole('button', { name: 'Cancel upload' }).click()
    // Behind a dialog nothing has a role.
    await question.waitFor({ state: 'detached' })
    await card.waitFor({ state: 'detached' })
    proxy.release()
    assert.equal(await findVideo(clip.filename), null)
    assert.deepEqual(await readdir(join(dataPath, 'uploads')), [])
    await page.clock.fastForward(SILENCE_MS)
    await sleep(500)
    assert.equal(await findVideo(clip.filename), null)
    await page.reload()
    await page.getByRole('button', { name: 'Choose files' }).waitFor()
    await sleep(500)
    assert.equal(await page.getByText('Not finished yet').count(), 0)
  })

  test('waits while the browser is offline, and goes on by itself', async (t) => {
    const clip = await bigClip('offline.mp4', 48)
    const card = await chooseFile(page, proxy.url, clip.path)
    await proxy.holdAt(1 + Math.floor(random() * (clip.sizeBytes - 1)))
    await visitor.setOffline(true)
    proxy.cut()
    proxy.release()
    await hasStatus(card, 'waiting')
    await card.getByText('You are offline. The upload goes on by itself once you are back.').waitFor()
    await sleep(2000)
    await visitor.setOffline(false)
    await assertArrived(card, clip)
    assertSentOnce(t, clip)
  })

  test('goes on when its connection has died without a word', async (t) => {
    const clip = await bigClip('silent.mp4', 48)
    const card = await chooseFile(page, proxy.url, clip.path)
    await proxy.reached(clip.sizeBytes / 2)
    proxy.freeze()
    await sleep(1500)
    await page.clock.fastForward(SILENCE_MS)
    await assertArrived(card, clip)
    assertSentOnce(t, clip)
  })

  test('that is no video fails on its own card with the reason; the one beside it is not affected', async () => {
    const notes = join(folder, 'notes.mp4')
    await writeFile(notes, 'These are notes about a film, and not the film.\n'.repeat(2000))
    const good = await makeClip({ folder, name: 'beside.mp4' })
    await page.getByLabel('Video files').setInputFiles([notes, good])
    const failed = page.getByRole('listitem', { name: 'notes.mp4' })
    await failed.getByText('This file is not a video Peekr can read.').waitFor({ timeout: 60_000 })
    assert.equal((await findVideo('notes.mp4'))?.state, 'failed')
    const beside = page.getByRole('listitem', { name: 'beside.mp4' })
    await beside.getByRole('link', { name: 'Watch' }).waitFor({ timeout: 60_000 })
    assert.equal(await beside.getByText('not a video').count(), 0)
    assert.equal(await failed.getByRole('link', { name: 'Watch' }).count(), 0)
  })

  test('begins with a drop anywhere on the page, for several files at once', async () => {
    const names = ['dropped-1.mp4', 'dropped-2.mp4']
    const clips = await Promise.all(names.map((name) => makeClip({ folder, name, seconds: 1 })))
    const contents = await Promise.all(clips.map((path) => readFile(path, 'base64')))
    const dropped = names.map((name, index) => ({ name, base64: contents[index] ?? '' }))
    const dataTransfer = await page.evaluateHandle((files) => {
      const transfer = new DataTransfer()
      for (const { name, base64 } of files) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
        transfer.items.add(new File([bytes], name, { type: 'video/mp4' }))
      }
      return transfer
    }, dropped)
    await page.dispatchEvent('h1', 'dragenter', { dataTransfer })
    await page.getByText('Let go to upload').waitFor()
    await page.dispatchEvent('h1', 'drop', { dataTransfer })
    for (const name of names) {
      const card = page.getByRole('listitem', { name })
      await card.getByRole('link', { name: 'Watch' }).waitFor({ timeout: 60_000 })
    }
  })

  function bigClip(filename: string, sizeMib: number): Promise<BigClip> {
    return writeBigClip({ folder, filename, sizeBytes: sizeMib * MIB, seed: SEED })
  }

  /** Kills the server at a byte the seed names, starts it again, and asks the same page for a whole file. */
  async function killHalfWay(t: TestContext, clip: BigClip): Promise<void> {
    const killAt = 1 + Math.floor(random() * (clip.sizeBytes - 1))
    const card = await chooseFile(page, proxy.url, clip.path)
    await proxy.holdAt(killAt)
    await peekr.kill()
    proxy.release()
    await hasStatus(card, 'waiting')
    const { port } = peekr
    peekr = await startPeekr({ dataPath, port })
    await assertArrived(card, clip)
    t.diagnostic(`seed ${SEED}: killed at byte ${killAt} of ${clip.sizeBytes}`)
    assertSentOnce(t, clip)
  }

  /** The whole file, under the same SHA-256, in one video only; which is then deleted, to leave the rest its time. */
  async function assertArrived(card: Locator, clip: BigClip): Promise<void> {
    await hasStatus(card, 'uploaded')
    const deadlineMs = Date.now() + ARRIVAL_MS
    let video = await findVideo(clip.filename)
    while (video?.source.sha256 === null && video.state !== 'failed' && Date.now() < deadlineMs) {
      await sleep(200)
      video = await findVideo(clip.filename)
    }
    assert.ok(video, `${clip.filename} is among my videos`)
    assert.equal(video.source.sha256, clip.sha256, `state ${video.state}, error ${video.error?.message}`)
    await visitor.request.delete(`${peekr.url}/api/videos/${video.id}`, { headers: { origin: peekr.url } })
  }

  /** "Not a byte is sent twice beyond one chunk", counted in front of the server. */
  function assertSentOnce(t: TestContext, clip: BigClip): void {
    const twice = proxy.sentBytes() - clip.sizeBytes
    t.diagnostic(`${twice} bytes were sent twice; PATCH ${proxy.chunks.map(describeChunk).join(', ')}`)
    assert.ok(twice >= 0 && twice <= CHUNK_BYTES, `${twice} bytes were sent twice`)
  }

  async function findVideo(filename: string): Promise<VideoView | null> {
    const answer = await visitor.request.get(`${peekr.url}/api/videos?mine=1&limit=100`)
    const { items } = (await answer.json()) as { items: VideoView[] }
    const found = items.filter((video) => video.source.filename === filename)
    assert.ok(found.length <= 1, `${filename} became ${found.length} videos`)
    return found[0] ?? null
  }
})

function describeChunk({ offset, sentBytes, status }: SentChunk): string {
  return `${offset}+${sentBytes}→${status ?? 'broken'}`
}

async function hasStatus(card: Locator, status: string): Promise<void> {
  await card.and(card.page().locator(`[data-status="${status}"]`)).waitFor({ timeout: ARRIVAL_MS })
}
