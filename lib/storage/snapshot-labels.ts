import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno } from '#lib/storage/to-storage-error'
import type { VideoFolders } from '#lib/storage/video-folders'
import { writeFileWhole } from '#lib/storage/write-file-whole'

/** Beside the snapshots, which are read-only. It has a dot in its name, so it is never taken for one. */
const LABELS_FILE = 'labels.json'

/** What people call a video's snapshots, by the snapshot's name. A file that is damaged counts as empty. */
export async function readLabels(folders: VideoFolders): Promise<Record<string, string>> {
  const text = await readFile(join(folders.snapshots, LABELS_FILE), 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return '{}'
    throw error
  })
  try {
    const labels: unknown = JSON.parse(text)
    if (labels === null || typeof labels !== 'object') return {}
    return Object.fromEntries(Object.entries(labels).filter(([, label]) => typeof label === 'string'))
  } catch (error) {
    // A lost label is no reason not to list the snapshots.
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

/** Sets one label, or removes it with null. */
export async function writeLabel(folders: VideoFolders, name: string, label: string | null): Promise<void> {
  const { [name]: previous, ...others } = await readLabels(folders)
  if ((previous ?? null) === label) return
  const labels = label === null ? others : { ...others, [name]: label }
  await writeFileWhole(join(folders.snapshots, LABELS_FILE), `${JSON.stringify(labels, null, 1)}\n`)
}
