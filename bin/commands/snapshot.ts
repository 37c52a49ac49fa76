import type { Command } from 'commander'
import { takeSnapshotOf } from '#lib/catalog/snapshots/change-snapshots'
import { describeSnapshots } from '#lib/catalog/snapshots/list-snapshots'
import { getVideoToRestore, restoreState } from '#lib/catalog/snapshots/restore-snapshot'
import { formatBytes } from '#lib/domain/format'
import type { SnapshotView } from '#lib/domain/snapshot-view'
import { withLibrary } from './with-library.ts'

interface Options {
  json?: boolean
  label?: string
  details?: boolean
  measure?: boolean
  widen?: boolean
}

/** `peekr snapshot …`: the states that videos were in, while the server runs or not. */
export function registerSnapshotCommands(program: Command): void {
  const snapshot = program.command('snapshot').description('the states that a video was in')
  snapshot
    .command('list <video>')
    .description('list the snapshots of a video, newest first')
    .option('--measure', 'also say what each alone holds')
    .option('--json', 'print JSON')
    .action(list)
  snapshot
    .command('create <video>')
    .description('keep a video as it is now')
    .option('--label <text>', 'what to call it; one with a label is kept until it is deleted')
    .option('--json', 'print JSON')
    .action(create)
  snapshot
    .command('restore <video> <snapshot>')
    .description('bring a video back to a snapshot; the state before it is kept in another one')
    .option('--details', 'only title, description, tags and visibility')
    .option('--widen', 'also let in who could watch then; without, a restore never lets in more people')
    .option('--json', 'print JSON')
    .action(restore)
}

async function list(videoId: string, { json, measure = false }: Options): Promise<void> {
  const items = await withLibrary(async () => {
    const { revision } = await getVideoToRestore(videoId)
    return describeSnapshots(videoId, { revisionId: revision?.id ?? null, measure })
  })
  if (json) console.log(JSON.stringify({ items }))
  else if (items.length === 0) console.log('This video has no snapshots.')
  else for (const item of items) console.log(describeLine(item))
}

function describeLine({ name, label, video, isCurrentRevision, exclusiveBytes }: SnapshotView): string {
  const parts = [
    name,
    video === null ? 'cannot be read' : `“${video.title}” (${video.visibility})`,
    isCurrentRevision ? '' : 'an older version',
    label === null ? '' : `called “${label}”`,
    exclusiveBytes === null ? '' : `alone holds ${formatBytes(exclusiveBytes)}`,
  ]
  return parts.filter(Boolean).join('  ')
}

async function create(videoId: string, { json, label = '' }: Options): Promise<void> {
  const { name } = await withLibrary(async () => {
    await getVideoToRestore(videoId)
    return takeSnapshotOf(videoId, label.trim() || null)
  })
  console.log(json ? JSON.stringify({ name }) : name)
}

async function restore(
  videoId: string,
  name: string,
  { json, details = false, widen = false }: Options,
): Promise<void> {
  const undo = await withLibrary(async () => {
    await getVideoToRestore(videoId)
    return restoreState(videoId, name, details ? 'details' : 'all', widen ? 'any' : null)
  })
  if (json) console.log(JSON.stringify({ restored: name, undo: undo?.name ?? null }))
  else {
    console.log('Done. To take it back:')
    console.log(`  peekr snapshot restore ${videoId} ${undo?.name}${details ? ' --details' : ''}`)
  }
}
