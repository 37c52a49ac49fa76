import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { UnitResult } from '#lib/domain/encode-plan'
import { CARD_CODECS, type EncoderChoice, type EncoderReport } from '#lib/domain/encoding'
import { detectEncoders } from '#lib/media/detect-encoders'
import type { MediaTools } from '#lib/media/media-tools'
import { buildCardScale, buildNvenc, CARD_DECODE, CARD_DOWNLOAD } from '#lib/media/nvenc-arguments'
import { probeSource } from '#lib/media/probe-source'
import { chooseEncoder } from '#lib/transcode/choose-encoder'
import { planEncoding } from '#lib/transcode/plan-encoding'
import { runUnit } from '#lib/transcode/run-unit'
import { TOOLS } from '../../support/judge-source.ts'
import { makeClip } from '../../support/make-clip.ts'
import { type NvencTrouble, writeFakeFfmpeg } from '../../support/write-fake-ffmpeg.ts'

let folder = ''
let clip = ''
let count = 0

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-nvenc-'))
  const extra = ['-colorspace', 'bt709']
  clip = await makeClip({ folder, seconds: 3, width: 640, height: 480, audio: null, extra })
})
after(() => rm(folder, { recursive: true, force: true }))

const ask = (...args: string[]) =>
  execFileSync('/usr/bin/ffmpeg', ['-hide_banner', ...args], { encoding: 'utf8', maxBuffer: 16 << 20 })

async function pretend(trouble: NvencTrouble, options: { onlyUnits?: boolean } = {}): Promise<MediaTools> {
  return { ...TOOLS, ffmpegPath: await writeFakeFfmpeg(folder, trouble, options) }
}

/** The first unit of the clip, planned by what the start-up test said. */
async function encodeFirst(
  tools: MediaTools,
  report: EncoderReport,
): Promise<UnitResult & { choice: EncoderChoice }> {
  count += 1
  const outputPath = join(folder, `unit-${count}`)
  await mkdir(outputPath)
  const probe = await probeSource(clip, TOOLS)
  const choice = chooseEncoder(report, { encoder: 'auto', jobsMax: 1, cores: 2 }, probe.video)
  const plan = planEncoding({ probe, segmentFormat: 'fmp4', encoder: choice })
  const [unit] = plan.units
  assert.ok(unit)
  const made = await runUnit({ sourcePath: clip, outputPath, probe, plan, unit, group: 'all', tools })
  return { ...made, choice }
}

test('every option passed to NVENC is one of this FFmpeg’s own, with a value it takes', () => {
  const help = ask('-h', 'encoder=h264_nvenc')
  const general = ask('-h', 'full').split('\n')
  const args = buildNvenc(26)
  for (let at = 0; at < args.length; at += 2) {
    const [option = '', value = ''] = [args[at], args[at + 1]]
    if (option === '-c:v') continue
    const name = option.replace(/:v$/, '')
    const own = new RegExp(`^  ${name} +<(\\w+)>.*$`, 'm').exec(help)
    const shared = general.find((line) => new RegExp(`^  ?${name} +<`).test(line))
    assert.ok(own || shared, `${option} is an option of the encoder or of all encoders`)
    // Named values are listed below their option, up to the next one.
    const block = own ? help.slice(own.index).split(/\n {2}-/)[0] : ''
    if (block && !/^[\d.]+$/.test(value))
      assert.match(block, new RegExp(`^     ${value} +`, 'm'), `${option} ${value}`)
  }
})

test('the filters and ways of decoding asked of the card are in this FFmpeg', () => {
  const scale = ask('-h', 'filter=scale_cuda')
  for (const part of buildCardScale({ width: 2, height: 2 }).replace('scale_cuda=', '').split(':'))
    assert.match(scale, new RegExp(`^ +${part.split('=')[0]} +<`, 'm'), part)
  assert.match(scale, /^ +bicubic +/m)
  assert.match(ask('-filters'), new RegExp(` ${CARD_DOWNLOAD[0]} `))
  assert.match(ask('-hwaccels'), /^cuda$/m)
  assert.match(ask('-pix_fmts'), / nv12 /)
  const options = ask('-h', 'full')
  for (const option of CARD_DECODE.filter((part) => part.startsWith('-')))
    assert.match(options, new RegExp(`^ *${option} `, 'm'), option)
})

// Each waits for many short encodes, mostly for their start.
describe('a machine with a card', { concurrency: 3 }, () => {
  for (const [trouble, sentence] of [
    ['no-library', /no NVIDIA encoder/],
    ['no-device', /no NVIDIA encoder/],
    ['data-centre', /no NVIDIA encoder/],
    ['old-driver', /driver is older.*Update the driver/],
  ] as const) {
    test(`the start-up test says in plain words what is wrong: ${trouble}`, async () => {
      const tools = await pretend(trouble)
      const report = await detectEncoders(tools)
      assert.equal(report.h264_nvenc.works, false)
      assert.match(report.h264_nvenc.sentence, sentence)
      assert.ok(report.libx264.works && report.toneMap.works)
      assert.equal(report.sessions, null)
      for (const codec of CARD_CODECS) assert.equal(report.card[codec].works, false)
      const { choice, encoder } = await encodeFirst(tools, report)
      assert.deepEqual([choice.name, encoder], ['libx264', 'Encoded with libx264, on the CPU.'])
    })
  }

  test('a card that works decodes, scales and encodes, and says so', async () => {
    const tools = await pretend('none')
    const report = await detectEncoders(tools)
    assert.deepEqual([report.h264_nvenc.works, report.sessions], [true, 12])
    assert.ok(
      CARD_CODECS.every((codec) => report.card[codec].works),
      JSON.stringify(report.card),
    )
    const made = await encodeFirst(tools, report)
    assert.equal(made.encoder, 'Decoded, scaled and encoded on the graphics card.')
    assert.ok(made.frameCount > 0)
  })

  test('a card that runs two encodes at a time gets the two largest sizes, and libx264 the others', async () => {
    const tools = await pretend('sessions')
    const report = await detectEncoders(tools)
    assert.equal(report.sessions, 2)
    const made = await encodeFirst(tools, report)
    assert.deepEqual([made.choice.sessions, made.choice.card], [2, true])
    assert.equal(made.encoder, 'Decoded, scaled and encoded on the graphics card.')
  })

  test('a card that encodes and does not decode gets frames from the CPU', async () => {
    const tools = await pretend('decoder')
    const report = await detectEncoders(tools)
    assert.ok(report.h264_nvenc.works && !report.card.h264.works)
    assert.match(report.card.h264.sentence, /does not decode or scale this/)
    assert.equal((await encodeFirst(tools, report)).encoder, 'Encoded on the graphics card with NVENC.')
  })

  test('each way is tried in its turn when the card fails later on, and the next part starts with the card again', async () => {
    const report = await detectEncoders(await pretend('none'))
    const noDecoder = await encodeFirst(await pretend('decoder', { onlyUnits: true }), report)
    assert.match(noDecoder.encoder, /Decoding on the graphics card failed: .* decoded on the CPU\.$/)
    for (const trouble of ['sessions', 'no-device', 'old-driver'] as const) {
      const broken = await pretend(trouble, { onlyUnits: true })
      const made = await encodeFirst(broken, report)
      assert.match(
        made.encoder,
        /^Decoded, .* The graphics card refused: .* encoded with libx264\.$/,
        trouble,
      )
      assert.ok(made.frameCount > 0)
    }
    const again = await encodeFirst(await pretend('none'), report)
    assert.equal(again.encoder, 'Decoded, scaled and encoded on the graphics card.')
  })
})
