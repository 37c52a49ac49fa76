import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { findProcesses, findVerdict } from '../support/judge-source.ts'
import { makeClip, runFfmpeg } from '../support/make-clip.ts'

const VERDICT_MS = 60_000
let folder = ''
let secret = ''
let listener: Server
let address = ''
let hits = 0

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-hostile-'))
  // A readable video that no hostile file may reach.
  secret = await makeClip({ folder, name: 'secret.mp4' })
  listener = createServer((_request, response) => {
    hits += 1
    response.end()
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
})

after(async () => {
  await new Promise((resolve) => listener.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

/** A verdict in time, no request made, nothing running, and nothing written but in the output folder. */
async function assertVerdict(path: string, expected: string | RegExp): Promise<void> {
  const outputPath = join(folder, 'out')
  const before = await readdir(folder)
  const startedAt = performance.now()
  const verdict = await findVerdict(path, outputPath)
  const elapsedMs = performance.now() - startedAt
  await rm(outputPath, { recursive: true, force: true })
  assert.match(verdict, expected instanceof RegExp ? expected : new RegExp(`^${expected}$`))
  assert.ok(elapsedMs < VERDICT_MS, `${elapsedMs} ms`)
  assert.equal(hits, 0, 'a request was made')
  assert.deepEqual(await readdir(folder), before, 'something was left behind')
  assert.deepEqual(await findProcesses(folder), [], 'a process was left behind')
}

const TEXTS: Record<string, () => string> = {
  'an absolute HLS playlist': () =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${secret}\n#EXT-X-ENDLIST\n`,
  'a relative HLS playlist': () =>
    '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nsecret.mp4\n#EXT-X-ENDLIST\n',
  'an HTTP HLS playlist': () =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${address}/a.ts\n#EXT-X-ENDLIST\n`,
  'a multivariant playlist': () => `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${address}/v.m3u8\n`,
  'an ffconcat list': () => `ffconcat version 1.0\nfile ${secret}\n`,
  'an ffconcat list over HTTP': () => `ffconcat version 1.0\nfile ${address}/a.mp4\n`,
  'a DASH manifest': () =>
    `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"><Period><AdaptationSet><Representation id="1" bandwidth="1"><BaseURL>${address}/a.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>`,
  'an SDP description': () =>
    'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
  'an SVG picture': () =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="${address}/a.png"/></svg>`,
  'a WebVTT file': () => 'WEBVTT\n\n00:00.000 --> 00:02.000\nHello\n',
  'an SRT file': () => '1\n00:00:00,000 --> 00:00:02,000\nHello\n',
  'plain text': () => 'This is not a video.\n'.repeat(50),
}

for (const [what, text] of Object.entries(TEXTS)) {
  test(`${what} named .mp4 is not a video`, async () => {
    const path = join(folder, 'named.mp4')
    await writeFile(path, text())
    await assertVerdict(path, 'source_not_video')
  })
}

test('a playlist is refused under every name it might be opened by', async () => {
  for (const name of ['-y', '%03d', 'concat:a|b', 'x.m3u8', 'a b;$(id).mp4']) {
    const path = join(folder, name)
    await writeFile(path, `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${address}/a.ts\n#EXT-X-ENDLIST\n`)
    await assertVerdict(path, 'source_not_video')
  }
})

test('a good video is ready whatever its name', async () => {
  for (const name of ['-y.mp4', '%03d.mp4', 'concat:a|b.mp4']) {
    await assertVerdict(await makeClip({ folder, name, audio: null }), 'ready')
  }
})

test('an empty file says so', async () => {
  await writeFile(join(folder, 'empty.mp4'), '')
  await assertVerdict(join(folder, 'empty.mp4'), 'source_empty')
})

test('random bytes are not a video', async () => {
  const random = createRandom(7)
  await writeFile(
    join(folder, 'random.mp4'),
    Buffer.from(Array.from({ length: 200_000 }, () => random() * 256)),
  )
  await assertVerdict(join(folder, 'random.mp4'), /^source_(not_video|audio_only|corrupt|truncated)$/)
})

test('a recording that was cut off before its index was written is truncated', async () => {
  const path = await makeClip({ folder, name: 'no-moov.mp4' })
  await truncate(path, 20_000)
  await assertVerdict(path, 'source_truncated')
})

test('a truncated file with its index in front is truncated, though FFmpeg exits with 0', async () => {
  const path = await makeClip({
    folder,
    name: 'faststart.mp4',
    seconds: 6,
    extra: ['-movflags', '+faststart'],
  })
  const { length } = await readFile(path)
  for (const share of [0.97, 0.5]) {
    await truncate(path, Math.floor(length * share))
    await assertVerdict(path, 'source_truncated')
  }
})

test('truncated Matroska and AVI are truncated', async () => {
  for (const name of ['cut.mkv', 'cut.avi']) {
    const path = await makeClip({ folder, name, seconds: 6, video: 'mpeg4', audio: null })
    const { length } = await readFile(path)
    await truncate(path, Math.floor(length / 2))
    await assertVerdict(path, 'source_truncated')
  }
})

test('a picture of 16k × 16k is too complex', async () => {
  const path = join(folder, 'huge.mkv')
  const picture = ['-f', 'lavfi', '-i', 'color=size=16000x16000:rate=1:duration=1', '-frames:v', '1']
  await runFfmpeg([...picture, '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-y', path])
  await assertVerdict(path, 'source_too_complex')
})

test('sixty streams are too complex', async () => {
  const path = join(folder, 'streams.mkv')
  const maps = Array.from({ length: 60 }, () => ['-map', '0:v']).flat()
  const source = ['-f', 'lavfi', '-i', 'color=size=64x64:rate=5:duration=1']
  await runFfmpeg([...source, ...maps, '-c:v', 'mpeg4', '-threads', '1', '-y', path])
  await assertVerdict(path, 'source_too_complex')
})

test('sound alone, and sound with cover art, are audio only', async () => {
  await assertVerdict(await makeClip({ folder, name: 'sound.mp4', video: null }), 'source_audio_only')
  await assertVerdict(
    await makeClip({ folder, name: 'sound.mp3', video: null, audio: 'libmp3lame' }),
    'source_audio_only',
  )
  const path = join(folder, 'cover.mp3')
  const cover = ['-f', 'lavfi', '-i', 'color=size=64x64:duration=0.04', '-frames:v', '1', '-c:v', 'mjpeg']
  const art = ['-map', '0', '-map', '1', '-c:a', 'copy', '-disposition:v', 'attached_pic']
  await runFfmpeg([
    '-i',
    join(folder, 'sound.mp3'),
    ...cover.slice(0, 4),
    ...art,
    ...cover.slice(4),
    '-y',
    path,
  ])
  await assertVerdict(path, 'source_audio_only')
})

test('a decoder nobody needs is not run', async () => {
  const path = await makeClip({
    folder,
    name: 'magic.mkv',
    video: 'magicyuv',
    pixelFormat: 'gbrp',
    audio: null,
  })
  await assertVerdict(path, 'source_not_video')
})

test('an attachment named ../../x stays inside its file', async () => {
  const note = join(folder, 'note.txt')
  await writeFile(note, 'attached')
  const attach = [
    '-attach',
    note,
    '-metadata:s:t',
    'mimetype=text/plain',
    '-metadata:s:t',
    'filename=../../x',
  ]
  const path = await makeClip({ folder, name: 'attached.mkv', audio: null, extra: attach })
  await assertVerdict(path, 'ready')
})

test('tags of 100 kB with scripts change nothing', async () => {
  const title = `<script>alert(1)</script>${'x'.repeat(100_000)}`
  await assertVerdict(
    await makeClip({ folder, name: 'tags.mkv', extra: ['-metadata', `title=${title}`] }),
    'ready',
  )
})

test('a gap of ten minutes between two frames is answered in time', async () => {
  const gap = ['-vf', "setpts='if(gte(N,30),PTS+600/TB,PTS)'", '-fps_mode', 'passthrough']
  const path = await makeClip({ folder, name: 'gap.mkv', audio: null, extra: gap })
  await assertVerdict(path, /^(ready|source_\w+)$/)
})

test('a resolution that changes in the middle plays', async () => {
  const parts = [
    await makeClip({ folder, name: 'a.ts', width: 320, height: 240, audio: null }),
    await makeClip({ folder, name: 'b.ts', width: 640, height: 360, audio: null }),
  ]
  const path = join(folder, 'joined.ts')
  await writeFile(path, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))))
  await assertVerdict(path, 'ready')
})

test('flipped bits end in a verdict, whatever they hit', async () => {
  const good = await readFile(await makeClip({ folder, name: 'good.mp4', seconds: 3 }))
  const path = join(folder, 'flipped.mp4')
  for (let seed = 1; seed <= 12; seed += 1) {
    const random = createRandom(seed)
    const bytes = Buffer.from(good)
    for (let flip = 0; flip < 40; flip += 1) {
      const at = Math.floor(random() * bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    }
    await writeFile(path, bytes)
    await assertVerdict(path, /^(ready|source_\w+|encode_failed|output_invalid)$/)
  }
})

test('nothing reached outside: the folder around still holds only what was put there', async () => {
  await mkdir(join(folder, 'check'))
  const names = await readdir(join(folder, '..'))
  assert.ok(!names.includes('x'))
  assert.equal(hits, 0)
})

/** Mulberry32: the same figures for the same seed, on every machine. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}
