import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { closePool, runTask } from '#lib/jobs/pool'
import { checkUnit } from '#lib/transcode/check-unit'
import { planEncoding } from '#lib/transcode/plan-encoding'
import { planWhole } from '#lib/transcode/plan-units'
import { startProof } from '#lib/transcode/start-proof'
import { findProcesses, TOOLS } from '../../support/judge-source.ts'
import { makeClip } from '../../support/make-clip.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-pool-'))
})
after(async () => {
  await closePool()
  await rm(folder, { recursive: true, force: true })
})

const encoder = { name: 'libx264', sentence: 'Encoded with libx264.' } as const

/** One clip of each length serves all tests. */
const clips = new Map<number, Promise<string>>()
function getClip(seconds: number): Promise<string> {
  const made =
    clips.get(seconds) ??
    makeClip({ folder, name: `${seconds}.mp4`, seconds, width: 1280, height: 720, video: 'mpeg4' })
  clips.set(seconds, made)
  return made
}

async function startEncode(
  name: string,
  seconds: number,
  { signal, endSeconds = null }: { signal?: AbortSignal; endSeconds?: number | null } = {},
) {
  const sourcePath = await getClip(seconds)
  const outputPath = join(folder, name)
  await mkdir(outputPath)
  const probe = await runTask('probe', { sourcePath, tools: TOOLS })
  const progress: number[] = []
  const plan = planEncoding({ probe, segmentFormat: 'fmp4', encoder })
  const [unit] = planWhole([0])
  assert.ok(unit)
  const ending = { ...unit, endSeconds }
  const input = { sourcePath, outputPath, probe, plan, unit: ending, group: 'all', tools: TOOLS } as const
  const done = runTask('unit', input, { signal, onProgress: (fraction) => progress.push(fraction) })
  return { done, progress, outputPath, rungs: plan.rungs }
}

test('a failure keeps its code across the thread', async () => {
  const sourcePath = join(folder, 'text.mp4')
  await writeFile(sourcePath, 'no video at all')
  await assert.rejects(runTask('probe', { sourcePath, tools: TOOLS }), {
    name: 'PeekrError',
    code: 'source_not_video',
  })
})

test('a unit reports progress from its first second on, which only rises and ends at 1, and is proved', async () => {
  const { done, progress } = await startEncode('whole', 8, { endSeconds: 6 })
  const made = await done
  assert.ok(progress.length >= 3)
  assert.ok(
    (progress[0] ?? 1) < 0.5,
    'it is not silent until its border comes, or it would be taken for dead',
  )
  assert.deepEqual(
    progress,
    [...progress].sort((a, b) => a - b),
  )
  assert.equal(progress.at(-1), 1)
  assert.equal(made.frameCount, 180)
  assert.ok(made.speed > 0)
})

test('segments are proved once they are closed, while the others are still encoded; damage in them is found', async () => {
  const { done, outputPath, rungs } = await startEncode('closing', 8, { endSeconds: 6 })
  await done
  const prove = async () => {
    const proof = startProof({ outputPath, rungs, segmentCount: null, tools: TOOLS })
    proof.look() // as the encode does, whenever it says how far it is
    return proof.finish()
  }
  assert.deepEqual([...(await prove()).values()], [180, 180, 180, 180])
  const path = join(outputPath, '480p', 'segment-00001.m4s')
  const bytes = await readFile(path)
  await writeFile(path, bytes.subarray(0, bytes.length / 2))
  await assert.rejects(prove(), { code: 'output_invalid' })
  assert.deepEqual(await readdir(join(outputPath, '480p')), [
    'init.mp4',
    'media.m3u8',
    'segment-00000.m4s',
    'segment-00001.m4s',
  ])
})

test('a damaged segment is found before a unit is adopted', async () => {
  const { done, outputPath, rungs } = await startEncode('damaged', 8, { endSeconds: 2 })
  await done
  const path = join(outputPath, '360p', 'segment-00000.m4s')
  const bytes = await readFile(path)
  const check = () =>
    checkUnit({
      outputPath,
      rungs,
      segmentFormat: 'fmp4',
      proof: startProof({ outputPath, rungs, segmentCount: null, tools: TOOLS }),
    })
  assert.equal((await check()).frameCount, 60)
  await writeFile(path, bytes.fill(0, bytes.length - 3000, bytes.length - 2000))
  await assert.rejects(check(), { code: 'output_invalid' })
  await writeFile(path, '')
  await assert.rejects(check(), { code: 'output_invalid' })
})

test('aborting a task ends it and its FFmpeg (and the run reports how long that took)', async (t) => {
  const stop = new AbortController()
  const { done } = await startEncode('aborted', 40, { signal: stop.signal })
  const rejected = assert.rejects(done, { code: 'cancelled' })
  await waitFor(async () => (await findProcesses(join(folder, 'aborted'))).length > 0)
  const startedAt = performance.now()
  stop.abort()
  await rejected
  t.diagnostic(`gone after ${Math.round(performance.now() - startedAt)} ms; promised are 2000`)
  assert.deepEqual(await findProcesses(join(folder, 'aborted')), [])
})

test('closing the pool leaves no FFmpeg behind, and the next task gets a new pool', async () => {
  const { done } = await startEncode('closed', 40)
  const rejected = assert.rejects(done, { code: 'cancelled' })
  await waitFor(async () => (await findProcesses(join(folder, 'closed'))).length > 0)
  await closePool()
  await rejected
  assert.deepEqual(await findProcesses(join(folder, 'closed')), [])
  await closePool()
})

test('a file is hashed as it is', async () => {
  const bytes = Buffer.alloc(9_000_001, 'peekr')
  const path = join(folder, 'bytes')
  await writeFile(path, bytes)
  const hashed = await runTask('hash-file', { path })
  assert.deepEqual(hashed, {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.length,
  })
  await assert.rejects(runTask('hash-file', { path: join(folder, 'absent') }), {
    code: 'storage_unavailable',
  })
})

test('the sample clip is a video that the pipeline takes, and appears whole', async () => {
  const path = join(folder, 'sample.mp4')
  const { sizeBytes } = await runTask('sample', { path, tools: TOOLS })
  assert.equal((await stat(path)).size, sizeBytes)
  const probe = await runTask('probe', { sourcePath: path, tools: TOOLS })
  assert.deepEqual([probe.video?.width, probe.video?.height, probe.audio?.codec], [1280, 720, 'aac'])
  assert.ok(Math.abs((probe.durationSeconds ?? 0) - 8) < 0.1)
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('.sample')),
    [],
  )
})

test('the encoders are found by trying them', async () => {
  const report = await runTask('detect-encoders', { tools: TOOLS })
  assert.equal(report.libx264.works, true)
  const findings = [report.libx264, report.h264_nvenc, report.toneMap, ...Object.values(report.card)]
  for (const { sentence } of findings) assert.match(sentence, /\.$/)
})

async function waitFor(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, 'waited 10 s in vain')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
