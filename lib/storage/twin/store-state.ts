import { constants, type Stats } from 'node:fs'
import { chmod, copyFile, lchown, link, lstat, mkdir, readdir, rename, rm, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PeekrError } from '#lib/errors'
import {
  buildIsReadOnly,
  buildReceive,
  buildSend,
  buildSyncFilesystem,
} from '#lib/storage/btrfs/btrfs-arguments'
import type { RunBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { exists } from '#lib/storage/exists'
import { syncPath, syncTree } from '#lib/storage/sync-tree'
import { isErrno, withStorageErrors } from '#lib/storage/to-storage-error'
import {
  BACKUP_VERSION,
  buildStateMarkPath,
  buildStatePath,
  formatRecord,
  type StateRecord,
} from '#lib/storage/twin/backup-format'
import { heldPath, removeState } from '#lib/storage/twin/hold-state'
import type { Target } from '#lib/storage/twin/open-target'
import type { RunPipe } from '#lib/storage/twin/run-pipe'

export interface TwinTools {
  runBtrfs: RunBtrfs
  runPipe: RunPipe
}

export type NewState = Omit<StateRecord, 'version' | 'sizeBytes' | 'sha256'>

/**
 * Stores a held state in a target. Only when all of it is there, and on disk, it gets the mark that makes it count.
 * What a crash left of the same state is removed first.
 * @param options.state its `parent` must be held here and whole there.
 * @throws disk_full, storage_unavailable, forbidden
 */
export async function storeState(options: {
  dataPath: string
  target: Target
  state: NewState
  tools: TwinTools
  onBytes?: (sizeBytes: number) => void
}): Promise<StateRecord> {
  const { target, state } = options
  const stored = await storers[target.kind](options)
  // A subvolume and a folder stand alone once they are there.
  const parent = target.kind === 'streams' ? state.parent : null
  const record: StateRecord = { version: BACKUP_VERSION, ...state, parent, ...stored }
  await target.files.writeText(buildStateMarkPath(state), formatRecord(record))
  return record
}

type Storer = (
  options: Parameters<typeof storeState>[0],
) => Promise<Pick<StateRecord, 'sizeBytes' | 'sha256'>>

const storers: Record<Target['kind'], Storer> = {
  async streams({ dataPath, target, state, onBytes }) {
    return target.files.put(
      { btrfs: buildSendOf(dataPath, state) },
      buildStatePath('streams', state),
      onBytes,
    )
  },

  async btrfs({ dataPath, target, state, tools, onBytes }) {
    const path = join(requireLocal(target), buildStatePath('btrfs', state))
    await removeState(path, tools.runBtrfs)
    await withStorageErrors(() => mkdir(dirname(path), { recursive: true, mode: 0o700 }))
    const { sizeBytes } = await tools.runPipe(
      { from: { btrfs: buildSendOf(dataPath, state) }, to: { btrfs: buildReceive(dirname(path)) } },
      { onBytes },
    )
    await tools.runBtrfs(buildSyncFilesystem(dirname(path)))
    // What `receive` makes stays writable until it has come to the end of the stream.
    if ((await tools.runBtrfs(buildIsReadOnly(path))).trim() === 'ro=true') return { sizeBytes, sha256: null }
    throw new PeekrError('storage_unavailable', {
      message: `What ${target.files.where} received is not whole. Run the same command again: it goes on where it was.`,
    })
  },

  files: ({ dataPath, target, state, onBytes }) =>
    withStorageErrors(async () => {
      const root = requireLocal(target)
      const [from, to] = [
        heldPath(dataPath, state.videoId, state.name),
        join(root, buildStatePath('files', state)),
      ]
      const partial = `${to}.partial`
      const before = state.parent && join(root, buildStatePath('files', { ...state, name: state.parent }))
      await rm(partial, { recursive: true, force: true })
      await rm(to, { recursive: true, force: true })
      await mkdir(dirname(partial), { recursive: true, mode: 0o700 })
      const meter = { sizeBytes: 0, onBytes }
      await copyUnlessSame(from, partial, before, meter)
      await syncTree(partial)
      await rename(partial, to)
      await syncPath(dirname(to))
      return { sizeBytes: meter.sizeBytes, sha256: null }
    }),
}

/** Removes a state from a target, its mark first. What is missing is fine. */
export async function dropState(
  target: Target,
  state: { videoId: string; name: string },
  runBtrfs: RunBtrfs,
): Promise<void> {
  await target.files.remove(buildStateMarkPath(state))
  const path = buildStatePath(target.kind, state)
  if (target.kind === 'btrfs')
    await withStorageErrors(() => removeState(join(requireLocal(target), path), runBtrfs))
  else await target.files.remove(path)
}

export function requireLocal(target: Target): string {
  if (target.files.localPath !== null) return target.files.localPath
  throw noFilesThroughSsh()
}

export function noFilesThroughSsh(): PeekrError {
  return new PeekrError('invalid_input', {
    message:
      'Through ssh only streams of `btrfs send` can be kept. Put the data folder on Btrfs (`peekr storage init`), or back up to a folder here and copy that with rsync -aH.',
  })
}

function buildSendOf(dataPath: string, { videoId, name, parent }: NewState): string[] {
  const path = heldPath(dataPath, videoId, name)
  return buildSend(path, parent === null ? null : heldPath(dataPath, videoId, parent))
}

interface Meter {
  sizeBytes: number
  onBytes?: (sizeBytes: number) => void
}

/** Files that the state before has with the same size and time are linked, since what is published never changes. */
async function copyUnlessSame(from: string, to: string, before: string | null, meter: Meter): Promise<void> {
  await mkdir(to)
  await copyFacts(from, to)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    const twin = before && join(before, entry.name)
    if (entry.isDirectory()) await copyUnlessSame(source, target, twin, meter)
    else if (entry.isFile() && !(twin && (await tryLink(source, twin, target)))) {
      await copyFile(source, target, constants.COPYFILE_FICLONE)
      meter.sizeBytes += (await copyFacts(source, target)).size
      meter.onBytes?.(meter.sizeBytes)
    }
  }
}

/** A later backup knows an unchanged file by its time; whose it is only root can say. */
async function copyFacts(from: string, to: string): Promise<Stats> {
  const facts = await lstat(from)
  if (process.geteuid?.() === 0) await lchown(to, facts.uid, facts.gid)
  await chmod(to, facts.mode)
  await utimes(to, facts.atime, facts.mtime)
  return facts
}

async function tryLink(source: string, twin: string, target: string): Promise<boolean> {
  if (!(await exists(twin))) return false
  const [now, then] = [await lstat(source), await lstat(twin)]
  if (!then.isFile() || now.size !== then.size || Math.abs(now.mtimeMs - then.mtimeMs) >= 1) return false
  try {
    await link(twin, target)
    return true
  } catch (error) {
    // As many names as a file can have, or a filesystem without links: then it is copied.
    if (isErrno(error, 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP')) return false
    throw error
  }
}
