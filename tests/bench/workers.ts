import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { databaseUri } from '#lib/db/connect'
import { importClip, openPipelineTest, type PipelineTest, waitForEnd } from '../support/pipeline-test.ts'
import { startWorker, stopWorker } from '../support/start-worker.ts'
import { makeFilm } from './make-film.ts'
import type { Measurement } from './serve.ts'
import { mean } from './statistics.ts'

const ROUNDS = 2
/** Long enough that what only one of them can do, before the first unit and after the last, is a fiftieth of it. */
const SECONDS = 144

/**
 * P14: one video encoded by one and by two `peekr worker` processes on one database, each held to one core, so that its
 * encoders have one thread's worth of time. In turn.
 */
export async function runBench(emit: (measurement: Measurement) => void): Promise<void> {
  if (availableParallelism() < 2) throw new Error('This benchmark needs two cores.')
  const folder = await mkdtemp(join(tmpdir(), 'peekr-bench-workers-'))
  const pipeline = await openPipelineTest({ settings: { PEEKR_ROLE: 'web', PEEKR_ORIGINALS: 'keep' } })
  try {
    await pipeline.start()
    const path = await makeFilm({
      folder,
      name: 'film.mp4',
      seconds: SECONDS,
      height: 720,
      kind: 'foreign',
      bitrateBps: 4_000_000,
    })
    const samples: Record<'one' | 'two', number[]> = { one: [], two: [] }
    for (let round = 0; round < ROUNDS; round += 1) {
      samples.one.push(await measure(pipeline, path, [0]))
      samples.two.push(await measure(pipeline, path, [0, 1]))
    }
    emit({
      metric: 'workers.two_vs_one',
      value: Number((mean(samples.one) / mean(samples.two)).toFixed(2)),
      unit: 'ratio',
      note: `times faster; seconds from the import of ${SECONDS} s of 720p30 until it is ready, ${ROUNDS} rounds in turn, mean`,
      samples,
      commands: {
        one: 'taskset -c 0 peekr worker',
        two: 'taskset -c 0 peekr worker; taskset -c 1 peekr worker',
      },
    })
  } finally {
    await pipeline.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(pipeline: PipelineTest, path: string, cores: readonly number[]): Promise<number> {
  const env = { MONGODB_URI: await databaseUri(), PEEKR_DATA: pipeline.dataPath, PEEKR_JOBS: '1' }
  const workers = await Promise.all(cores.map((core) => startWorker(env, core)))
  try {
    const startedAtMs = performance.now()
    const { state, failure } = await waitForEnd(await importClip(pipeline, path), 900_000)
    if (state !== 'ready') throw new Error(`The video ended ${state}: ${failure?.message}`)
    return (performance.now() - startedAtMs) / 1000
  } finally {
    await Promise.all(workers.map(stopWorker))
  }
}
