import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { probeSource } from '#lib/media/probe-source'
import { runSound } from '#lib/transcode/run-sound'
import { TOOLS } from '../../support/judge-source.ts'
import { runFfmpeg } from '../../support/make-clip.ts'

const RATE = 48_000
/** One tone a channel, by FFmpeg's order: front left and right, centre, low frequencies, left and right behind. */
const TONES = { left: 300, right: 500, centre: 700, low: 60, 'behind left': 900, 'behind right': 1100 }
/** By channel: the sides it must be heard on. */
const SIDES: Record<keyof typeof TONES, readonly ('left' | 'right')[]> = {
  left: ['left'],
  right: ['right'],
  centre: ['left', 'right'],
  low: ['left', 'right'],
  'behind left': ['left'],
  'behind right': ['right'],
}

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-downmix-'))
})
after(() => rm(folder, { recursive: true, force: true }))

for (const layout of ['5.1', '5.1(side)']) {
  test(`${layout}, all six at full volume: each is heard on its side of the stereo, and nothing clips`, async () => {
    const sourcePath = join(folder, `${layout}.mka`)
    const tones = Object.values(TONES).map((hertz) => `sin(2*PI*${hertz}*t)`)
    const source = `aevalsrc=${tones.join('|')}:c=${layout}:s=${RATE}:d=2`
    // Float all the way, as AAC and AC-3 decode: that is where a sum can pass full scale unseen.
    await runFfmpeg(['-f', 'lavfi', '-i', source, '-c:a', 'pcm_f32le', '-y', sourcePath])
    const outputPath = join(folder, `out-${layout}`)
    await mkdir(outputPath)
    const probe = await probeSource(sourcePath, TOOLS)
    await runSound({ sourcePath, outputPath, probe, segmentFormat: 'fmp4', tools: TOOLS })
    const sound = await decode(join(outputPath, 'audio', 'media.m3u8'))
    for (const [name, hertz] of Object.entries(TONES) as [keyof typeof TONES, number][]) {
      for (const side of ['left', 'right'] as const) {
        const level = measureTone(sound[side], hertz)
        if (SIDES[name].includes(side)) assert.ok(level > 0.05, `${name} is at ${level} ${side}`)
        else assert.ok(level < 0.01, `${name} is at ${level} ${side}`)
      }
    }
    const peak = Math.max(findPeak(sound.left), findPeak(sound.right))
    // The encoder rounds: a little over full scale is its own.
    assert.ok(peak > 0.5 && peak < 1.05, `the loudest sample is ${peak}`)
  })
}

/** The middle second of a stereo sound, by side. */
async function decode(path: string): Promise<Record<'left' | 'right', Float32Array>> {
  const args = ['-v', 'error', '-i', path, '-ss', '0.5', '-t', '1', '-f', 'f32le', '-']
  const { stdout } = await promisify(execFile)('/usr/bin/ffmpeg', args, {
    encoding: 'buffer',
    maxBuffer: 8 << 20,
  })
  const count = Math.floor(stdout.length / 8)
  const side = (offset: number) =>
    Float32Array.from({ length: count }, (_, at) => stdout.readFloatLE(at * 8 + offset))
  return { left: side(0), right: side(4) }
}

/** The amplitude of one tone (Goertzel's algorithm, as a plain correlation). */
function measureTone(samples: Float32Array, hertz: number): number {
  let [sine, cosine] = [0, 0]
  for (const [at, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hertz * at) / RATE
    sine += sample * Math.sin(angle)
    cosine += sample * Math.cos(angle)
  }
  return (2 * Math.hypot(sine, cosine)) / samples.length
}

function findPeak(samples: Float32Array): number {
  return samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)
}
