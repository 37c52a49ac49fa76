import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import type { CopyDecision, CopyPlan } from '#lib/domain/copy-plan'
import { segmentName } from '#lib/domain/media-paths'
import type { LadderRung } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'
import { writeMediaPlaylist } from '#lib/hls/media-playlist'
import { closePool, runTask } from '#lib/jobs/pool'
import { probeSource } from '#lib/media/probe-source'
import { putCopyOnTop } from '#lib/transcode/copy/decide-copy'
import { planCopy } from '#lib/transcode/copy/plan-copy'
import { writeCopy } from '#lib/transcode/copy/write-copy'
import { planLadder } from '#lib/transcode/plan-ladder'
import { TOOLS } from '../../support/judge-source.ts'
import { type ClipOptions, makeClip, runFfmpeg } from '../../support/make-clip.ts'
import { requireTestMedia } from '../../support/media.ts'

const run = promisify(execFile)
let folder = ''
let count = 0

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-copy-'))
})
after(async () => {
  await closePool()
  await rm(folder, { recursive: true, force: true })
})

const AS_FMP4 = { segmentFormat: 'fmp4', workPath: '', remuxedPath: null, tools: TOOLS } as const

interface Planned {
  path: string
  probe: SourceProbe
  rung: LadderRung
  decision: CopyDecision
}

async function plan(path: string): Promise<Planned> {
  const probe = await probeSource(path, TOOLS)
  assert.ok(probe.video)
  const [rung] = putCopyOnTop(planLadder(probe.video), probe.video)
  assert.ok(rung)
  return { path, probe, rung, decision: await planCopy(path, probe, rung) }
}

async function planClip(clip: Omit<ClipOptions, 'folder'>): Promise<Planned> {
  count += 1
  return plan(
    await makeClip({ folder, seconds: 9, extra: KEYS, ...clip, name: `${count}-${clip.name ?? 'clip.mp4'}` }),
  )
}

/** A key frame each second. */
const KEYS = ['-g', '30', '-preset', 'veryfast']

async function copy({
  path,
  probe,
  rung,
  decision,
}: Planned): Promise<{ plan: CopyPlan; outputPath: string }> {
  assert.equal(decision.kind, 'copy', decision.sentence)
  if (decision.kind !== 'copy') throw new Error('unreachable')
  const outputPath = join(folder, `out-${count++}`)
  await mkdir(outputPath)
  const withSound = decision.plan.sound !== null
  const outcome = await writeCopy({ sourcePath: path, outputPath, probe, rung, withSound, ...AS_FMP4 })
  assert.equal(outcome.kind, 'copied')
  for (const [name, segments] of [
    [rung.name, decision.plan.segments],
    ['audio', decision.plan.sound?.segments ?? []],
  ] as const) {
    if (segments.length === 0) continue
    const named = segments.map(({ durationSeconds }, index) => ({
      name: segmentName('fmp4', index),
      durationSeconds,
    }))
    const text = writeMediaPlaylist({ initSegment: 'init.mp4', segments: named })
    await writeFile(join(outputPath, name, 'media.m3u8'), text)
  }
  return { plan: decision.plan, outputPath }
}

interface Packet {
  pts: number
  hash: string
}

/** Packets in decoding order, with a hash of each one's bytes. Those an edit list hides are left out. */
async function readPackets(path: string, kind: 'v' | 'a'): Promise<Packet[]> {
  const { stdout } = await run(
    '/usr/bin/ffprobe',
    ['-v', 'error', '-select_streams', kind, '-show_packets', '-show_data_hash', 'md5', '-of', 'json', path],
    { maxBuffer: 64 << 20 },
  )
  return (JSON.parse(stdout).packets as { pts_time: string; data_hash: string; flags: string }[])
    .filter(({ flags }) => kind === 'a' || !flags.includes('D'))
    .map(({ pts_time, data_hash }) => ({ pts: Number(pts_time), hash: data_hash }))
}

/** FFmpeg's complaints while it decodes everything, and how many frames came out. */
async function decode(path: string): Promise<{ complaints: string; frames: number }> {
  const options = ['-err_detect', 'crccheck+bitstream+buffer+explode', '-copyts']
  const { stdout, stderr } = await run('/usr/bin/ffmpeg', [
    ...['-hide_banner', '-nostdin', '-v', 'error', ...options, '-i', path],
    ...[
      '-fps_mode:v',
      'passthrough',
      '-enc_time_base:v',
      '1:90000',
      '-progress',
      'pipe:1',
      '-f',
      'null',
      '-',
    ],
  ])
  return { complaints: stderr, frames: Number([...stdout.matchAll(/frame=(\d+)/g)].at(-1)?.[1] ?? 0) }
}

/** Same packets at the same times, bit for bit, decodable, and sound and picture as far apart as they were. */
async function assertCopied(planned: Planned, copied: Awaited<ReturnType<typeof copy>>): Promise<void> {
  const { path, probe, rung } = planned
  const top = join(copied.outputPath, rung.name, 'media.m3u8')
  const start = probe.startSeconds ?? 0
  const [source, made] = await Promise.all([readPackets(path, 'v'), readPackets(top, 'v')])
  assert.deepEqual(made.map(({ hash }) => hash), source.map(({ hash }) => hash)) // biome-ignore format: a line
  for (const [index, { pts }] of made.entries()) {
    const wanted = index === 0 ? 10 : (source[index]?.pts ?? 0) - start + 10
    assert.ok(Math.abs(pts - wanted) < 0.0001, `picture ${index} at ${pts}, not ${wanted}`)
  }
  assert.equal(made.length, copied.plan.frameCount)
  assert.deepEqual({ ...(await decode(top)) }, { complaints: '', frames: made.length })
  if (copied.plan.sound === null) return
  const sound = join(copied.outputPath, 'audio', 'media.m3u8')
  const [heard, kept] = await Promise.all([readPackets(path, 'a'), readPackets(sound, 'a')])
  const offset = heard.findIndex(({ hash }) => hash === kept[0]?.hash)
  assert.ok(
    offset >= 0 && heard.length - offset - kept.length <= 2,
    `${kept.length} of ${heard.length} packets`,
  )
  for (const [index, { pts, hash }] of kept.entries()) {
    const same = heard[offset + index]
    assert.equal(hash, same?.hash)
    assert.ok(Math.abs(pts - ((same?.pts ?? 0) - start + 10)) < 0.001, `sound ${index} at ${pts}`)
  }
  assert.equal((await decode(sound)).complaints, '')
}

const COPIED: Record<string, Omit<ClipOptions, 'folder'>> = {
  'constant 30': {},
  '23.976 with three B-frames': { frameRate: 23.976, extra: ['-g', '24', '-bf', '3', '-preset', 'veryfast'] },
  '59.94, index in front': { frameRate: 59.94, seconds: 5, extra: [...KEYS, '-movflags', '+faststart'] },
  'a variable frame rate': { variableFrameRate: true },
  'no sound': { audio: null },
  QuickTime: { name: 'clip.mov' },
  'a picture half a second late': { audioDelaySeconds: -0.5 },
  'Baseline, no B-frames': { extra: [...KEYS, '-profile:v', 'baseline'] },
  'a pyramid of eight B-frames': {
    seconds: 4,
    extra: [...KEYS, '-bf', '8', '-x264-params', 'b-pyramid=normal'],
  },
  'ticks of 1/600 s': { seconds: 4, extra: [...KEYS, '-video_track_timescale', '600'] },
  'offsets below zero': { seconds: 4, extra: [...KEYS, '-movflags', 'negative_cts_offsets'] },
  'a timecode track beside': { seconds: 4, name: 'clip.mov', extra: [...KEYS, '-timecode', '00:00:00:00'] },
  'an odd size': { width: 322, height: 182 },
}

for (const [title, clip] of Object.entries(COPIED)) {
  test(`copied bit for bit, every packet at its time: ${title}`, async () => {
    const planned = await planClip(clip)
    const copied = await copy(planned)
    await assertCopied(planned, copied)
    assert.equal(copied.plan.sound === null, clip.audio === null)
  })
}

test('copied bit for bit: parameter sets among the packets too, as remuxing a transport stream leaves them', async () => {
  const stream = await makeClip({ folder, name: 'clip.ts', seconds: 4, extra: KEYS })
  const path = join(folder, 'remuxed.mp4')
  await runFfmpeg(['-i', stream, '-c', 'copy', '-y', path])
  const planned = await plan(path)
  await assertCopied(planned, await copy(planned))
})

test('copied bit for bit: real footage of a phone camera', async () => {
  const planned = await plan(await requireTestMedia('cup.mp4', folder))
  await assertCopied(planned, await copy(planned))
})

const ENCODED: [refusal: string, clip: Omit<ClipOptions, 'folder'>][] = [
  ['rotated', { rotation: 90 }],
  ['few_keyframes', { seconds: 12, extra: ['-g', '1000'] }],
  [
    'open_gop',
    { seconds: 14, extra: ['-preset', 'veryfast', '-x264-params', 'open-gop=1:keyint=30:bframes=3'] },
  ],
  ['pixels', { pixelFormat: 'yuvj420p' }],
  ['profile', { pixelFormat: 'yuv422p' }],
  ['codec', { video: 'mpeg4' }],
  ['shape', { extra: [...KEYS, '-aspect', '2:1'] }],
  ['interlaced', { extra: [...KEYS, '-flags', '+ilme+ildct', '-top', '1'] }],
  ['frame_rate', { frameRate: 120, seconds: 3 }],
  ['heavy', { seconds: 4, extra: ['-g', '30', '-qp', '4', '-vf', 'noise=alls=100:allf=t'] }],
  ['container', { extra: [...KEYS, '-movflags', 'frag_keyframe+empty_moov'] }],
]

for (const [refusal, clip] of ENCODED) {
  test(`encoded, and the job says why: ${refusal}`, async () => {
    const { decision } = await planClip(clip)
    assert.equal(decision.kind, 'encode')
    assert.equal(decision.kind === 'encode' && decision.refusal, refusal)
    assert.match(decision.sentence, /^The top quality is encoded, not copied: .+\.$/)
  })
}

test('sound that starts late is encoded beside a copied picture, which fills the hole with silence', async () => {
  const { decision } = await planClip({ audioDelaySeconds: 0.5 })
  assert.equal(decision.kind === 'copy' && decision.plan.sound, null)
})

test('what is there already is kept, and what was cut short is written again', async () => {
  const planned = await planClip({})
  const { outputPath } = await copy(planned)
  const at = (index: number) => join(outputPath, planned.rung.name, segmentName('fmp4', index))
  const [first, second] = [await readFile(at(0)), await readFile(at(1))]
  const long = new Date(1e12)
  await utimes(at(0), long, long)
  await writeFile(at(1), second.subarray(0, 1000))
  const leftover = join(outputPath, planned.rung.name, `.${segmentName('fmp4', 1)}.0123456789ab`)
  await writeFile(leftover, second.subarray(0, 500))
  const { path: sourcePath, probe, rung } = planned
  await writeCopy({ sourcePath, outputPath, probe, rung, withSound: true, ...AS_FMP4 })
  assert.equal((await stat(at(0))).mtimeMs, 1e12)
  assert.deepEqual(await readFile(at(0)), first)
  assert.deepEqual(await readFile(at(1)), second)
  await assert.rejects(stat(leftover), { code: 'ENOENT' })
})

test('the task reports after each segment what can be fetched, and stops when told to', async () => {
  const planned = await planClip({ seconds: 15 })
  const { path: sourcePath, probe, rung } = planned
  const outputPath = join(folder, 'task')
  const input = { sourcePath, outputPath, probe, rung, withSound: true, ...AS_FMP4 }
  const request = { sourcePath, probe, rung, workPath: folder, withHead: false, tools: TOOLS }
  const decision = await runTask('plan-copy', request)
  assert.deepEqual(decision, planned.decision)
  const reports: number[] = []
  const seen: Promise<number>[] = []
  const outcome = await runTask('copy-rung', input, {
    onReport: ({ pictures }) => {
      reports.push(pictures)
      seen.push(stat(join(outputPath, rung.name, segmentName('fmp4', pictures - 1))).then(({ size }) => size))
    },
  })
  assert.deepEqual(reports, [1, 2, 3, 4])
  assert.ok((await Promise.all(seen)).every((size) => size > 1000))
  assert.deepEqual(outcome, { kind: 'copied', pictures: 4, sounds: 4 })
  await rm(outputPath, { recursive: true })
  await assert.rejects(runTask('copy-rung', input, { signal: AbortSignal.abort() }), { code: 'cancelled' })
  const stopping = new AbortController()
  const stopped = runTask('copy-rung', input, { signal: stopping.signal, onReport: () => stopping.abort() })
  const ended = await stopped.then(() => 'copied', () => 'cancelled') // biome-ignore format: a line
  assert.ok(['copied', 'cancelled'].includes(ended))
  const left = (await readdir(outputPath, { recursive: true })).filter((name) => /(?:^|\/)\./.test(name))
  assert.deepEqual(left, [])
})

test('packets that are not what the index promised end in a refusal, not in a broken rendition', async () => {
  const planned = await planClip({ audio: null })
  const bytes = await readFile(planned.path)
  // The length of a NAL unit in the middle of the film's data.
  const [packet] = (await readPackets(planned.path, 'v')).slice(100, 101)
  assert.ok(packet)
  const { stdout } = await run('/usr/bin/ffprobe', [
    ...['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pos', '-of', 'csv=p=0', planned.path],
  ])
  const position = Number(stdout.split(/\s+/)[100]?.replace(',', ''))
  bytes.writeUInt32BE(0x7fffffff, position)
  await writeFile(planned.path, bytes)
  const { path: sourcePath, probe, rung } = planned
  const outcome = await writeCopy({
    sourcePath,
    outputPath: join(folder, 'odd'),
    probe,
    rung,
    withSound: false,
    ...AS_FMP4,
  })
  assert.equal(outcome.kind === 'refused' && outcome.refusal, 'damaged')
})

test('a film whose second half is missing is not copied', async () => {
  const path = await makeClip({
    folder,
    name: 'cut.mp4',
    seconds: 9,
    extra: [...KEYS, '-movflags', '+faststart'],
  })
  const bytes = await readFile(path)
  await writeFile(path, bytes.subarray(0, bytes.length / 2))
  const { decision } = await plan(path)
  assert.equal(decision.kind === 'encode' && decision.refusal, 'truncated')
})

test('segments decode where they are joined to those of an encoded rung', async () => {
  const planned = await planClip({})
  const { plan: { boundaries } } = await copy(planned) // biome-ignore format: a line
  const encoded = join(folder, 'lower.mp4')
  // As a unit is cut: the same comparison with the same numbers.
  await runFfmpeg([
    ...[
      '-i',
      planned.path,
      '-an',
      '-c:v',
      'libx264',
      '-g',
      '1000',
      '-fps_mode',
      'vfr',
      '-enc_time_base',
      '1:90000',
    ],
    ...['-force_key_frames', boundaries.map((at) => at.toFixed(6)).join(','), '-y', encoded],
  ])
  const { stdout } = await run('/usr/bin/ffprobe', [
    ...[
      '-v',
      'error',
      '-select_streams',
      'v',
      '-show_entries',
      'packet=pts_time,flags',
      '-of',
      'csv=p=0',
      encoded,
    ],
  ])
  const keys = stdout.split('\n').filter((line) => line.includes('K')).map((line) => Number(line.split(',')[0]).toFixed(3)) // biome-ignore format: a line
  const { decision } = planned
  assert.deepEqual(
    keys,
    decision.kind === 'copy' && decision.plan.segments.map(({ startSeconds }) => startSeconds.toFixed(3)),
  )
})
