import { open } from 'node:fs/promises'

/**
 * Keeps the data folder open, so that nobody moves or unmounts it under a running server: the kernel refuses to
 * unmount it, and `peekr storage init` finds the process. The kernel lets go by itself when the process dies.
 */
export async function holdDataFolder(dataPath: string): Promise<{ release(): Promise<void> }> {
  const handle = await open(dataPath, 'r')
  let released: Promise<void> | null = null
  return {
    release: () => {
      released ??= handle.close()
      return released
    },
  }
}
