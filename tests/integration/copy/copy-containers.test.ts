import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import type { SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'
import { keepStart } from '#lib/media/keep-start'
import { probeSource } from '#lib/media/probe-source'
import { writeCopiedPlaylists } from '#lib/transcode/copy/copied-playlists'
import { putCopyOnTop } from '#lib/transcode/copy/decide-copy'
import { planCopy } from '#lib/transcode/copy/plan-copy'
import { REMUXED_FILE } from '#lib/transcode/copy/remux-source'
import { writeCopy } from '#lib/transcode/copy/write-copy'
import { planLadder } from '#lib/transcode/plan-ladder'
import { TOOLS } from '../../support/judge-source.ts'
import { type ClipOptions, makeClip } from '../../support/make-clip.ts'

const run = promisify(execFile)
const KEYS = ['-g', '30', '-preset', 'veryfast']
let folder = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-containers-'))
})
after(() => rm(folder, { recursive: true, force: true }))

async function plan(path: string) {
  const probe = await probeSource(path, TOOLS)
  assert.ok(probe.video)
  const [rung] = putCopyOnTop(planLadder(probe.video), probe.video)
  assert.ok(rung)
  const workPath = `${path}.work`
  await mkdir(workPath)
  return { probe, rung, workPath, decision: await planCopy(path, probe, rung, { workPath, tools: TOOLS }) }
}

/** When each picture is shown, from the file's first packet on, and what it shows. */
async function watch(
  path: string,
  shiftSeconds: number,
  container = '',
): Promise<{ seconds: number; checksum: string }[]> {
  const { stdout } = await run(
    '/usr/bin/ffmpeg',
    [
      ...[
        '-hide_banner',
        '-nostdin',
        '-v',
        'error',
        '-err_detect',
        'crccheck+bitstream+buffer+explode',
        '-copyts',
      ],
      ...(shiftSeconds === 0 ? ['-start_at_zero', ...keepStart(container)] : []),
      ...['-i', path, '-map', '0:v', '-fps_mode', 'passthrough', '-enc_time_base', '1:90000'],
      ...['-c:v', 'rawvideo', '-f', 'framecrc', '-'],
    ],
    { maxBuffer: 64 << 20 },
  )
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').map((field) => field.trim()))
    .map(([, , pts, , , checksum = '']) => ({ seconds: Number(pts) / 90_000 - shiftSeconds, checksum }))
}

/** Copies, and holds every picture of what was made to what decoding the source gives: the same, once, at its time. */
async function assertCopied(
  path: string,
  segmentFormat: SegmentFormat,
): Promise<{ probe: SourceProbe; remuxed: boolean }> {
  const { probe, rung, workPath, decision } = await plan(path)
  assert.equal(decision.kind, 'copy', decision.sentence)
  if (decision.kind !== 'copy') throw new Error('unreachable')
  const remuxed = decision.plan.remuxed ?? false
  const outputPath = `${path}.out`
  const withSound = segmentFormat === 'fmp4' && decision.plan.sound !== null
  const request = {
    sourcePath: path,
    probe,
    rung,
    workPath,
    outputPath,
    withSound,
    segmentFormat,
    tools: TOOLS,
  }
  const outcome = await writeCopy({ ...request, remuxedPath: remuxed ? join(workPath, REMUXED_FILE) : null })
  assert.equal(outcome.kind, 'copied', JSON.stringify(outcome))
  const copied = { rung, plan: withSound ? decision.plan : { ...decision.plan, sound: null } }
  const all = { pictures: 10_000, sounds: 10_000, isDone: true }
  await writeCopiedPlaylists(copied, all, { revisionPath: outputPath, segmentFormat })
  const [wanted, made] = await Promise.all([
    watch(path, 0, probe.container),
    watch(join(outputPath, rung.name, 'media.m3u8'), 10),
  ])
  assert.ok(wanted.length > 50)
  assert.deepEqual(made.map(({ checksum }) => checksum), wanted.map(({ checksum }) => checksum)) // biome-ignore format: a line
  for (const [at, { seconds }] of made.entries()) {
    const expected = at === 0 ? 0 : (wanted[at]?.seconds ?? 0)
    assert.ok(Math.abs(seconds - expected) < 0.0001, `picture ${at} at ${seconds}, not ${expected}`)
  }
  return { probe, remuxed }
}

const CASES: [string, SegmentFormat, Omit<ClipOptions, 'folder'>][] = [
  ['Matroska', 'fmp4', { name: 'a.mkv', frameRate: 23.976, extra: [...KEYS, '-bf', '3'] }],
  ['a transport stream', 'fmp4', { name: 'b.ts' }],
  ['a fragmented MP4', 'fmp4', { name: 'c.mp4', extra: [...KEYS, '-movflags', 'frag_keyframe+empty_moov'] }],
  ['an MP4', 'ts', { name: 'd.mp4', frameRate: 29.97, extra: [...KEYS, '-bf', '3'] }],
  ['Matroska with uneven times', 'ts', { name: 'e.mkv', variableFrameRate: true }],
  ['a transport stream', 'ts', { name: 'f.ts', frameRate: 50 }],
  ['a picture half a second late', 'ts', { name: 'g.mp4', audioDelaySeconds: -0.5 }],
]

for (const [what, segmentFormat, clip] of CASES) {
  test(`${what} is copied into ${segmentFormat} segments, each picture once and at its time`, async () => {
    const path = await makeClip({ folder, seconds: 6, extra: KEYS, ...clip })
    const { probe, remuxed } = await assertCopied(path, segmentFormat)
    assert.equal(remuxed, !(probe.container.includes('mp4') && !path.endsWith('c.mp4')))
  })
}

test('what was remuxed is taken as it is, and made again where it is gone', async () => {
  const path = await makeClip({ folder, seconds: 4, name: 'again.mkv', extra: KEYS })
  const { probe, rung, workPath, decision } = await plan(path)
  assert.equal(decision.kind, 'copy')
  const outputPath = join(folder, 'again')
  const remuxedPath = join(workPath, REMUXED_FILE)
  const request = { sourcePath: path, probe, rung, workPath, outputPath, withSound: true, tools: TOOLS }
  const copyAgain = () => writeCopy({ ...request, segmentFormat: 'fmp4', remuxedPath })
  const first = await copyAgain()
  assert.equal(first.kind, 'copied')
  await rm(remuxedPath)
  assert.deepEqual(await copyAgain(), first)
})

test('a stream whose packets FFmpeg had to change is encoded instead', async () => {
  const path = await makeClip({ folder, seconds: 4, name: 'torn.ts', extra: KEYS })
  const { stdout } = await run('/usr/bin/cat', [path, path], { encoding: 'buffer', maxBuffer: 64 << 20 })
  await writeFile(path, stdout) // its clock starts over in the middle
  const { decision } = await plan(path)
  assert.equal(decision.kind, 'encode')
})
