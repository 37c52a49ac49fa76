import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { getSecret } from '#lib/auth/secrets'
import { verifyTree } from '#lib/catalog/backup/verify-tree'
import { verifyLibrary } from '#lib/catalog/verify-library'
import { getConfig, parseConfig } from '#lib/config'
import { connectDatabase } from '#lib/db/connect'
import { JobModel } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { getLibrary } from '#lib/jobs/library'
import { configureLog } from '#lib/log'
import { startServices } from '#lib/services'
import { singleton } from '#lib/singleton'
import { findOrphans } from '#lib/storage/find-orphans'
import { readNames } from '#lib/storage/folder-names'
import type { Told } from './use-library.ts'

export interface CutReport {
  publishedCount: number
  fileCount: number
  uploadCount: number
  /** Seconds from the start until every upload was ready or had failed. */
  settledSeconds: number
  /** Promise 2: published videos that miss anything. */
  incomplete: string[]
  /** What somebody was told and is not so. */
  untrue: string[]
  /** Promise 3: what is left over after the restart. */
  leftOver: string[]
}

/** A lease that lapses, the pause of a second attempt, and the encodes, also on a loaded machine. */
const SETTLE_MS = 180_000
/** Promise 3; what was being changed at the cut is settled once the lease of its lock is over. */
const CLEAR_MS = 60_000
const HOUR_MS = 3_600_000

/** Looks at a data folder after a power cut: first as it is, then once Peekr has been started on it. Prints a `CutReport`. */
const [toldPath = ''] = process.argv.slice(2)
singleton('config', () => parseConfig({ ...process.env }))
configureLog('silent')
const told = (await readFile(toldPath, 'utf8'))
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Told)
await connectDatabase()
const report: CutReport = {
  publishedCount: 0,
  fileCount: 0,
  uploadCount: told.filter(({ kind }) => kind === 'uploaded').length,
  settledSeconds: 0,
  incomplete: [],
  untrue: [],
  leftOver: [],
}
await checkPublished()
await checkTold()
const startedMs = performance.now()
const services = await startServices()
await settle()
report.settledSeconds = (performance.now() - startedMs) / 1000
await checkPublished()
report.leftOver.push(...(await waitForNothingLeft()))
await services.stop()
console.log(JSON.stringify(report))

async function checkPublished(): Promise<void> {
  report.publishedCount = 0
  for (const video of await VideoModel.find({ publishedAt: { $ne: null } })
    .setOptions({ sanitizeFilter: false })
    .lean()) {
    const path = join(getConfig().dataPath, 'library', video._id)
    const { problems, fileCount } = await verifyTree(path, video._id, getSecret('manifest'))
    report.publishedCount += 1
    report.fileCount += fileCount
    report.incomplete.push(...problems.map((problem) => `${video._id}: ${problem}`))
  }
}

/** Of several things told of one video only the last counts where they say the same thing. */
async function checkTold(): Promise<void> {
  const titles = new Map(
    told.flatMap((one) => (one.kind === 'edited' ? [[one.videoId, one.title] as const] : [])),
  )
  for (const one of told) {
    const { kind, videoId } = one
    const video = await VideoModel.findById(videoId).lean()
    const isTrue =
      kind === 'uploaded'
        ? video !== null
        : kind === 'published'
          ? video?.revision?.id === one.revisionId
          : kind === 'deleted'
            ? video?.deletedAt != null
            : kind === 'snapshot'
              ? (await (await getLibrary()).listSnapshots(videoId)).some(({ name }) => name === one.name)
              : // One that came after it, and was under way at the cut, may be there.
                one.title !== titles.get(videoId) || (video?.title.startsWith('Title ') ?? false)
    if (!isTrue) report.untrue.push(`${kind} ${videoId}`)
  }
}

async function settle(): Promise<void> {
  for (const deadline = performance.now() + SETTLE_MS; performance.now() < deadline; await sleep(200)) {
    const working = await VideoModel.countDocuments({
      state: { $nin: ['ready', 'failed'] },
      deletedAt: null,
    }).setOptions({
      sanitizeFilter: false,
    })
    const jobs = await JobModel.countDocuments({ state: { $in: ['queued', 'running'] } }).setOptions({
      sanitizeFilter: false,
    })
    if (working === 0 && jobs === 0) return
  }
  const open = await JobModel.find({ state: { $in: ['queued', 'running'] } })
    .setOptions({ sanitizeFilter: false })
    .lean()
  const names = open.map(({ kind, unit, state, attempts }) => `${kind} ${unit} ${state}, attempt ${attempts}`)
  report.leftOver.push(`work that did not come to its end within ${SETTLE_MS / 1000} s: ${names.join('; ')}`)
}

async function waitForNothingLeft(): Promise<string[]> {
  for (const deadline = performance.now() + CLEAR_MS; ; await sleep(500)) {
    const leftOver = await findLeftOver()
    if (leftOver.length === 0 || performance.now() > deadline) return leftOver
  }
}

async function findLeftOver(): Promise<string[]> {
  const leftOver: string[] = []
  const { dataPath } = getConfig()
  const library = await getLibrary()
  const findKnown = async (videoIds: string[]) =>
    (
      await VideoModel.find({ _id: { $in: videoIds } }, { _id: 1 })
        .setOptions({ sanitizeFilter: false })
        .lean()
    ).map(({ _id }) => _id)
  const { removable, unrecorded } = await findOrphans({
    dataPath,
    findKnown,
    nowMs: Date.now() + 2 * HOUR_MS,
  })
  leftOver.push(
    ...removable.map((videoId) => `orphan ${videoId}`),
    ...unrecorded.map((id) => `unrecorded ${id}`),
  )
  leftOver.push(...(await library.listUnsettledRestores()).map((videoId) => `restore of ${videoId}`))
  for (const videoId of await library.listVideoIds()) {
    for (const folder of ['attempts', 'units']) {
      for (const name of await readNames(join(dataPath, 'library', videoId, folder))) {
        const inside = await readdir(join(dataPath, 'library', videoId, folder, name))
        if (folder === 'attempts' || inside.length > 0) leftOver.push(`${folder}/${name} of ${videoId}`)
      }
    }
  }
  const failed = await VideoModel.find({ state: 'failed' }).lean()
  leftOver.push(...failed.map(({ _id, failure }) => `${_id} failed: ${failure?.message}`))
  leftOver.push(...(await verifyLibrary()).findings.map(({ videoId, kind }) => `${kind} ${videoId}`))
  return leftOver
}
