import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { BrowserContext } from 'playwright'
import { openBrowser } from './browser.ts'
import { becomeFirstAdmin, chooseFile, playedPast } from './journey.ts'
import { runFfmpeg } from './make-clip.ts'
import { callAs, waitForVideo } from './people.ts'
import { startPeekr } from './server.ts'

const FOLDER = resolve(import.meta.dirname, '../../docs/screenshots')
const SIZE = { width: 1280, height: 800 }

/** Title, seconds, and the picture as FFmpeg makes it: slow colours, so that the files stay small. */
const VIDEOS: [title: string, seconds: number, source: string][] = [
  ['Dusk over the bay', 12, gradient('0x0b1d3a', '0x3fa7a0', '0xf6a15a', '0xe4572e')],
  ['Copper', 9, gradient('0x2b1608', '0xa4551e', '0xf2c14e')],
  ['Deep sea', 5, gradient('0x020b1a', '0x0b3d5c', '0x1f8a8c')],
  ['Lanterns', 7, gradient('0x1a0b2e', '0x8f2d56', '0xffb30f')],
  ['Sand', 8, gradient('0xf3e3c3', '0xc98b4b', '0x5b3716')],
  ['First snow', 6, gradient('0xdfe9f3', '0x8fb3d9', '0x33527a')],
  ['Aurora', 9, gradient('0x061426', '0x1b7f5c', '0x7df2a5', '0x7a3ff2')],
  ['Fern', 7, gradient('0x06241b', '0x2f7d4f', '0xc7e59a')],
  ['Peach', 5, gradient('0xffe2c6', '0xff9e7d', '0xd1495b')],
  ['The heart of a fractal', 8, 'mandelbrot=size=640x360:rate=24:end_scale=0.02'],
  ['Heather', 6, gradient('0x2e1a47', '0x8e5aa8', '0xe8c7e6')],
  ['Ink in water', 6, gradient('0x10123b', '0x3d5af1', '0x22d1ee', '0xe2f3f5')],
]

function gradient(...colours: string[]): string {
  const stops = colours.map((colour, index) => `c${index}=${colour}`).join(':')
  return `gradients=size=854x480:rate=24:${stops}:nb_colors=${colours.length}:speed=0.006:x0=0:y0=0:x1=853:y1=479`
}

/**
 * Takes the README's screenshots from the running app: `node tests/support/take-screenshots.ts`. Everything in them
 * is made on the spot.
 */
async function takeScreenshots(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-screenshots-'))
  const peekr = await startPeekr()
  const browser = await openBrowser()
  try {
    const visitor = await browser.newVisitor({ viewport: SIZE, colorScheme: 'light' })
    const page = await visitor.newPage()
    await becomeFirstAdmin(page, peekr.url, peekr.setupCode ?? '')
    for (const [title, seconds, source] of VIDEOS) {
      const path = join(folder, `${title}.mp4`)
      await runFfmpeg([...inputs(source, seconds), '-c:a', 'aac', path])
      await chooseFile(page, peekr.url, path)
    }
    const ids = await publishAll(visitor, peekr.url)
    await page.goto(peekr.url)
    await page.waitForLoadState('networkidle')
    await page.screenshot({ path: join(FOLDER, 'home.png') })

    await page.goto(`${peekr.url}/watch/${ids.get('Dusk over the bay')}`)
    await page.getByRole('button', { name: 'Play video' }).click()
    await playedPast(page, 4)
    await page.locator('video').hover()
    await page.getByRole('button', { name: /^Quality/ }).click()
    await page.getByRole('menuitemradio', { name: 'Auto' }).waitFor()
    await page.waitForTimeout(400)
    await page.screenshot({ path: join(FOLDER, 'watch.png') })
  } finally {
    await browser.close()
    await peekr.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function inputs(source: string, seconds: number): string[] {
  const sound = ['-f', 'lavfi', '-t', String(seconds), '-i', 'anullsrc']
  return [
    '-f',
    'lavfi',
    '-t',
    String(seconds),
    '-i',
    source,
    ...sound,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
  ]
}

/** Waits for every upload to be ready, and shows it to everybody; returns the ids by title. */
async function publishAll(visitor: BrowserContext, url: string): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  while (ids.size < VIDEOS.length) {
    const { items } = await callAs<{ items: { id: string; title: string }[] }>(
      visitor,
      url,
      '/api/videos?mine=1',
      { method: 'GET' },
    )
    for (const { id, title } of items) ids.set(title, id)
    await new Promise((done) => setTimeout(done, 500))
  }
  for (const id of ids.values()) {
    await waitForVideo(visitor, url, id, (video) => video.state === 'ready')
    await callAs(visitor, url, `/api/videos/${id}`, {
      method: 'PATCH',
      body: {
        visibility: 'public',
        tags: ['colours', 'evening'],
        description: 'Colours that FFmpeg made, to have something to show.',
      },
    })
  }
  return ids
}

await takeScreenshots()
