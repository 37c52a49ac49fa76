import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright'
import type { VideoView } from '#lib/domain/video-view'
import { findPageProblems } from '../support/axe.ts'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { becomeFirstAdmin, playedPast } from '../support/journey.ts'
import { addUser, makeSample, PASSWORD, signIn } from '../support/people.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'

// What strangers are refused.
const REFUSALS = [/the server responded with a status of 40[14]/]

describe('sharing a video', { timeout: 420_000 }, () => {
  let peekr: RunningPeekr
  let browser: TestBrowser
  let owner: BrowserContext
  let page: Page
  let video: VideoView

  before(async () => {
    peekr = await startPeekr()
    browser = await openBrowser({ expectErrors: REFUSALS })
    owner = await browser.newVisitor({ reducedMotion: 'reduce' })
    page = await owner.newPage()
    await becomeFirstAdmin(page, peekr.url, peekr.setupCode ?? '')
    video = await makeSample(owner, peekr.url)
  })
  after(async () => {
    await browser?.close()
    await peekr?.stop()
  })

  const watchUrl = () => `${peekr.url}/watch/${video.id}`
  const openEditing = () => page.goto(`${peekr.url}/studio/${video.id}`)

  async function save() {
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.waitForURL(`**/watch/${video.id}`)
  }

  /** A browser of somebody who has never been here. */
  async function newStranger(): Promise<Page> {
    const stranger = await browser.newVisitor({ reducedMotion: 'reduce' })
    return stranger.newPage()
  }

  async function play(visitor: Page) {
    await visitor.getByTestId('stage').getByRole('button', { name: 'Play' }).first().click()
    await playedPast(visitor, 0.5)
  }

  test('with a person: they find it, watch it, and are out when their name is taken off', async () => {
    const { email } = await addUser(owner, peekr.url, { name: 'Ben Bold', role: 'viewer' })
    await openEditing()
    await page.getByRole('radio', { name: /^Named people/ }).check()
    await page.getByRole('heading', { name: 'Nobody is named yet' }).waitFor()
    const field = page.getByLabel('Add somebody')
    await field.fill('nobody@example.org')
    await field.press('Enter')
    await page.getByText('No account here has this e-mail address.').waitFor()
    await field.fill(email)
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('heading', { name: 'Shared with 1 person' }).waitFor()
    assert.deepEqual(await findPageProblems(page), [])
    await page.setViewportSize({ width: 1280, height: 800 })
    await save()

    const ben = await newStranger()
    await ben.goto(watchUrl())
    await ben.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    await ben.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await signIn(ben, email, PASSWORD)
    await ben.getByRole('heading', { name: video.title }).waitFor()
    await play(ben)
    await ben.goto(peekr.url)
    await ben.getByRole('link', { name: 'Shared with me' }).click()
    await ben.getByRole('heading', { name: 'Shared with me' }).waitFor()
    await ben.getByRole('link', { name: video.title }).waitFor()

    await openEditing()
    await page.getByRole('button', { name: 'Remove Ben Bold' }).click()
    await page.getByText('Ben Bold can no longer watch this video.').waitFor()
    await ben.goto(watchUrl())
    await ben.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    await ben.context().close()
  })

  test('by a password: a stranger gives it and watches; a new one is asked for again', async () => {
    await openEditing()
    await page.getByRole('radio', { name: /^Password/ }).check()
    await page.getByLabel('Password', { exact: true }).last().fill('open sesame please')
    assert.deepEqual(await findPageProblems(page), [])
    await page.setViewportSize({ width: 1280, height: 800 })
    await save()

    const stranger = await newStranger()
    await stranger.goto(watchUrl())
    await stranger.getByRole('heading', { name: 'This video asks for a password' }).waitFor()
    assert.ok(!(await stranger.content()).includes(video.title), 'nothing else is told')
    await stranger.getByLabel('Password', { exact: true }).fill('open says me')
    await stranger.getByRole('button', { name: 'Watch' }).click()
    await stranger.getByText('This password is wrong.').waitFor()
    assert.deepEqual(await findPageProblems(stranger), [])
    await stranger.getByLabel('Password', { exact: true }).fill('open sesame please')
    await stranger.getByRole('button', { name: 'Watch' }).click()
    await stranger.getByRole('heading', { name: video.title }).waitFor()
    await play(stranger)

    await openEditing()
    await page.getByLabel('New password').fill('a wholly different one')
    await save()
    await stranger.reload()
    await stranger.getByRole('heading', { name: 'This video asks for a password' }).waitFor()
    await stranger.context().close()
  })

  test('by a link: a stranger comes in without an account, and is out within 10 s of its end', async () => {
    await openEditing()
    await page.getByRole('radio', { name: /^Private/ }).check()
    await save()
    await openEditing()
    await page.getByLabel('For whom').fill('The film club')
    await page.getByRole('button', { name: 'Make a link' }).click()
    const link = (await page.getByTestId('share-link').textContent()) ?? ''
    assert.match(link, new RegExp(`^${peekr.url}/shared/${video.id}#[\\w-]{43}$`))
    assert.deepEqual(await findPageProblems(page), [])
    await page.setViewportSize({ width: 1280, height: 800 })

    const stranger = await newStranger()
    const asked: string[] = []
    stranger.on('request', (request) => asked.push(request.url(), request.headers().referer ?? ''))
    await stranger.goto(link)
    await stranger.waitForURL(watchUrl())
    await stranger.getByRole('heading', { name: video.title }).waitFor()
    await play(stranger)
    const secret = link.split('#')[1] ?? ''
    assert.ok(!asked.some((url) => url.includes(secret)), 'the secret was in no address that was asked for')
    const segment = asked.findLast((url) => url.includes('.m4s')) ?? ''
    assert.match(segment, /\/stream\/t\//)

    await page.reload()
    await page.getByText(/used (?:just now|1 minute ago)/).waitFor()
    await page.getByRole('button', { name: 'Revoke “The film club”' }).click()
    await page.getByRole('button', { name: 'Revoke link' }).click()
    await page.getByText('There is no link to this video at the moment.').waitFor()
    const revokedAt = Date.now()
    while ((await fetch(segment)).status !== 404) {
      assert.ok(Date.now() - revokedAt < 10_000, 'the segment is still there')
      await new Promise((done) => setTimeout(done, 200))
    }
    await stranger.reload()
    await stranger.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    await stranger.goto('about:blank')
    await stranger.goto(link)
    await stranger.getByRole('heading', { name: 'This link does not open' }).waitFor()
    assert.deepEqual(await findPageProblems(stranger), [])
    await stranger.context().close()
  })

  test('the leak test of the administration says that nothing comes out', async () => {
    await page.goto(`${peekr.url}/admin/leaks`)
    await page.getByRole('button', { name: 'Run the leak test' }).click()
    await page.getByText('Nothing came out.').waitFor({ timeout: 60_000 })
    await page.getByRole('cell', { name: 'an expired token' }).first().waitFor()
    assert.deepEqual(await findPageProblems(page), [])
  })
})
