import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TWIN_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { makeFolder } from '#lib/storage/make-folder'
import { isErrno } from '#lib/storage/to-storage-error'

/**
 * Runs one backup, restore or drill of a data folder at a time. The lock is a file with the process's id, so that of a process that
 * was killed is nobody's.
 * @throws conflict while another one runs
 */
export async function withBackupLock<T>(dataPath: string, work: () => Promise<T>): Promise<T> {
  const path = join(dataPath, TWIN_FOLDER, 'running')
  await makeFolder(join(dataPath, TWIN_FOLDER))
  await take(path)
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function take(path: string): Promise<void> {
  for (;;) {
    try {
      const handle = await open(path, 'wx', 0o600)
      await handle.writeFile(String(process.pid))
      return await handle.close()
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
    }
    const pid = Number(await readFile(path, 'utf8').catch(() => '0'))
    if (pid > 0 && pid !== process.pid && isAlive(pid)) {
      throw new PeekrError('conflict', {
        message: `Another backup or restore of this library is running (process ${pid}). Wait until it is done.`,
      })
    }
    await rm(path, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isErrno(error, 'EPERM')
  }
}
