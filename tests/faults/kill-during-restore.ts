import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'
import { takeSnapshotOf } from '#lib/catalog/snapshots/change-snapshots'
import { getSnapshotRecord } from '#lib/catalog/snapshots/get-snapshot-record'
import { settleRestores } from '#lib/catalog/snapshots/settle-restores'
import { verifyLibrary } from '#lib/catalog/verify-library'
import { VideoModel } from '#lib/db/models/video'
import { VideoLockModel } from '#lib/db/models/video-lock'
import { createId } from '#lib/domain/id'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import { whyNoBtrfsLoop, withBtrfsLoop } from '../support/btrfs-loop.ts'
import { openPipelineTest, type PipelineTest } from '../support/pipeline-test.ts'
import { addRevision, buildRevision, seedVideo } from '../support/seed-video.ts'
import { createRandom, type FaultCase } from './fault-case.ts'

const WORK = resolve(import.meta.dirname, 'change-videos.ts')
const KILL_DELAY_MS_MAX = 400
/** Of the video in each of its two states. */
const SECONDS = { A: 12, B: 13 }

/** SIGKILL to a process in the middle of edits, restores, deletions and snapshots; then what a start settles, and a look. */
export const killDuringRestore: FaultCase = {
  promise:
    'Killed in the middle of an edit, a restore, a deletion or a snapshot, a video is as before or as after, and nothing between.',
  async run({ seed, kills, onProgress }) {
    const random = createRandom(seed)
    const loop = whyNoBtrfsLoop() === false ? await withBtrfsLoop({ sizeMib: 320 }) : null
    const dataPath = loop && join(loop.path, 'data')
    if (dataPath !== null) await mkdir(dataPath)
    const peekr = await openPipelineTest(dataPath === null ? {} : { dataPath })
    const figures: Record<string, number | string> = {
      driver: (await (await getLibrary()).describe()).driver,
      kills: 0,
      'restores found half done and settled': 0,
      'videos in between': 0,
    }
    const violations: string[] = []
    try {
      const { videoId, first, second } = await makeTwoStates(peekr)
      for (let kill = 0; kill < kills; kill += 1) {
        const killSeed = Math.floor(random() * 2 ** 31)
        const steps = await workUntilKilled(
          peekr,
          [videoId, first, second, String(killSeed)],
          random() * KILL_DELAY_MS_MAX,
        )
        figures.kills = kill + 1
        // What a start does, once the leases of the dead have run out.
        await VideoLockModel.updateMany({}, { $set: { expiresAt: new Date(0) } })
        const library = await getLibrary()
        if ((await library.listUnsettledRestores()).length > 0) {
          figures['restores found half done and settled'] =
            Number(figures['restores found half done and settled']) + 1
        }
        await settleRestores()
        const problems = await findProblems(peekr, videoId)
        if (problems.length > 0) figures['videos in between'] = Number(figures['videos in between']) + 1
        violations.push(...problems.map((problem) => `kill ${kill} during ${steps.at(-1)}: ${problem}`))
        await thinOut(videoId, [first, second])
        if (kill % 10 === 9) onProgress(`${kill + 1} kills`)
      }
    } finally {
      await closePool()
      await peekr.close()
      await loop?.close()
    }
    return { figures, violations }
  },
}

/** A video with a snapshot of each of two states, which differ in everything. */
async function makeTwoStates({ owner }: PipelineTest) {
  const letter = (name: 'A' | 'B') => ({
    title: name,
    description: name,
    tags: [name],
    durationSeconds: SECONDS[name],
  })
  const { _id: videoId } = await seedVideo(owner, letter('A'))
  await writeFile((await getLibrary()).sourcePath(videoId), 'a film')
  const { name: first } = await takeSnapshotOf(videoId, 'A')
  const revisionId = createId()
  await addRevision(videoId, revisionId)
  await VideoModel.updateOne(
    { _id: videoId },
    { $set: { ...letter('B'), revision: buildRevision(revisionId) } },
  )
  await refreshVideoRecord(videoId)
  const { name: second } = await takeSnapshotOf(videoId, 'B')
  return { videoId, first, second }
}

async function workUntilKilled(
  { dataPath, owner }: PipelineTest,
  args: string[],
  delayMs: number,
): Promise<string[]> {
  const [videoId = '', first = '', second = '', seed = ''] = args
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', WORK, videoId, first, second, owner.userId, seed],
    {
      env: { ...process.env, PEEKR_DATA: dataPath, PEEKR_RESERVE: '0', ...databaseOf() },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const steps: string[] = []
  const exited = once(child, 'exit')
  await readUntilReady(child, steps)
  await sleep(delayMs)
  child.kill('SIGKILL')
  await exited
  return steps
}

function databaseOf(): { MONGODB_URI?: string } {
  if (!process.env.MONGODB_URI) return {}
  const uri = new URL(process.env.MONGODB_URI)
  uri.pathname = `/${mongoose.connection.name}`
  return { MONGODB_URI: uri.href }
}

function readUntilReady(child: ChildProcess, steps: string[]): Promise<void> {
  return new Promise((done, fail) => {
    child.once('exit', (code) =>
      fail(new Error(`the work ended by itself with ${code} after ${steps.at(-1)}`)),
    )
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      steps.push(line)
      if (line === 'ready') done()
    })
  })
}

async function findProblems({ dataPath }: PipelineTest, videoId: string): Promise<string[]> {
  const problems: string[] = []
  const library = await getLibrary()
  const video = await VideoModel.findById(videoId).lean()
  if (video === null || video.revision === null) return ['its record is gone']
  const { title, description, tags, revision, durationSeconds } = video
  if (description !== title || tags.join() !== title)
    problems.push(`its details are mixed: ${title}, ${description}, ${tags}`)
  const segment = join(library.revisionPath(videoId, revision.id), '360p/segment-00000.m4s')
  const content = await readFile(segment, 'utf8').catch((error: Error) => error.message)
  if (content !== `segment of ${revision.id}`) problems.push(`what it plays is ${content}`)
  const snapshots = await library.listSnapshots(videoId)
  const labels = await library.readSnapshotLabels(videoId)
  for (const { name } of snapshots) {
    const stored = await getSnapshotRecord(videoId, name).catch((error: Error) => error.message)
    if (typeof stored === 'string') problems.push(`snapshot ${name}: ${stored}`)
    // Both of the states we made know which revision goes with which length.
    else if (
      labels[name] &&
      stored.revision.id === revision.id &&
      stored.durationSeconds !== durationSeconds
    ) {
      problems.push(`its length ${durationSeconds} is not that of its revision`)
    }
  }
  if ((await readFile(library.sourcePath(videoId), 'utf8').catch(() => '')) !== 'a film')
    problems.push('its source is gone')
  const aside = (await readdir(join(dataPath, 'library'))).filter(
    // A process killed while it tried the filesystem leaves its trial to the next start, after a minute.
    (name) => name !== videoId && !name.startsWith('.trial-'),
  )
  if (aside.length > 0) problems.push(`${aside.join()} lies beside it`)
  problems.push(...(await verifyLibrary()).findings.map(({ kind, sentence }) => `${kind}: ${sentence}`))
  return problems
}

/** Keeps the number of snapshots, and with it the time of each look, where it was. */
async function thinOut(videoId: string, kept: string[]): Promise<void> {
  const library = await getLibrary()
  for (const { name } of await library.listSnapshots(videoId)) {
    if (!kept.includes(name)) await library.deleteSnapshot(videoId, name)
  }
}
