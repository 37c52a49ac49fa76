import { readdir, readFile, readlink } from 'node:fs/promises'
import { isErrno } from '#lib/storage/to-storage-error'

export interface ProcessUsing {
  pid: number
  command: string
}

/**
 * Every other process that has the folder, or something in it, open or as its working folder (proc(5)). Complete for
 * root; a plain user only sees their own processes.
 */
export async function findProcessesUsing(path: string): Promise<ProcessUsing[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const found: ProcessUsing[] = []
  for (const pid of pids) {
    const places = await readPlaces(pid)
    if (!places.some((place) => place === path || place.startsWith(`${path}/`))) continue
    found.push({ pid: Number(pid), command: await readCommand(pid) })
  }
  return found
}

async function readPlaces(pid: string): Promise<string[]> {
  const handles = await unlessGone(() => readdir(`/proc/${pid}/fd`), [])
  const links = [`/proc/${pid}/cwd`, ...handles.map((handle) => `/proc/${pid}/fd/${handle}`)]
  return Promise.all(links.map((link) => unlessGone(() => readlink(link), '')))
}

async function readCommand(pid: string): Promise<string> {
  const command = await unlessGone(() => readFile(`/proc/${pid}/cmdline`, 'utf8'), '')
  return command.replaceAll('\0', ' ').trim() || 'unknown'
}

/** Processes end while they are looked at, and other users' are closed to a plain user. */
async function unlessGone<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return otherwise
    throw error
  }
}
