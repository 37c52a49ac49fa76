import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { writePictures } from '#lib/media/pictures/write-pictures'
import { probeSource } from '#lib/media/probe-source'
import { planEncoding } from '#lib/transcode/plan-encoding'
import { runUnit } from '#lib/transcode/run-unit'
import { PATCHES, type PatchKind, readPatches, writePatchClip } from '../../support/color-patches.ts'
import { TOOLS } from '../../support/judge-source.ts'

const run = promisify(execFile)
/** What mobius leaves of a white sheet of 203 cd/m². */
const HDR_WHITE = 0.68

let folder = ''
let count = 0

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-colors-'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** Encodes a clip as the pipeline does, and returns the light of its patches and the tags of the stream. */
async function encode(path: string) {
  count += 1
  const outputPath = join(folder, `out-${count}`)
  await mkdir(outputPath)
  const probe = await probeSource(path, TOOLS)
  const encoder = { name: 'libx264', sentence: 'Encoded with libx264.' } as const
  const plan = planEncoding({ probe, segmentFormat: 'fmp4', encoder })
  const [unit] = plan.units
  assert.ok(unit)
  await runUnit({ sourcePath: path, outputPath, probe, plan, unit, group: 'all', tools: TOOLS })
  const playlist = join(outputPath, plan.rungs[0]?.name ?? '', 'media.m3u8')
  const raw = ['-v', 'error', '-i', playlist, '-frames:v', '1', '-f', 'rawvideo', '-']
  const { stdout: frame } = await run('/usr/bin/ffmpeg', raw, { encoding: 'buffer', maxBuffer: 64 << 20 })
  const entries = 'stream=pix_fmt,color_range,color_space,color_transfer,color_primaries'
  const ask = ['-v', 'error', '-select_streams', 'v', '-show_entries', entries, '-of', 'json', playlist]
  const [stream] = JSON.parse((await run('/usr/bin/ffprobe', ask)).stdout).streams
  return { light: readPatches(frame), stream, probe }
}

function assertLight(light: ReturnType<typeof readPatches>, white: number): void {
  for (const [name, wanted] of Object.entries(PATCHES)) {
    for (const [channel, value] of (light[name] ?? []).entries()) {
      const expected = name === 'white' ? white : (wanted[channel] ?? 0)
      // 8 bits, 4:2:0 and lossy: two per cent of white, and a tenth of the light itself.
      const said = `${name}: ${light[name]?.map((part) => part.toFixed(3))} instead of ${wanted}`
      assert.ok(Math.abs(value - expected) <= 0.01 + 0.06 * expected, said)
    }
  }
}

const CLIPS: [PatchKind, Parameters<typeof writePatchClip>[2], number][] = [
  ['pq', {}, HDR_WHITE],
  ['hlg', {}, HDR_WHITE],
  ['pq', { pixelFormat: 'yuv422p10le' }, HDR_WHITE],
  ['pq', { pixelFormat: 'yuv444p10le' }, HDR_WHITE],
  ['sdr709', {}, 1],
  ['sdr709', { pixelFormat: 'yuv422p10le' }, 1],
  ['sdr601', {}, 1],
  ['sdr2020', {}, 1],
  ['full709', {}, 1],
]

for (const [kind, options, white] of CLIPS) {
  test(`${kind} ${options?.pixelFormat ?? ''} becomes BT.709 with the same colours, 8 bit 4:2:0, and says so`, async () => {
    const { light, stream } = await encode(await writePatchClip(folder, kind, options))
    assertLight(light, white)
    assert.deepEqual(stream, {
      pix_fmt: 'yuv420p',
      color_range: 'tv',
      color_space: 'bt709',
      color_transfer: 'bt709',
      color_primaries: 'bt709',
    })
  })
}

test('RGB becomes BT.709 with the same colours', async () => {
  const codec = [
    '-vf',
    'loop=11:1,scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_inp',
    '-c:v',
    'ffv1',
  ]
  const path = await writePatchClip(folder, 'sdr709', { codec: [...codec, '-pix_fmt', 'gbrp'] })
  const { light, probe } = await encode(path)
  assert.match(probe.video?.pixelFormat ?? '', /gbr|bgr/)
  assertLight(light, 1)
})

test('the poster of an HDR video has its colours too', async () => {
  const path = await writePatchClip(folder, 'pq')
  const outputPath = join(folder, 'pictures')
  await mkdir(outputPath)
  const probe = await probeSource(path, TOOLS)
  assert.ok((await writePictures({ sourcePath: path, outputPath, probe, tools: TOOLS })).poster)
  const matrix =
    'scale=in_color_matrix=bt601:in_range=pc:out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int'
  const args = [
    '-v',
    'error',
    '-i',
    join(outputPath, 'poster.jpg'),
    '-vf',
    `${matrix},format=yuv420p`,
    '-f',
    'rawvideo',
    '-',
  ]
  const { stdout: frame } = await run('/usr/bin/ffmpeg', args, { encoding: 'buffer' })
  assertLight(readPatches(frame), HDR_WHITE)
})
