import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright'
import type { VideoView } from '#lib/domain/video-view'
import { findPageProblems } from '../support/axe.ts'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { becomeFirstAdmin } from '../support/journey.ts'
import { makeClip } from '../support/make-clip.ts'
import { addUser, callAs, PASSWORD, signIn, waitForVideo } from '../support/people.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'
import { uploadAs } from '../support/upload-as.ts'

// The media of a deleted video, and a refusal to encode without an original.
const REFUSALS = [/the server responded with a status of 40[49]/]

describe('undo, from the page', { timeout: 420_000 }, () => {
  let peekr: RunningPeekr
  let browser: TestBrowser
  let folder: string
  let admin: { visitor: BrowserContext; page: Page }
  let owner: { visitor: BrowserContext; page: Page }
  let videoId: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peekr-undo-'))
    peekr = await startPeekr({ env: { PEEKR_ORIGINALS: 'keep' } })
    browser = await openBrowser({ expectErrors: REFUSALS })
    admin = await open()
    await becomeFirstAdmin(admin.page, peekr.url, peekr.setupCode ?? '')
    const { email } = await addUser(admin.visitor, peekr.url, { name: 'Olga', role: 'uploader' })
    owner = await open()
    await owner.page.goto(`${peekr.url}/studio`)
    await signIn(owner.page, email, PASSWORD)
    await owner.page.getByRole('heading', { name: 'My videos' }).waitFor()
    const clip = await makeClip({ folder, seconds: 2 })
    videoId = await uploadAs(owner.visitor, peekr.url, { path: clip, title: 'A day at the sea' })
    await waitForVideo(owner.visitor, peekr.url, videoId, ({ state }) => state === 'ready')
  })
  after(async () => {
    await browser?.close()
    await peekr?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  for (const who of ['owner', 'admin'] as const) {
    const person = () => (who === 'owner' ? owner : admin)
    const list = who === 'owner' ? '/studio' : '/admin/videos'

    test(`the ${who} changes the details in the list and takes it back in the toast`, async () => {
      const { page } = person()
      await page.goto(peekr.url + list)
      await act(page, 'A day at the sea', 'Edit')
      await page.getByLabel('Title').fill('Changed')
      await page.getByRole('button', { name: 'Save changes' }).click()
      await page.getByRole('listitem', { name: 'Changed' }).waitFor()
      await undo(page)
      await page.getByText('The details are as they were.').waitFor()
      await page.getByRole('listitem', { name: 'A day at the sea' }).waitFor()
      assert.equal((await getVideo()).title, 'A day at the sea')
    })

    test(`the ${who} deletes the video and takes it back in the toast, then from the bin`, async () => {
      const { page } = person()
      const { playback } = await getVideo()
      await page.goto(peekr.url + list)
      for (const way of ['toast', 'bin'] as const) {
        await act(page, 'A day at the sea', 'Delete video')
        await page.getByRole('button', { name: 'Delete video', exact: true }).click()
        await page
          .getByText(/was deleted\. It is in the bin until/)
          .first()
          .waitFor()
        assert.equal((await fetch(peekr.url + playback?.hls)).status, 404)
        if (way === 'toast') await undo(page)
        else {
          await page.goto(peekr.url + (who === 'owner' ? '/studio/bin' : '/admin/bin'))
          const item = page.getByRole('listitem', { name: 'A day at the sea' })
          await item.getByRole('button', { name: 'Bring back' }).click()
          await page.getByRole('heading', { name: 'The bin is empty' }).waitFor()
          await page.goto(peekr.url + list)
        }
        await page.getByRole('listitem', { name: 'A day at the sea' }).waitFor()
      }
      assert.equal((await fetch(peekr.url + (await getVideo()).playback?.hls)).status, 200)
    })

    test(`the ${who} has it encoded anew, and brings the old version back from the history`, async () => {
      const { page } = person()
      const before = await getVideo()
      await page.goto(`${peekr.url}/studio/${videoId}`)
      await page.getByRole('button', { name: 'Encode anew' }).click()
      await page.getByText('It is being encoded anew.').waitFor()
      assert.ok((await getVideo()).playable, 'the old version plays on')
      const after = await waitForVideo(owner.visitor, peekr.url, videoId, ({ state }) => state === 'ready')
      assert.notEqual(revisionOf(after), revisionOf(before))
      await page.goto(`${peekr.url}/studio/${videoId}/history`)
      const row = page.getByRole('listitem', { name: /^Before it was encoded anew/ }).first()
      await row.getByText('another version than the one that plays').waitFor()
      await row.getByRole('button', { name: 'Look and restore' }).click()
      await page.getByRole('button', { name: 'Restore everything' }).click()
      await page.getByText('The video is as it was.').waitFor()
      assert.equal(revisionOf(await getVideo()), revisionOf(before))
      assert.equal((await fetch(peekr.url + (await getVideo()).playback?.hls)).status, 200)
    })
  }

  test('encoding anew is taken back while it is under way, in the toast', async () => {
    const before = await getVideo()
    await owner.page.goto(`${peekr.url}/studio/${videoId}`)
    await owner.page.getByRole('button', { name: 'Encode anew' }).click()
    await undo(owner.page)
    await owner.page.getByText('The video is as it was.').waitFor()
    const now = await getVideo()
    assert.deepEqual([now.state, revisionOf(now)], ['ready', revisionOf(before)])
  })

  test('a state is kept by hand under a name, its space is shown, and it is deleted', async () => {
    const { page } = owner
    await page.goto(`${peekr.url}/studio/${videoId}/history`)
    await page.getByRole('button', { name: 'Keep it as it is now' }).click()
    await page.getByLabel('Name').fill('Before the party')
    await page.getByRole('button', { name: 'Keep it', exact: true }).click()
    const row = page.getByRole('listitem', { name: /^Kept by hand/ })
    await row.getByText('Before the party').waitFor()
    await page.getByRole('button', { name: 'Show space' }).click()
    await row.getByText(/alone holds/).waitFor()
    await row.getByRole('button', { name: /^Actions for the snapshot/ }).click()
    await page.getByRole('menuitem', { name: 'Delete snapshot' }).click()
    await page.getByRole('button', { name: 'Delete snapshot' }).click()
    await row.waitFor({ state: 'detached' })
  })

  test('keep-rules and the bin’s days are set in the administration', async () => {
    const { page } = admin
    await page.goto(`${peekr.url}/admin/settings`)
    await page.getByRole('group', { name: 'Bin' }).getByLabel('Days').fill('7')
    await page.getByRole('button', { name: 'Save bin' }).click()
    await page.getByText('Setting saved.').first().waitFor()
    const settings = await callAs<{ binDays: number }>(admin.visitor, peekr.url, '/api/admin/settings', {
      method: 'GET',
    })
    assert.equal(settings.binDays, 7)
  })

  test('history and bin are sound at both widths and in both themes', async () => {
    await callAs(owner.visitor, peekr.url, `/api/videos/${videoId}`, {
      method: 'PATCH',
      body: { title: 'Once more, with a title that takes more than one line on a telephone' },
    })
    await callAs(owner.visitor, peekr.url, `/api/videos/${videoId}`, { method: 'DELETE' })
    const context = await browser.browser.newContext({
      storageState: await owner.visitor.storageState(),
      reducedMotion: 'reduce',
    })
    const page = await context.newPage()
    await page.goto(`${peekr.url}/studio/bin`)
    await page.getByRole('button', { name: 'Bring back' }).waitFor()
    assert.deepEqual(await findPageProblems(page), [])
    await callAs(owner.visitor, peekr.url, `/api/bin/${videoId}/restore`, { body: {} })
    await page.goto(`${peekr.url}/studio/${videoId}/history`)
    await page.getByRole('button', { name: 'Look and restore' }).first().waitFor()
    assert.deepEqual(await findPageProblems(page), [])
    await context.close()
  })

  async function open() {
    const visitor = await browser.newVisitor()
    return { visitor, page: await visitor.newPage() }
  }

  /** As the owner sees it. */
  function getVideo(): Promise<VideoView> {
    return callAs(owner.visitor, peekr.url, `/api/videos/${videoId}`, { method: 'GET' })
  }
})

async function act(page: Page, title: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${title}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

async function undo(page: Page): Promise<void> {
  await page.getByRole('region', { name: 'Messages' }).getByRole('button', { name: 'Undo' }).last().click()
}

function revisionOf(video: VideoView): string | undefined {
  return /\/([2-9a-z]{16})\/multivariant\.m3u8$/.exec(video.playback?.hls ?? '')?.[1]
}
