import type { Page } from 'playwright'

export const ADMIN = { name: 'Ana', email: 'ana@example.org', password: 'a quiet river at noon' }

/** Makes the first administrator on the page that a new installation shows, and ends signed in on the home page. */
export async function becomeFirstAdmin(page: Page, url: string, setupCode: string): Promise<void> {
  await page.goto(url)
  await page.waitForURL('**/setup')
  await page.getByLabel('Setup code').fill(setupCode)
  await page.getByLabel('Name', { exact: true }).fill(ADMIN.name)
  await page.getByLabel('E-mail').fill(ADMIN.email)
  await page.getByLabel('Password').fill(ADMIN.password)
  await page.getByRole('button', { name: 'Create administrator' }).click()
  await page.waitForURL(`${url}/`)
}

/** Chooses a file on the upload page; returns its card. */
export async function chooseFile(page: Page, url: string, path: string) {
  if (!page.url().endsWith('/upload')) await page.goto(`${url}/upload`)
  await page.getByLabel('Video files').setInputFiles(path)
  return page.getByRole('listitem', { name: path.split('/').at(-1) ?? path })
}

/** The id of the video whose watch page is open. */
export function videoIdOf(page: Page): string {
  return new URL(page.url()).pathname.split('/').at(-1) ?? ''
}

/** Where the video element is, in seconds. */
export async function currentTime(page: Page): Promise<number> {
  return page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime)
}

/** Waits until the video element has played past `seconds`. */
export async function playedPast(page: Page, seconds: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => (document.querySelector('video')?.currentTime ?? 0) > wanted,
    seconds,
    { timeout: 30_000 },
  )
}

/** The brightest value (0 to 255) and how much brightness varies in the frame that is shown now. */
export async function measureFrame(page: Page): Promise<{ brightest: number; spread: number }> {
  return page.locator('video').evaluate((video: HTMLVideoElement) => {
    const canvas = document.createElement('canvas')
    canvas.width = 64
    canvas.height = 48
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('no 2D canvas')
    context.drawImage(video, 0, 0, 64, 48)
    const { data } = context.getImageData(0, 0, 64, 48)
    const levels = Array.from({ length: data.length / 4 }, (_, pixel) => data[pixel * 4 + 1] ?? 0)
    return { brightest: Math.max(...levels), spread: Math.max(...levels) - Math.min(...levels) }
  })
}
