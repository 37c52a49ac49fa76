import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { ADMIN, becomeFirstAdmin } from '../support/journey.ts'
import { beginUpload, signIn } from '../support/people.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'

// Refusals and outages that the tests provoke.
const PROVOKED = [/the server responded with a status of (?:401|403|404|503)/, /ERR_INTERNET_DISCONNECTED/]
const NEXT_PASSWORD = 'a louder river at night'

describe('accounts and the library', { timeout: 420_000 }, () => {
  let peekr: RunningPeekr
  let browser: TestBrowser
  let visitor: BrowserContext
  let page: Page

  before(async () => {
    peekr = await startPeekr()
    browser = await openBrowser({ expectErrors: PROVOKED })
    visitor = await browser.newVisitor()
    page = await visitor.newPage()
    await becomeFirstAdmin(page, peekr.url, peekr.setupCode ?? '')
  })
  after(async () => {
    await browser?.close()
    await peekr?.stop()
  })

  test('a wrong password and an unknown address get one message; the right one leads back to what was asked for', async () => {
    const guest = await browser.newVisitor()
    const guestPage = await guest.newPage()
    await guestPage.goto(`${peekr.url}/studio`)
    assert.equal(new URL(guestPage.url()).search, '?next=%2Fstudio')
    const message = guestPage.getByText('The e-mail address or the password is wrong.')
    for (const [email, password] of [
      [ADMIN.email, 'not the password'],
      ['nobody@example.org', ADMIN.password],
    ] as const) {
      await guestPage.reload()
      await signIn(guestPage, email, password)
      await message.waitFor()
    }
    await signIn(guestPage, ADMIN.email, ADMIN.password)
    await guestPage.waitForURL('**/studio')
    await guest.close()
  })

  test('a link that needs signing in leads back to itself', async () => {
    const guest = await browser.newVisitor()
    const guestPage = await guest.newPage()
    await guestPage.goto(`${peekr.url}/watch/nothing`)
    await guestPage.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await guestPage.waitForURL('**/login?next=%2Fwatch%2Fnothing')
    await guest.close()
  })

  test('a name and a password are changed, and every other session ends', async () => {
    const elsewhere = await browser.newVisitor()
    const other = await elsewhere.newPage()
    await other.goto(`${peekr.url}/login`)
    await signIn(other, ADMIN.email, ADMIN.password)
    await other.waitForURL(`${peekr.url}/`)

    await page.goto(`${peekr.url}/account`)
    await page.getByLabel('Name', { exact: true }).fill('Ana Maria')
    await page.getByRole('button', { name: 'Save name' }).click()
    await page.getByRole('button', { name: 'Account of Ana Maria' }).waitFor()
    await page.getByLabel('Current password').fill('not the password')
    await page.getByLabel('New password').fill(NEXT_PASSWORD)
    await page.getByRole('button', { name: 'Change password' }).click()
    await page
      .getByRole('alert')
      .filter({ hasText: /password/i })
      .waitFor()
    await page.getByLabel('Current password').fill(ADMIN.password)
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByText('Password changed.').waitFor()

    await other.goto(`${peekr.url}/account`)
    await other.waitForURL('**/login?next=%2Faccount')
    await signIn(other, ADMIN.email, NEXT_PASSWORD)
    await other.waitForURL('**/account')
    await elsewhere.close()
  })

  test('a token is shown once, lets a script in, and is revoked', async () => {
    await page.goto(`${peekr.url}/account`)
    await page.getByLabel('Token name').fill('Backup')
    await page.getByRole('button', { name: 'Create token' }).click()
    const token = (await page.getByTestId('token').textContent()) ?? ''
    const script = await browser.newVisitor()
    const ask = () =>
      script.request.get(`${peekr.url}/api/me`, { headers: { authorization: `Bearer ${token}` } })
    assert.equal((await ask()).status(), 200)
    await page.reload()
    assert.equal(await page.getByTestId('token').count(), 0)
    await page.getByRole('button', { name: 'Revoke Backup' }).click()
    await page.getByRole('button', { name: 'Revoke token' }).click()
    await page.getByText('no longer lets anybody in').waitFor()
    await page.getByRole('button', { name: 'Revoke Backup' }).waitFor({ state: 'detached' })
    assert.equal((await ask()).status(), 401)
    await script.close()
  })

  test('the library is searched and sorted, and goes on when one scrolls', async () => {
    const titles = Array.from({ length: 30 }, (_, index) => `Video ${String(index + 1).padStart(2, '0')}`)
    for (const title of titles) await beginUpload(visitor, peekr.url, { title })
    await page.goto(peekr.url)
    const cards = page.getByRole('main').getByRole('listitem')
    await page.getByRole('link', { name: 'Video 30' }).waitFor()
    await page.mouse.wheel(0, 5000)
    await page.getByRole('link', { name: 'Video 01' }).waitFor()
    assert.equal(await cards.count(), 30)

    await page.getByRole('link', { name: 'A to Z' }).click()
    await page.waitForURL('**/?sort=title')
    await cards.first().filter({ hasText: 'Video 01' }).waitFor()
    await page.getByRole('searchbox', { name: 'Search videos' }).first().fill('video 17')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Results for “video 17”' }).waitFor()
    await page.getByRole('link', { name: 'Video 18' }).waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Video 17' }).waitFor()
    assert.deepEqual(await cards.getByRole('heading').allTextContents(), ['Video 17'])
    await page.goto(`${peekr.url}/?q=nothing+like+it`)
    await page.getByRole('heading', { name: 'Nothing matches “nothing like it”' }).waitFor()
  })

  test('without a network the page stays, says so, and works again afterwards', async () => {
    // The page's last request: from then on its forms work.
    const loaded = page.waitForResponse('**/api/tokens')
    await page.goto(`${peekr.url}/account`)
    await loaded
    await visitor.setOffline(true)
    await page.getByText('You are offline. Uploads wait').waitFor()
    await page.getByLabel('Name', { exact: true }).fill('Ana Offline')
    await page.getByRole('button', { name: 'Save name' }).click()
    await page.getByText('You are offline. Check your connection').waitFor()
    await page.getByRole('link', { name: 'Peekr, home' }).click()
    await page.getByText('Pages open again once you are back').waitFor()
    await visitor.setOffline(false)
    await page.getByRole('button', { name: 'Save name' }).click()
    await page.getByText('Name saved.').waitFor()
    await page.getByRole('link', { name: 'Peekr, home' }).click()
    await page.waitForURL(`${peekr.url}/`)
  })

  test('an answer that fails is a sentence with a way to try again', async () => {
    let failing = true
    await page.route('**/api/videos?mine=1*', (route) =>
      failing ? route.fulfill({ status: 503, body: 'a proxy, say' }) : route.continue(),
    )
    await page.goto(`${peekr.url}/studio`)
    await page.getByText('The server answered with status 503').waitFor()
    failing = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('listitem', { name: 'Video 30' }).waitFor()
  })

  test('a session that ends while a page is open leads to signing in, and back', async () => {
    await page.goto(`${peekr.url}/admin/jobs`)
    await page.getByRole('heading', { name: 'No jobs here' }).waitFor()
    await visitor.clearCookies()
    await page.waitForURL('**/login?next=%2Fadmin%2Fjobs')
    await signIn(page, ADMIN.email, NEXT_PASSWORD)
    await page.waitForURL('**/admin/jobs')
  })
})
