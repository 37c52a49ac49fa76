import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { becomeFirstAdmin, chooseFile } from '../support/journey.ts'
import { makeClip, runFfmpeg } from '../support/make-clip.ts'
import { addUser, callAs, PASSWORD, signIn, waitForVideo } from '../support/people.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'

// Refusals that the tests provoke.
const REFUSALS = [/the server responded with a status of 40[134]/]

describe('the administration', { timeout: 420_000 }, () => {
  let peekr: RunningPeekr
  let browser: TestBrowser
  let visitor: BrowserContext
  let page: Page
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peekr-admin-'))
    peekr = await startPeekr()
    browser = await openBrowser({ expectErrors: REFUSALS })
    visitor = await browser.newVisitor()
    page = await visitor.newPage()
    await becomeFirstAdmin(page, peekr.url, peekr.setupCode ?? '')
  })
  after(async () => {
    await browser?.close()
    await peekr?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('registration is closed until it is opened, and whoever registers may watch and not upload', async () => {
    const stranger = await browser.newVisitor()
    const strangerPage = await stranger.newPage()
    await strangerPage.goto(`${peekr.url}/register`)
    await strangerPage.getByRole('heading', { name: 'Registration is closed' }).waitFor()

    await page.goto(`${peekr.url}/admin/settings`)
    await page.getByRole('radio', { name: /^Open/ }).check()
    await page.getByText('Setting saved.').waitFor()

    await strangerPage.goto(`${peekr.url}/login`)
    await strangerPage.getByRole('link', { name: 'Create an account' }).click()
    await strangerPage.getByLabel('Name', { exact: true }).fill('Nora New')
    await strangerPage.getByLabel('E-mail').fill('nora@example.org')
    await strangerPage.getByLabel('Password').fill(PASSWORD)
    await strangerPage.getByRole('button', { name: 'Create account' }).click()
    await strangerPage.getByRole('button', { name: 'Account of Nora New' }).waitFor()
    await strangerPage.goto(`${peekr.url}/upload`)
    await strangerPage.getByRole('heading', { name: 'Your account can watch, not upload' }).waitFor()
    await strangerPage.goto(`${peekr.url}/admin`)
    await strangerPage.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    await stranger.close()
  })

  test('a new role counts at once, and disabling ends the session on the page that is open', async () => {
    await page.goto(`${peekr.url}/admin/users`)
    await page.getByRole('button', { name: 'Add user' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Uma')
    await page.getByLabel('E-mail').fill('uma@example.org')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Create user' }).click()
    const row = page.getByRole('listitem', { name: 'Uma' })
    await row.waitFor()

    const uma = await browser.newVisitor()
    const umaPage = await uma.newPage()
    await umaPage.goto(`${peekr.url}/upload`)
    await signIn(umaPage, 'uma@example.org')
    await umaPage.getByRole('button', { name: 'Choose files' }).waitFor()

    await row.getByLabel('Role of Uma').selectOption('viewer')
    await page.getByText('Uma was changed').first().waitFor()
    assert.equal((await uma.request.get(`${peekr.url}/api/me`)).status(), 401, 'the old session is over')
    await umaPage.goto(`${peekr.url}/upload`)
    await signIn(umaPage, 'uma@example.org')
    await umaPage.getByRole('heading', { name: 'Your account can watch, not upload' }).waitFor()

    await umaPage.goto(`${peekr.url}/account`)
    await umaPage.getByLabel('Name', { exact: true }).fill('Uma the Second')
    await row.getByRole('button', { name: 'Disable Uma' }).click()
    await row.getByRole('button', { name: 'Enable Uma' }).waitFor()
    await umaPage.getByRole('button', { name: 'Save name' }).click()
    await umaPage.getByText('Your session has ended.').waitFor()
    assert.equal(await umaPage.getByLabel('Name', { exact: true }).inputValue(), 'Uma the Second')
    await umaPage.goto(`${peekr.url}/account`)
    await signIn(umaPage, 'uma@example.org')
    await umaPage.getByText('The e-mail address or the password is wrong.').waitFor()
    await uma.close()
  })

  test('a job is cancelled and retried, and says what became of it', async () => {
    // Ten seconds, twelve times over: much to be made of little that is.
    const piece = await makeClip({
      folder,
      name: 'piece.mp4',
      seconds: 10,
      width: 1280,
      height: 720,
      frameRate: 60,
    })
    const clip = join(folder, 'long.mp4')
    await runFfmpeg(['-stream_loop', '11', '-i', piece, '-c', 'copy', clip])
    await chooseFile(page, peekr.url, clip)
    await page
      .getByText(/^(Making it playable|Playable, the rest)/)
      .first()
      .waitFor({ timeout: 60_000 })
    await page.goto(`${peekr.url}/admin/jobs`)
    // One that is far from its turn: what runs may have ended by the time it is clicked.
    const parts = page.getByRole('listitem', { name: /^Make it playable, part \d+.*: long$/ })
    await parts.nth(3).waitFor()
    const names = await parts.evaluateAll((items) =>
      items.map((item) => item.getAttribute('aria-label') ?? ''),
    )
    const name = names.reduce((last, other) => (readPart(other) > readPart(last) ? other : last))
    const job = page.getByRole('listitem', { name, exact: true })
    await job.getByRole('button', { name: 'Cancel' }).click()
    await job.getByText('Cancelled', { exact: true }).waitFor()
    const { items } = await callAs<{ items: { id: string; state: string }[] }>(
      visitor,
      peekr.url,
      '/api/videos?mine=1',
      { method: 'GET' },
    )
    const videoId = items[0]?.id ?? ''
    await waitForVideo(visitor, peekr.url, videoId, (video) => video.state === 'failed')
    await job.getByRole('button', { name: 'Retry' }).click()
    await job.getByText('Cancelled', { exact: true }).waitFor({ state: 'detached' })
    await waitForVideo(visitor, peekr.url, videoId, (video) => video.state !== 'failed')
    await callAs(visitor, peekr.url, `/api/videos/${videoId}`, { method: 'DELETE' })
  })

  test("a stranger's video is made public, and deleted, from the list of all videos", async () => {
    await addUser(visitor, peekr.url, { name: 'Olga Owner', role: 'uploader' })
    const olga = await browser.newVisitor()
    const olgaPage = await olga.newPage()
    await olgaPage.goto(`${peekr.url}/upload`)
    await signIn(olgaPage, 'olga.owner@example.org')
    await olgaPage.waitForURL('**/upload')
    await chooseFile(olgaPage, peekr.url, await makeClip({ folder, name: 'mine.mp4' }))
    await olgaPage.getByRole('link', { name: 'Watch' }).click({ timeout: 90_000 })
    await olgaPage.waitForURL('**/watch/*')

    await page.goto(`${peekr.url}/admin/videos`)
    // A list that was asked for before the change, and comes after it, must not undo what is shown.
    const { promise: isSaved, resolve: release } = Promise.withResolvers<void>()
    await page.route(/\/api\/admin\/videos\?.*q=mine/, async (route) => {
      const answer = await route.fetch()
      await isSaved
      await route.fulfill({ response: answer })
    })
    const row = page.getByRole('listitem', { name: 'mine' })
    await row.waitFor()
    const search = page.waitForRequest(/q=mine/)
    await page.getByLabel('Find videos').fill('mine')
    await search
    await row.getByRole('button', { name: 'Actions for mine' }).click()
    await page.getByRole('menuitem', { name: 'Edit' }).click()
    await page.getByRole('radio', { name: /^Public/ }).check()
    await page.getByRole('button', { name: 'Save changes' }).click()
    await row.getByText('Public').waitFor()
    const late = page.waitForResponse(/q=mine/)
    release()
    await late
    await row.getByText('Public').waitFor()
    assert.equal(await row.getByText('Private').count(), 0)

    const stranger = await browser.newVisitor()
    const strangerPage = await stranger.newPage()
    await strangerPage.goto(peekr.url)
    await strangerPage.getByRole('link', { name: 'mine' }).click()
    await strangerPage.getByRole('button', { name: 'Play video' }).waitFor()

    await row.getByRole('button', { name: 'Actions for mine' }).click()
    await page.getByRole('menuitem', { name: 'Delete video' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete video' }).click()
    await page.getByText('was deleted').waitFor()
    await row.waitFor({ state: 'detached' })
    assert.equal((await strangerPage.reload())?.status(), 404)
    await stranger.close()
    await olga.close()
  })
})

function readPart(label: string): number {
  return Number(/part (\d+)/.exec(label)?.[1] ?? 0)
}
