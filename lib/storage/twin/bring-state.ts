import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PeekrError } from '#lib/errors'
import {
  buildIsReadOnly,
  buildReceive,
  buildSyncFilesystem,
  buildWritableSnapshot,
} from '#lib/storage/btrfs/btrfs-arguments'
import { createSubvolume } from '#lib/storage/btrfs/subvolume'
import { copyTree } from '#lib/storage/image/copy-tree'
import { makeFolder } from '#lib/storage/make-folder'
import { isOnBtrfs } from '#lib/storage/open-storage'
import { syncTree } from '#lib/storage/sync-tree'
import { withStorageErrors } from '#lib/storage/to-storage-error'
import { buildStatePath, type StateRecord } from '#lib/storage/twin/backup-format'
import { removeState } from '#lib/storage/twin/hold-state'
import type { Target } from '#lib/storage/twin/open-target'
import { requireLocal, type TwinTools } from '#lib/storage/twin/store-state'

interface BringOptions {
  target: Target
  /** From the state with everything to the one that is wanted. */
  chain: readonly StateRecord[]
  /** Where it goes; what is there already is removed. Writable, and on disk when this returns. */
  to: string
  /** A folder on the same filesystem for what is only on its way. */
  scratch: string
  tools: TwinTools
}

/**
 * Brings a state out of a backup into a folder, which on Btrfs becomes a subvolume.
 * @throws output_invalid when the stream is not the one that was stored; storage_unavailable, disk_full
 */
export async function bringState(options: BringOptions): Promise<void> {
  const { target, to, scratch, tools } = options
  await withStorageErrors(async () => {
    await removeState(to, tools.runBtrfs)
    await makeFolder(scratch)
    if (target.kind === 'streams') return receiveChain(options)
    const state = options.chain.at(-1)
    if (state === undefined) throw new PeekrError('not_found')
    if (await isOnBtrfs(scratch)) await createSubvolume(to, tools.runBtrfs)
    await copyTree(join(requireLocal(target), buildStatePath(target.kind, state)), to)
    await syncTree(to)
  })
}

async function receiveChain({ target, chain, to, scratch, tools }: BringOptions): Promise<void> {
  if (!(await isOnBtrfs(scratch)) || process.geteuid?.() !== 0) {
    throw new PeekrError('invalid_input', {
      message:
        'This backup is made of streams, which only root can bring back, and only to a Btrfs. Make one with `sudo peekr storage init --loop 50G`, and run this with sudo.',
    })
  }
  const paths = chain.map(({ name }) => join(scratch, name))
  try {
    for (const [index, state] of chain.entries()) {
      const path = paths[index] as string
      await removeState(path, tools.runBtrfs)
      await receive(target, state, scratch, tools)
      if ((await tools.runBtrfs(buildIsReadOnly(path))).trim() !== 'ro=true') throw damaged(target, state)
    }
    await tools.runBtrfs(buildWritableSnapshot(paths.at(-1) as string, to))
    await tools.runBtrfs(buildSyncFilesystem(scratch))
  } finally {
    for (const path of paths) await removeState(path, tools.runBtrfs)
    await rm(scratch, { recursive: true, force: true })
  }
}

async function receive(
  target: Target,
  state: StateRecord,
  folder: string,
  { runPipe }: TwinTools,
): Promise<void> {
  const from = target.files.open(buildStatePath('streams', state))
  const { sha256 } = await runPipe({ from, to: { btrfs: buildReceive(folder) } }).catch(async (error) => {
    // btrfs-progs says of a damaged stream only that it does not understand it.
    const hash = await target.files.hash(buildStatePath('streams', state))
    throw hash === state.sha256 ? error : damaged(target, state, error)
  })
  if (sha256 !== state.sha256) throw damaged(target, state)
}

function damaged({ files }: Target, state: StateRecord, cause?: unknown): PeekrError {
  return new PeekrError('output_invalid', {
    message: `The stream ${buildStatePath('streams', state)} in ${files.where} is damaged. Take another backup of this video (--at).`,
    cause,
  })
}
