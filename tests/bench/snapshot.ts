import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { restoreFromBin } from '#lib/catalog/bin/restore-from-bin'
import { removeVideo } from '#lib/catalog/remove-video'
import { snapshotBefore } from '#lib/catalog/snapshot-before'
import { restoreSnapshot } from '#lib/catalog/snapshots/restore-snapshot'
import type { Viewer } from '#lib/domain/permissions'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { whyNoBtrfsLoop, withBtrfsLoop } from '../support/btrfs-loop.ts'
import { openPipelineTest } from '../support/pipeline-test.ts'
import { seedVideo } from '../support/seed-video.ts'
import type { Measurement } from './serve.ts'
import { median } from './statistics.ts'

const run = promisify(execFile)
const MIB = 1024 ** 2
const SEGMENT_MIB = 5
const ROUNDS = 9
const SIZES_MIB = { small: 10, large: 10 * 1024 }
const PARALLEL = 16

type Emit = (measurement: Measurement) => void
type Size = keyof typeof SIZES_MIB
type Step = 'create' | 'restore' | 'delete' | 'bring_back'

/**
 * P13: a snapshot and a restore of everything, of a 10 GiB and a 10 MiB video in turn, as the API makes them (database,
 * lock, `video.json` and all), on Btrfs; and, beyond it, deletion into the bin and back.
 */
export async function runBench(emit: Emit): Promise<void> {
  const missing = whyNoBtrfsLoop()
  if (missing !== false) throw new Error(`This benchmark ${missing}.`)
  const loop = await withBtrfsLoop({ sizeMib: 14 * 1024 })
  const dataPath = join(loop.path, 'data')
  await mkdir(dataPath)
  const peekr = await openPipelineTest({ dataPath })
  try {
    const ids = { small: '', large: '' }
    for (const size of ['small', 'large'] as const) ids[size] = await makeVideo(peekr.owner, SIZES_MIB[size])
    await runBtrfs(['filesystem', 'sync', dataPath])
    const samples = { small: emptySamples(), large: emptySamples() }
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const size of ['large', 'small'] as const) {
        const taken = await measureRound(peekr.owner, ids[size])
        // The first one only warms up.
        if (round >= 0) for (const step of Object.keys(taken) as Step[]) samples[size][step].push(taken[step])
      }
    }
    report(samples, emit)
  } finally {
    await closePool()
    await peekr.close()
    await loop.close()
  }
}

async function makeVideo(owner: Viewer, sizeMib: number): Promise<string> {
  const { _id: videoId, revision } = await seedVideo(owner)
  const folder = join((await getLibrary()).revisionPath(videoId, revision?.id ?? ''), '360p')
  const paths = Array.from({ length: sizeMib / SEGMENT_MIB }, (_, at) =>
    join(folder, `segment-${String(at + 1).padStart(5, '0')}.m4s`),
  )
  for (let at = 0; at < paths.length; at += PARALLEL) {
    // Extents of their own for every file, without writing ten gigabytes.
    await Promise.all(
      paths.slice(at, at + PARALLEL).map((path) => run('fallocate', ['-l', String(SEGMENT_MIB * MIB), path])),
    )
  }
  return videoId
}

async function measureRound(viewer: Viewer, videoId: string): Promise<Record<Step, number>> {
  const [snapshot, create] = await timed(() => snapshotBefore(videoId, 'edit'))
  const name = snapshot?.name ?? ''
  const [{ undo }, restore] = await timed(() => restoreSnapshot({ viewer, videoId, name, what: 'all' }))
  const [, remove] = await timed(() => removeVideo({ viewer, videoId }))
  const [, bringBack] = await timed(() => restoreFromBin({ viewer, videoId }))
  const library = await getLibrary()
  for (const { name: left } of await library.listSnapshots(videoId)) {
    if (left === name || left === undo?.name) await library.deleteSnapshot(videoId, left)
  }
  return { create, restore, delete: remove, bring_back: bringBack }
}

function report(samples: Record<Size, Record<Step, number[]>>, emit: Emit): void {
  const note = `median of ${ROUNDS}, 10 GiB in segments of ${SEGMENT_MIB} MiB, Btrfs on a loop device`
  for (const step of ['create', 'restore', 'delete', 'bring_back'] as const) {
    const raw = { largeMs: samples.large[step], smallMs: samples.small[step] }
    emit({ metric: `snapshot.${step}_ms`, value: median(raw.largeMs), unit: 'ms', note, ...raw })
  }
  const growth = (step: Step) => median(samples.large[step]) / median(samples.small[step])
  emit({
    metric: 'snapshot.growth',
    value: round(Math.max(growth('create'), growth('restore'))),
    unit: 'ratio',
    note: '10 GiB ÷ 10 MiB; the worse of create and restore',
    create: round(growth('create')),
    restore: round(growth('restore')),
    delete: round(growth('delete')),
    bringBack: round(growth('bring_back')),
  })
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedAtMs = performance.now()
  const value = await work()
  return [value, round(performance.now() - startedAtMs)]
}

function emptySamples(): Record<Step, number[]> {
  return { create: [], restore: [], delete: [], bring_back: [] }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
