import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { Page } from 'playwright'
import type { VideoView } from '#lib/domain/video-view'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { findFreePort } from '../support/find-free-port.ts'
import { makeClip } from '../support/make-clip.ts'
import { makeTracksClip } from '../support/make-tracks-clip.ts'
import { nginxSkip } from '../support/nginx-program.ts'
import { openPeekrClient, type PeekrClient } from '../support/peekr-client.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'
import { type ShippedNginx, startShippedNginx } from '../support/shipped-nginx.ts'

const run = promisify(execFile)
const SECONDS = 9
const PLAY_MS = 60_000
const HLS_JS = resolve(import.meta.dirname, '../../node_modules/hls.js/dist/hls.min.js')
const VLC = '/usr/bin/vlc'
const KINDS = ['public', 'private'] as const

let folder = ''
let peekr: RunningPeekr
let client: PeekrClient
let nginx: ShippedNginx | null = null
let browser: TestBrowser
const videos = {} as Record<(typeof KINDS)[number], VideoView>

/** The address of a video past the CDN, and through it: a public one's as it is, a private one's with its token. */
function addressOf(kind: (typeof KINDS)[number], { cdn = false } = {}): string {
  const { hls } = videos[kind].playback ?? {}
  assert.ok(hls)
  assert.equal(hls.includes('/stream/t/'), kind === 'private')
  return cdn || nginx === null
    ? new URL(hls, peekr.url).href
    : hls.replace(nginx.url.replace('127.0.0.1', 'localhost'), peekr.url)
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-players-'))
  const [cdnPort, dataPath] = [await findFreePort(), join(folder, 'data')]
  // Another name of this machine is another site to a browser.
  const env: Record<string, string> = nginxSkip ? {} : { PEEKR_CDN_URL: `http://localhost:${cdnPort}` }
  peekr = await startPeekr({ dataPath, env })
  client = await openPeekrClient(peekr)
  const clip = await makeClip({ folder, seconds: SECONDS })
  for (const visibility of KINDS) {
    const videoId = await client.upload(clip, { metadata: { visibility } })
    videos[visibility] = await client.waitForEnd(videoId)
  }
  const place = { folder: join(folder, 'cdn'), peekrPort: peekr.port, dataPath, port: cdnPort }
  if (!nginxSkip) nginx = await startShippedNginx(place)
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  await nginx?.stop()
  await peekr?.stop()
  await rm(folder, { recursive: true, force: true })
})

for (const kind of KINDS) {
  describe(`a ${kind} video, by its URL alone, plays to the end`, () => {
    test('in FFmpeg', async () => {
      const args = ['-nostdin', '-v', 'error', '-progress', '-', '-i', addressOf(kind), '-f', 'null', '-']
      const { stdout, stderr } = await run('/usr/bin/ffmpeg', args, { timeout: PLAY_MS })
      assert.equal(stderr, '')
      const endedAt = Number([...stdout.matchAll(/out_time_us=(\d+)/g)].at(-1)?.[1]) / 1e6
      assert.ok(Math.abs(endedAt - SECONDS) < 0.3, `ended at ${endedAt}`)
    })

    const mpv = '/usr/bin/mpv'
    test('in mpv', { skip: existsSync(mpv) ? false : 'mpv is not installed' }, async () => {
      const sound = join(folder, `${kind}.wav`)
      const args = ['--no-config', '--no-video', '--ao=pcm', `--ao-pcm-file=${sound}`, addressOf(kind)]
      const { stdout } = await run(mpv, args, { timeout: PLAY_MS })
      assert.match(stdout, /Exiting\.\.\. \(End of file\)/)
      const wav = await readFile(sound)
      // RIFF: bytes a second are at 28; 68 bytes of headers in the extensible form.
      const endedAt = (wav.length - 68) / wav.readUInt32LE(28)
      assert.ok(Math.abs(endedAt - SECONDS) < 0.3, `ended at ${endedAt}`)
    })

    test('in VLC', { skip: existsSync(VLC) ? false : 'vlc is not installed' }, async () => {
      const sound = await playInVlc(addressOf(kind))
      // RIFF: the data is behind its own head of 8 bytes; it goes to a pipe, so no length is in it.
      const data = sound.indexOf('data') + 8
      const endedAt = (sound.length - data) / sound.readUInt32LE(28)
      assert.ok(Math.abs(endedAt - SECONDS) < 0.3, `ended at ${endedAt}`)
    })

    test('in hls.js', async () => {
      await playInPage(async (page) => {
        await page.addScriptTag({ path: HLS_JS })
        return page.evaluate(playWithHlsJs, addressOf(kind))
      })
    })

    test('in hls.js on a page of another site, through the CDN', { skip: nginxSkip }, async () => {
      await playInPage(async (page) => {
        await page.addScriptTag({ path: HLS_JS })
        return page.evaluate(playWithHlsJs, addressOf(kind, { cdn: true }))
      })
    })

    test('in Chromium itself', async (t) => {
      await playInPage(async (page) => {
        const able = await page.evaluate(() =>
          document.createElement('video').canPlayType('application/vnd.apple.mpegurl'),
        )
        if (able === '') {
          t.skip('this Chromium does not play HLS by itself')
          return SECONDS
        }
        return page.evaluate(playNatively, addressOf(kind))
      })
    })
  })
}

test('the watch page plays from the CDN under its own security policy, poster included', {
  skip: nginxSkip,
}, async () => {
  const page = await (await browser.newVisitor()).newPage()
  const hosts = new Set<string>()
  page.on('request', (request) => {
    if (request.url().includes('/stream/')) hosts.add(new URL(request.url()).host)
  })
  const answer = await page.goto(`${peekr.url}/watch/${videos.public.id}`)
  const cdn = new URL(videos.public.playback?.hls ?? '').origin
  assert.match(answer?.headers()['content-security-policy'] ?? '', new RegExp(`connect-src 'self' ${cdn}`))
  await page.waitForFunction(() => [...document.images].some((image) => image.naturalWidth > 0))
  await page.getByRole('button', { name: 'Play video' }).click()
  await page.locator('video').evaluate((video: HTMLVideoElement) => {
    video.playbackRate = 4
    return new Promise((resolve) => video.addEventListener('ended', resolve, { once: true }))
  })
  assert.deepEqual([...hosts], [new URL(cdn).host])
})

test('the watch page offers both languages and both subtitles, and shows the cues of the chosen one', async () => {
  const path = await makeTracksClip({ folder, name: 'tracks.mkv', seconds: SECONDS })
  const { id } = await client.waitForEnd(await client.upload(path, { metadata: { visibility: 'public' } }))
  const visitor = await browser.newVisitor()
  const page = await visitor.newPage()
  await page.goto(`${peekr.url}/watch/${id}`)
  await page.getByRole('button', { name: 'Sound: English' }).click()
  await page.getByRole('menuitemradio', { name: 'German (Dub II)' }).click()
  await page.getByRole('button', { name: 'Sound: German (Dub II)' }).waitFor()
  await page.getByRole('button', { name: 'Subtitles: Off' }).click()
  for (const name of ['Off', 'English']) await page.getByRole('menuitemradio', { name }).waitFor()
  await page.getByRole('menuitemradio', { name: 'German', exact: true }).click()
  await page.getByRole('button', { name: 'Play video' }).click()
  await page.getByText('Guten Morgen').waitFor()
  await page.getByText('Gute Nacht').waitFor()
  const heard = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
  assert.ok(
    heard.some((name) => name.includes('/audio-1/segment-')),
    heard.join('\n'),
  )
  await visitor.close()
})

/** What is heard, as WAV. VLC does not run as root, so that it runs as nobody where the tests do. */
async function playInVlc(url: string): Promise<Buffer> {
  const asNobody = ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const sound = '#transcode{acodec=s16l,channels=2,samplerate=48000}:std{access=file,mux=wav,dst=-}'
  const args = [
    '-I',
    'dummy',
    '--quiet',
    '--no-video',
    '--no-sout-video',
    '--play-and-exit',
    '--sout',
    sound,
    url,
  ]
  const [program = '', ...rest] = [...(process.geteuid?.() === 0 ? asNobody : []), VLC, ...args]
  const options = { timeout: PLAY_MS, maxBuffer: 64 * 1024 * 1024, encoding: 'buffer' as const }
  const { stdout } = await run(program, rest, { ...options, env: { ...process.env, HOME: '/nonexistent' } })
  return stdout
}

/** Runs `play` on a page of Peekr's origin whose policy is off, and checks that it ended where the video does. */
async function playInPage(play: (page: Page) => Promise<number>): Promise<void> {
  const visitor = await browser.newVisitor({ bypassCSP: true })
  try {
    const page = await visitor.newPage()
    await page.goto(`${peekr.url}/login`)
    const endedAt = await play(page)
    assert.ok(Math.abs(endedAt - SECONDS) < 0.3, `ended at ${endedAt}`)
  } finally {
    await visitor.close()
  }
}

/** In the page: where it ended, in seconds. Throws what hls.js cannot get over. */
function playWithHlsJs(url: string): Promise<number> {
  interface Player {
    loadSource(url: string): void
    attachMedia(video: HTMLVideoElement): void
    on(event: string, listener: (event: string, data: { fatal: boolean; details: string }) => void): void
  }
  const { Hls } = window as unknown as { Hls: new () => Player }
  const video = document.createElement('video')
  video.muted = true
  document.body.append(video)
  return new Promise((resolve, reject) => {
    const player = new Hls()
    player.on('hlsError', (_, { fatal, details }) => fatal && reject(new Error(details)))
    player.loadSource(url)
    player.attachMedia(video)
    video.addEventListener('ended', () => resolve(video.currentTime))
    video.playbackRate = 4
    void video.play()
  })
}

function playNatively(url: string): Promise<number> {
  const video = document.createElement('video')
  video.muted = true
  document.body.append(video)
  return new Promise((resolve, reject) => {
    video.addEventListener('ended', () => resolve(video.currentTime))
    video.addEventListener('error', () => reject(new Error(video.error?.message ?? 'it failed')))
    video.src = url
    video.playbackRate = 4
    void video.play()
  })
}
