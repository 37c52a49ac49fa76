import { restoreFromBin } from '#lib/catalog/bin/restore-from-bin'
import { removeVideo } from '#lib/catalog/remove-video'
import { snapshotBefore } from '#lib/catalog/snapshot-before'
import { restoreState } from '#lib/catalog/snapshots/restore-snapshot'
import { updateVideo } from '#lib/catalog/update-video'
import { parseConfig } from '#lib/config'
import { connectDatabase } from '#lib/db/connect'
import { VideoModel } from '#lib/db/models/video'
import { SCOPES, type Viewer } from '#lib/domain/permissions'
import { configureLog } from '#lib/log'
import { singleton } from '#lib/singleton'
import { createRandom } from './fault-case.ts'

/**
 * The process that `kill-during-restore` kills: changes, restores, deletes and brings back one video in an order that
 * the seed decides, until it is stopped. Each step is named on standard output before it begins.
 */
const [videoId = '', first = '', second = '', userId = '', seed = '0'] = process.argv.slice(2)
singleton('config', () => parseConfig({ ...process.env }))
configureLog('silent')
await connectDatabase()
const viewer: Viewer = {
  userId,
  name: 'Ana',
  email: 'ana@example.org',
  role: 'admin',
  scopes: SCOPES,
  via: 'session',
}
const random = createRandom(Number(seed))

const STEPS = {
  all: (name: string) => restoreState(videoId, name, 'all'),
  details: (name: string) => restoreState(videoId, name, 'details'),
  edit: (name: string) => {
    const letter = name === first ? 'A' : 'B'
    return updateVideo({ viewer, videoId, changes: { title: letter, description: letter, tags: [letter] } })
  },
  snapshot: () => snapshotBefore(videoId, 'replace'),
  delete: () => removeVideo({ viewer, videoId }),
}

/** Restores of everything are what has most steps to be killed between. */
const ORDER = ['all', 'all', 'all', 'all', 'details', 'edit', 'snapshot', 'delete'] as const

console.log('ready')
for (;;) {
  const video = await VideoModel.findById(videoId, { deletedAt: 1 }).lean()
  if (video?.deletedAt != null) {
    console.log('bring back')
    await restoreFromBin({ viewer, videoId })
    continue
  }
  const step = ORDER[Math.floor(random() * ORDER.length)] ?? 'all'
  console.log(step)
  await STEPS[step](random() < 0.5 ? first : second)
}
