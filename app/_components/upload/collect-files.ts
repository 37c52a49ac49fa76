/** More than this at once is a mistake, or work for `peekr import`. */
export const FILES_MAX = 500
const VIDEO_NAME =
  /\.(?:mp4|m4v|mov|qt|mkv|webm|avi|wmv|asf|flv|f4v|mts|m2ts|ts|mpg|mpeg|m2v|vob|ogv|ogm|3gp|3g2|mxf|dv|divx|rm|rmvb|y4m)$/i

/**
 * The files that were dropped or pasted, folders with all videos in them. Call it within the event: what it holds is gone
 * afterwards. What was chosen one by one is taken whatever its name; in folders only what looks like a video.
 * @returns of folders no more than tell that there are too many: `FILES_MAX` and one
 */
export async function collectDropped(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null)
  if (!entries.some((entry) => entry?.isDirectory)) return [...transfer.files]
  const files: File[] = []
  for (const entry of entries) if (entry !== null) await collectEntry(entry, files, true)
  return files
}

/** Of the files of a chosen folder, those that look like videos. */
export function pickVideos(files: Iterable<File>): File[] {
  return [...files].filter(isVideo)
}

async function collectEntry(entry: FileSystemEntry, files: File[], isChosen: boolean): Promise<void> {
  if (files.length > FILES_MAX) return
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    )
    if (isChosen || isVideo(file)) files.push(file)
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  // A hundred at a time, and none when all have come (File and Directory Entries API, 7.3).
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (batch.length === 0 || files.length > FILES_MAX) return
    for (const child of batch) await collectEntry(child, files, false)
  }
}

/** Names that begin with a dot are the system's (`._film.mov` on a disk that was in a Mac). */
function isVideo({ name, type }: Pick<File, 'name' | 'type'>): boolean {
  return !name.startsWith('.') && (type.startsWith('video/') || VIDEO_NAME.test(name))
}
