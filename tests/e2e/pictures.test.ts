import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright'
import type { VideoView } from '#lib/domain/video-view'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { becomeFirstAdmin } from '../support/journey.ts'
import { makeSample } from '../support/people.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'

describe('pictures of a private video', { timeout: 420_000 }, () => {
  let peekr: RunningPeekr
  let browser: TestBrowser
  let visitor: BrowserContext
  let page: Page
  let video: VideoView

  before(async () => {
    peekr = await startPeekr()
    browser = await openBrowser()
    visitor = await browser.newVisitor()
    page = await visitor.newPage()
    await becomeFirstAdmin(page, peekr.url, peekr.setupCode ?? '')
    video = await makeSample(visitor, peekr.url)
    assert.equal(video.visibility, 'private')
  })
  after(async () => {
    await browser?.close()
    await peekr?.stop()
  })

  /** The home page of the same person in another browser window, and every address it asks for. */
  async function openHome(options: BrowserContextOptions = {}, prepare?: () => void) {
    const other = await browser.newVisitor({ storageState: await visitor.storageState(), ...options })
    if (prepare) await other.addInitScript(prepare)
    const home = await other.newPage()
    const asked: string[] = []
    home.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await home.goto(peekr.url)
    const card = home.getByRole('listitem').filter({ has: home.getByRole('link', { name: video.title }) })
    await card.waitFor()
    await home.waitForLoadState('networkidle')
    const clips = () => asked.filter((path) => path.endsWith('/hover.mp4'))
    return { other, home, card, clips }
  }

  const playing = (home: Page) =>
    home.waitForFunction(() => {
      const clip = document.querySelector<HTMLVideoElement>('[data-testid="hover-clip"]')
      return clip !== null && clip.currentTime > 0.1 && clip.muted && getComputedStyle(clip).opacity === '1'
    })

  test('a card plays its silent clip while the pointer rests on it, and loads nothing before', async () => {
    const { other, home, card, clips } = await openHome()
    assert.deepEqual(clips(), [])
    await card.hover()
    await playing(home)
    assert.match(clips()[0] ?? '', /^\/stream\/t\/[\w-]+\/\w+\/\w+\/hover\.mp4$/)
    await home.mouse.move(0, 0)
    await home.getByTestId('hover-clip').waitFor({ state: 'detached' })
    await other.close()
  })

  test('the keyboard’s focus shows it too', async () => {
    const { other, home } = await openHome()
    const link = home.getByRole('link', { name: video.title })
    for (let presses = 0; presses < 40; presses += 1) {
      await home.keyboard.press('Tab')
      if (await link.evaluate((element) => element === document.activeElement)) break
    }
    await playing(home)
    await home.keyboard.press('Tab')
    await home.getByTestId('hover-clip').waitFor({ state: 'detached' })
    await other.close()
  })

  for (const [who, options, prepare] of [
    ['less motion', { reducedMotion: 'reduce' } as const, undefined],
    [
      'less data',
      {},
      () => Object.defineProperty(navigator, 'connection', { value: { saveData: true }, configurable: true }),
    ],
  ] as const) {
    test(`who asked for ${who} keeps the still picture`, async () => {
      const { other, home, card, clips } = await openHome(options, prepare)
      await card.hover()
      await home.waitForTimeout(900)
      assert.equal(await home.getByTestId('hover-clip').count(), 0)
      assert.deepEqual(clips(), [])
      await other.close()
    })
  }

  test('seeking shows what is there: the tile of that moment, in its own shape', async () => {
    await page.goto(`${peekr.url}/watch/${video.id}`)
    await page.getByRole('button', { name: 'Play video' }).click()
    const stage = page.getByTestId('stage')
    await stage.hover()
    const slider = page.getByRole('slider', { name: 'Seek' })
    const box = await slider.boundingBox()
    assert.ok(box)
    const readTile = async (share: number) => {
      await page.mouse.move(box.x + box.width * share, box.y + box.height / 2)
      const tile = slider.locator('img[src*="/storyboard-0.jpg"]')
      await tile.waitFor()
      await page.waitForFunction(() => {
        const image = document.querySelector<HTMLImageElement>('img[src*="/storyboard-0.jpg"]')
        return image !== null && image.naturalWidth >= 1280 && image.style.transform !== ''
      })
      const shape = await tile.evaluate((image) => image.parentElement?.getBoundingClientRect().toJSON())
      assert.deepEqual([shape.width, shape.height], [160, 90])
      return tile.evaluate((image) => image.style.transform)
    }
    const [early, late] = [await readTile(0.1), await readTile(0.8)]
    assert.notEqual(early, late)
  })
})
