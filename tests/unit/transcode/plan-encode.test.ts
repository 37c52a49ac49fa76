import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { type EncodePlan, planEncode } from '#lib/transcode/plan-encode'
import { planLadder } from '#lib/transcode/plan-ladder'
import { buildVideoFilters } from '#lib/transcode/video-filters'

const video: SourceVideo = {
  streamIndex: 1,
  codec: 'h264',
  profile: 'High',
  level: 40,
  pixelFormat: 'yuv420p',
  bitDepth: 8,
  codedWidth: 640,
  codedHeight: 480,
  width: 640,
  height: 480,
  rotationDegrees: 0,
  frameRate: 30,
  frameCount: 300,
  startSeconds: 0,
  durationSeconds: 10,
  interlaced: false,
  colorTransfer: null,
  colorPrimaries: null,
  colorSpace: null,
}
const audio = {
  streamIndex: 0,
  codec: 'aac',
  channels: 2,
  sampleRate: 48000,
  startSeconds: 0,
  durationSeconds: 10,
}
const probe = {
  container: 'mov',
  durationSeconds: 10,
  startSeconds: 0,
  streamCount: 2,
  video,
  audio,
  hasCoverArt: false,
}
const plan: EncodePlan = {
  inputPath: '/input/source',
  outputPath: '/output',
  probe,
  rungs: planLadder(video),
  segmentFormat: 'fmp4',
  encoder: 'libx264',
  toneMap: false,
}

/** The value after an option, in each place it stands. */
function valuesOf(args: string[], option: string): string[] {
  return args.flatMap((arg, index) => (arg === option ? [args[index + 1] ?? ''] : []))
}

test('one decode feeds all sizes, each scaled from the one above', () => {
  assert.equal(
    buildVideoFilters(plan),
    '[0:1]scale=640:480:flags=bicubic,format=yuv420p,setsar=1,split=2[480p][below1];' +
      '[below1]scale=480:360:flags=bicubic,setsar=1,split=2[360p][below2];' +
      '[below2]scale=320:240:flags=bicubic,setsar=1[240p]',
  )
  assert.equal(valuesOf(planEncode(plan), '-i').length, 1)
})

test('the guard stands in front of the input', () => {
  const args = planEncode(plan)
  const input = args.indexOf('-i')
  for (const option of ['-protocol_whitelist', '-format_whitelist', '-codec_whitelist', '-max_pixels']) {
    assert.ok(args.indexOf(option) >= 0 && args.indexOf(option) < input, option)
  }
  assert.deepEqual(valuesOf(args, '-protocol_whitelist'), ['file'])
  assert.doesNotMatch(valuesOf(args, '-format_whitelist').join(), /hls|concat|dash|sdp|image2|webvtt|srt|svg/)
})

test('every rung cuts at the same times and shares one timeline with the sound', () => {
  const args = planEncode(plan)
  assert.deepEqual(valuesOf(args, '-force_key_frames'), Array(3).fill('expr:gte(t,n_forced*4)'))
  assert.deepEqual(valuesOf(args, '-output_ts_offset'), Array(4).fill('10'))
  assert.deepEqual(valuesOf(args, '-hls_time'), Array(4).fill('4'))
  assert.deepEqual(valuesOf(args, '-map').slice(-1), ['0:0'])
})

test('without sound nothing of the sound is asked for', () => {
  const args = planEncode({ ...plan, probe: { ...probe, audio: null } })
  assert.ok(!args.join(' ').includes('audio'))
})

test('transport streams name no init segment', () => {
  const args = planEncode({ ...plan, segmentFormat: 'ts' })
  assert.ok(!args.includes('-hls_fmp4_init_filename'))
  assert.ok(args.includes('/output/240p/segment-%05d.ts'))
})

test('NVENC replaces libx264 and nothing else', () => {
  const args = planEncode({ ...plan, encoder: 'h264_nvenc' })
  assert.deepEqual(valuesOf(args, '-c:v'), Array(3).fill('h264_nvenc'))
  assert.ok(!args.includes('libx264'))
  assert.deepEqual(valuesOf(args, '-maxrate'), valuesOf(planEncode(plan), '-maxrate'))
})

test('a late picture, interlacing, slow motion and HDR each add their filter once', () => {
  const special = {
    ...video,
    startSeconds: 1.5,
    interlaced: true,
    frameRate: 120,
    colorTransfer: 'smpte2084',
  }
  const graph = buildVideoFilters({
    ...plan,
    probe: { ...probe, video: special } as typeof plan.probe,
    toneMap: true,
  })
  for (const filter of ["setpts='if(lt(T,1.504167),0,PTS)'", 'bwdif=', 'fps=60', 'tonemap=hable']) {
    assert.equal(graph.split(filter).length, 2, filter)
  }
})

test('no text a source contains reaches the arguments', () => {
  const clean = planEncode(plan)
  fc.assert(
    fc.property(fc.string(), (text) => {
      const hostile = {
        ...video,
        codec: text,
        profile: text,
        pixelFormat: text,
        colorPrimaries: text,
        colorSpace: text,
      }
      const claims = {
        ...probe,
        container: text,
        video: hostile,
        audio: { ...audio, codec: text },
      } as SourceProbe
      assert.deepEqual(planEncode({ ...plan, probe: claims as EncodePlan['probe'] }), clean)
    }),
    { numRuns: 5000 },
  )
})
