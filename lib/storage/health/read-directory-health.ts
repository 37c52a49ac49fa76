import type { StorageHealth } from '#lib/domain/storage-health'
import { findMount } from '#lib/storage/find-mount'

/** What can be said of a plain folder, and plainly what it lacks. */
export async function readDirectoryHealth(dataPath: string): Promise<StorageHealth> {
  const mount = await findMount(dataPath)
  return {
    driver: 'directory',
    isMirrored: false,
    isReadOnly: mount?.options.includes('ro') ?? false,
    profiles: [],
    space: null,
    devices: [],
    scrub: null,
    hints: [],
    lacks: [
      'No checksums: the disk may hand out wrong bytes without an error. Comparing the files with their manifests, as Peekr does every so often, is what finds that here.',
      'No second copy: what is damaged comes back from a snapshot only when the file was removed or replaced, from a kept original, or from a backup.',
      'No error counters and no scrub: the disk’s own health is for its tools to tell, such as smartctl.',
    ],
  }
}
