import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright'
import type { VideoView } from '#lib/domain/video-view'
import { findPageProblems } from '../support/axe.ts'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { becomeFirstAdmin } from '../support/journey.ts'
import { addUser, beginUpload, callAs, makeSample, signIn } from '../support/people.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'

// The page that is not there, and what it says of itself.
const NOT_FOUND = [/the server responded with a status of 404/]

describe('every page', { timeout: 420_000 }, () => {
  let peekr: RunningPeekr
  let browser: TestBrowser
  let visitor: BrowserContext
  let page: Page
  let video: VideoView

  before(async () => {
    peekr = await startPeekr()
    browser = await openBrowser({ expectErrors: NOT_FOUND })
    visitor = await browser.newVisitor({ reducedMotion: 'reduce' })
    page = await visitor.newPage()
  })
  after(async () => {
    await browser?.close()
    await peekr?.stop()
  })

  async function assertSound(path: string, of: Page = page): Promise<void> {
    await of.goto(peekr.url + path)
    await of.getByRole('heading').first().waitFor()
    await of.waitForLoadState('networkidle')
    assert.deepEqual(await findPageProblems(of), [], path)
  }

  test('is sound before there is an administrator, and while there is nothing to show', async () => {
    await assertSound('/setup')
    await becomeFirstAdmin(page, peekr.url, peekr.setupCode ?? '')
    for (const path of ['/', '/studio', '/admin/jobs']) await assertSound(path)
  })

  test('is sound in both themes at 1280 and 390 px: no serious finding, nothing wider than the screen', async () => {
    video = await makeSample(visitor, peekr.url)
    const onItsWay = await beginUpload(visitor, peekr.url, { title: 'On its way', sentBytes: 300 })
    await addUser(visitor, peekr.url, { name: 'Vera Viewer', role: 'viewer' })
    const admin = ['', '/videos', '/users', '/jobs', '/storage', '/settings'].map((name) => `/admin${name}`)
    const own = [`/watch/${onItsWay}`, '/upload', '/studio', `/studio/${video.id}`, '/account']
    for (const path of ['/', '/?q=nothing+like+it', `/watch/${video.id}`, ...own, ...admin]) {
      await assertSound(path)
    }
  })

  test('is sound for strangers and for viewers', async () => {
    const stranger = await browser.newVisitor({ reducedMotion: 'reduce' })
    const strangerPage = await stranger.newPage()
    for (const path of ['/', '/login', '/register', '/watch/nothing']) await assertSound(path, strangerPage)
    await strangerPage.goto(`${peekr.url}/upload`)
    await signIn(strangerPage, 'vera.viewer@example.org')
    await strangerPage.getByRole('heading', { name: 'Your account can watch, not upload' }).waitFor()
    for (const path of ['/upload', '/studio']) await assertSound(path, strangerPage)
    await stranger.close()
  })

  test('menus and dialogs are worked by keyboard: arrows, a kept focus, and the way back', async () => {
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.goto(`${peekr.url}/studio`)
    const trigger = page.getByRole('button', { name: `Actions for ${video.title}` })
    await trigger.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Edit' }).waitFor()
    assert.deepEqual(await findPageProblems(page), [], 'the open menu')
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.keyboard.press('Home')
    await waitForFocus(page, 'Edit')
    for (const name of ['Watch', 'History', 'Progress', 'Encode anew', 'Delete video']) {
      await page.keyboard.press('ArrowDown')
      await waitForFocus(page, name)
    }
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Delete this video?' })
    await dialog.waitFor()
    assert.deepEqual(await findPageProblems(page), [], 'the open dialog')
    for (let presses = 0; presses < 5; presses += 1) {
      await page.keyboard.press('Tab')
      assert.ok(
        await dialog.evaluate((element) => element.contains(document.activeElement)),
        'focus stays in',
      )
    }
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await waitForFocus(page, `Actions for ${video.title}`)
    await callAs(visitor, peekr.url, `/api/videos/${video.id}`, { method: 'GET' })
  })

  test('everything on the home page is reached with Tab, and shows it', async () => {
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.goto(peekr.url)
    // A list that is still on its way cannot be reached, and thirty presses are quicker than a busy server.
    await page.getByRole('link', { name: video.title }).first().waitFor()
    const reached = new Set<string>()
    for (let presses = 0; presses < 30 && !reached.has(video.title); presses += 1) {
      await page.keyboard.press('Tab')
      const { name, visible, isPage } = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement
        const marks = [getComputedStyle(element), getComputedStyle(element, '::after')]
        const around = element.parentElement ? getComputedStyle(element.parentElement) : null
        return {
          isPage: element === document.body,
          name: (element.getAttribute('aria-label') ?? element.textContent ?? '').trim(),
          visible:
            marks.some((style) => style.outlineStyle !== 'none' && style.outlineWidth !== '0px') ||
            (around !== null && (around.outlineStyle !== 'none' || around.boxShadow !== 'none')),
        }
      })
      if (name === '' || isPage) continue
      reached.add(name)
      assert.ok(visible, `the focus is seen on “${name}”`)
    }
    for (const name of [
      'Skip to content',
      'Peekr, home',
      'Search videos',
      'Upload',
      'Account of Ana',
      'Oldest',
    ]) {
      assert.ok(reached.has(name), `${name} is reached: ${[...reached].join(', ')}`)
    }
    assert.ok(reached.has(video.title), `the video is reached: ${[...reached].join(', ')}`)
  })
})

/** Menus move the focus a moment after the key. */
async function waitForFocus(page: Page, text: string): Promise<void> {
  await page.waitForFunction((wanted) => document.activeElement?.textContent?.trim() === wanted, text)
}
