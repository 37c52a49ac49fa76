import { setTimeout as sleep } from 'node:timers/promises'
import { removeVideo } from '#lib/catalog/remove-video'
import { snapshotBefore } from '#lib/catalog/snapshot-before'
import { updateVideo } from '#lib/catalog/update-video'
import { parseConfig } from '#lib/config'
import { connectDatabase } from '#lib/db/connect'
import { UserModel } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { SCOPES, type Viewer } from '#lib/domain/permissions'
import { isPeekrError } from '#lib/errors'
import { configureLog } from '#lib/log'
import { startServices } from '#lib/services'
import { singleton } from '#lib/singleton'
import { importFile } from '#lib/upload/import-file'
import { createRandom } from './fault-case.ts'

/** What somebody was told: it must be true after a power cut. */
export type Told =
  | { kind: 'uploaded'; videoId: string }
  | { kind: 'published'; videoId: string; revisionId: string }
  | { kind: 'edited'; videoId: string; title: string }
  | { kind: 'deleted'; videoId: string }
  | { kind: 'snapshot'; videoId: string; name: string }

/**
 * The process that `cut-power` takes the power from: Peekr's own work on videos, with uploads, publishes, edits, deletions and
 * snapshots in an order that the seed decides. Each is named on standard output once it was acknowledged.
 */
const [clip = '', seed = '0'] = process.argv.slice(2)
singleton('config', () => parseConfig({ ...process.env }))
configureLog('silent')
await connectDatabase()
const viewer: Viewer = {
  userId: createId(),
  name: 'Ana',
  email: 'ana@example.org',
  role: 'admin',
  scopes: SCOPES,
  via: 'session',
}
const { userId, name, email, role } = viewer
await UserModel.create({ _id: userId, name, email, role, passwordHash: 'none' })
await startServices()
const random = createRandom(Number(seed))
const ready: string[] = []
const pending: string[] = []
const PENDING_MAX = 2

function tell(told: Told): void {
  console.log(JSON.stringify(told))
}

async function upload(): Promise<void> {
  const request = {
    owner: viewer,
    path: clip,
    filename: 'clip.mp4',
    title: 'First',
    visibility: 'public',
  } as const
  const videoId = await importFile(request)
  pending.push(videoId)
  tell({ kind: 'uploaded', videoId })
}

async function noteReady(): Promise<void> {
  for (const videoId of [...pending]) {
    const video = await VideoModel.findById(videoId, { state: 1, revision: 1 }).lean()
    if (video?.state !== 'ready' || video.revision === null) continue
    pending.splice(pending.indexOf(videoId), 1)
    ready.push(videoId)
    tell({ kind: 'published', videoId, revisionId: video.revision.id })
  }
}

const STEPS = {
  async edit(videoId: string) {
    const title = `Title ${createId()}`
    await updateVideo({ viewer, videoId, changes: { title } })
    tell({ kind: 'edited', videoId, title })
  },
  async snapshot(videoId: string) {
    const snapshot = await snapshotBefore(videoId, 'captions')
    if (snapshot !== null) tell({ kind: 'snapshot', videoId, name: snapshot.name })
  },
  async delete(videoId: string) {
    ready.splice(ready.indexOf(videoId), 1)
    await removeVideo({ viewer, videoId })
    tell({ kind: 'deleted', videoId })
  },
}
const ORDER = ['edit', 'edit', 'edit', 'snapshot', 'snapshot', 'delete'] as const

console.log('ready')
for (;;) {
  await noteReady()
  if (pending.length < PENDING_MAX) await upload()
  const videoId = ready[Math.floor(random() * ready.length)]
  const step = ORDER[Math.floor(random() * ORDER.length)] ?? 'edit'
  if (videoId !== undefined && (step !== 'delete' || ready.length > 1)) {
    await STEPS[step](videoId).catch((error) => {
      // The disk is meant to fill up in a long run; then there is nothing to tell.
      if (!isPeekrError(error)) throw error
    })
  }
  await sleep(20 + random() * 80)
}
