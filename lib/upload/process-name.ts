import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { singleton } from '#lib/singleton'
import { isErrno } from '#lib/storage/to-storage-error'

const NAME = /^([^ ]+) ([^ ]+) (\d+) (\d+) [^ ]+$/

/**
 * A name for this process that no other ever has: which start of which kernel, which PID namespace (each container has
 * its own), which process, and when that began, since numbers are used again (proc(5)).
 */
export function getProcessName(): string {
  return singleton('process.name', makeProcessName)
}

function makeProcessName(): string {
  const start = parseStartTime(readFileSync('/proc/self/stat', 'utf8'))
  return `${readPlace()} ${process.pid} ${start} ${randomUUID()}`
}

/** Whether the process of this name is known to have ended. Of another machine or container nothing is known. */
export async function hasProcessEnded(name: string): Promise<boolean> {
  const [, boot, namespace, pid, start] = NAME.exec(name) ?? []
  if (`${boot} ${namespace}` !== readPlace()) return false
  try {
    return parseStartTime(await readFile(`/proc/${pid}/stat`, 'utf8')) !== start
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return true
    throw error
  }
}

function readPlace(): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
}

/** Field 22; the name in field 2 may hold anything, so fields count from its closing bracket. A zombie has ended. */
function parseStartTime(stat: string): string {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? '')
}
