import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { type EncodePlan, planEncode, planSound } from '#lib/transcode/plan-encode'
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
  card: false,
  sessions: 8,
  exactColors: true,
  unit: { index: 1, startSeconds: 2, endSeconds: 10, firstSegment: 1 },
  boundaries: [0, 2, 6, 10],
  seek: true,
  seamSeconds: 1,
}
const filters = { ...plan, window: { startSeconds: 2, endSeconds: 10, seamSeconds: 1 }, hasTail: true }

/** The value after an option, in each place it stands. */
function valuesOf(args: string[], option: string): string[] {
  return args.flatMap((arg, index) => (arg === option ? [args[index + 1] ?? ''] : []))
}

test('one decode feeds all sizes, each scaled from the one above', () => {
  assert.equal(
    buildVideoFilters({ ...filters, hasTail: false }),
    '[0:1]split=2[main][seamhead0];' +
      "[seamhead0]trim=end=2.000000,select='eq(n,0)+gte(t,1.000000)',scale=32:32:flags=area,format=gray[seamhead];" +
      '[main]trim=start=2.000000:end=10.000000,scale=640:480:flags=bicubic,' +
      'zscale=min=170m:pin=bt709:tin=bt709:rin=limited:m=bt709:p=bt709:t=bt709:r=limited,format=yuv420p,' +
      'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709,setsar=1,split=2[480p][below1];' +
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
  assert.deepEqual(valuesOf(args, '-force_key_frames'), Array(3).fill('6.000000'))
  assert.deepEqual(valuesOf(args, '-output_ts_offset'), Array(3).fill('10'))
  assert.deepEqual(valuesOf(args, '-start_number'), Array(3).fill('1'))
  const sound = planSound({ ...plan, container: 'mov,mp4', streamIndex: 0 })
  assert.deepEqual(valuesOf(sound, '-output_ts_offset'), ['10'])
  assert.deepEqual(valuesOf(sound, '-map'), ['0:0'])
})

test('each encoder has the threads the plan says; a plan from before it did is encoded as then, or healing would differ', () => {
  assert.deepEqual(valuesOf(planEncode({ ...plan, threads: 3 }), '-threads:v'), ['3', '3', '3'])
  assert.deepEqual(
    valuesOf(planEncode({ ...plan, threads: 9 }), '-threads:v'),
    ['4', '4', '4'],
    'small pictures',
  )
  const large = { ...plan, rungs: [{ name: '720p', width: 1280, height: 720, maxBitrateBps: 1 }] }
  assert.deepEqual(valuesOf(planEncode({ ...large, threads: 9 }), '-threads:v'), ['9'])
  assert.deepEqual(valuesOf(planEncode(large), '-threads:v'), ['16'])
})

test('a unit is sought from before what proves its border, and source times are kept', () => {
  const late = { ...plan, unit: { index: 3, startSeconds: 50, endSeconds: null, firstSegment: 13 } }
  const args = planEncode(late)
  assert.deepEqual(valuesOf(args, '-ss'), ['48.500000'])
  assert.ok(args.indexOf('-noaccurate_seek') < args.indexOf('-i') && args.includes('-copyts'))
  assert.deepEqual(valuesOf(planEncode({ ...late, seek: false }), '-ss'), [])
  assert.deepEqual(valuesOf(planEncode(plan), '-ss'), [], 'the beginning is read from the beginning')
})

test('both sides of a border cut at the same number, and each writes down what it saw before it', () => {
  const left = buildVideoFilters(filters)
  const right = buildVideoFilters({
    ...filters,
    window: { startSeconds: 10, endSeconds: 34, seamSeconds: 1 },
  })
  assert.match(left, /\[main\]trim=start=2\.000000:end=10\.000000,/)
  assert.match(right, /\[main\]trim=start=10\.000000:end=34\.000000,/)
  const seam =
    /trim=end=10\.000000,select='eq\(n,0\)\+gte\(t,9\.000000\)',scale=32:32:flags=area,format=gray\[seam(?:head|tail)\]/
  assert.match(left, seam)
  assert.match(right, seam)
})

test('a long rest is cut by a formula, which makes no burst of key frames after a gap', () => {
  const boundaries = Array.from({ length: 100 }, (_, at) => at * 4)
  const whole = { index: 1, startSeconds: 4, endSeconds: null, firstSegment: 1 }
  const [formula] = valuesOf(planEncode({ ...plan, boundaries, unit: whole }), '-force_key_frames')
  assert.match(formula ?? '', /^expr:isnan\(prev_forced_t\)\+gt\(floor/)
})

test('transport streams name no init segment', () => {
  const args = planEncode({ ...plan, segmentFormat: 'ts' })
  assert.ok(!args.includes('-hls_fmp4_init_filename'))
  assert.ok(args.includes('/output/240p/segment-%05d.ts'))
})

test('NVENC replaces libx264 and nothing else', () => {
  const args = planEncode({ ...plan, encoder: 'h264_nvenc' })
  assert.deepEqual(valuesOf(args, '-c:v'), [...Array(3).fill('h264_nvenc'), ...Array(2).fill('rawvideo')])
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
    ...filters,
    probe: { ...probe, video: special } as typeof plan.probe,
    exactColors: true,
  })
  for (const filter of ["setpts='if(lt(T,1.504167),0,PTS)'", 'bwdif=', 'fps=60', 'tonemap=mobius']) {
    assert.equal(graph.split(filter).length, 2, filter)
  }
})

/** What Peekr knows is answered with filters of its own: a pixel format with `bgr` in it, say, which chance finds. */
const KNOWN = /rgb|bgr|gbr|pal8|^yuvj|^fcc$|^ycgco$/
const unknownText = fc.string().filter((text) => !KNOWN.test(text))

test('no text a source contains reaches the arguments', () => {
  const clean = planEncode(plan)
  fc.assert(
    fc.property(unknownText, (text) => {
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

test('on the card frames stay there: only a border’s proof and the sizes beyond its sessions come down', () => {
  const onCard = { ...filters, card: true, sessions: 2, encoder: 'h264_nvenc' as const }
  assert.equal(
    buildVideoFilters({ ...onCard, hasTail: false }),
    '[0:1]split=2[main][seamhead0];' +
      "[seamhead0]trim=end=2.000000,select='eq(n,0)+gte(t,1.000000)',hwdownload,format=nv12,scale=32:32:flags=area,format=gray[seamhead];" +
      '[main]trim=start=2.000000:end=10.000000,scale_cuda=w=640:h=480:interp_algo=bicubic,setsar=1,split=2[480p][below1];' +
      '[below1]scale_cuda=w=480:h=360:interp_algo=bicubic,setsar=1,split=2[360p][below2];' +
      '[below2]scale_cuda=w=320:h=240:interp_algo=bicubic,setsar=1,hwdownload,format=nv12,format=yuv420p[240p]',
  )
  const args = planEncode({ ...plan, card: true, sessions: 2, encoder: 'h264_nvenc' })
  assert.deepEqual(valuesOf(args, '-c:v').slice(0, 3), ['h264_nvenc', 'h264_nvenc', 'libx264'])
  assert.ok(args.indexOf('-hwaccel') !== -1 && args.indexOf('-hwaccel') < args.indexOf('-i'))
  // The longest of a chain: the middle one leaves the card while the next is still made from it.
  assert.match(
    buildVideoFilters({ ...onCard, hasTail: false, sessions: 1 }),
    /split=2\[card1\]\[below2\];\[card1\]hwdownload,format=nv12,format=yuv420p\[360p\];\[below2\]scale_cuda/,
  )
})
