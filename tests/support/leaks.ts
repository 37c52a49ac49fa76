import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const exec = promisify(execFile)
const TERM_MS = 3000

interface Trace {
  /** Part of PEEKR_TEST_RUN in the environment of whatever belongs to it. */
  marker: string
  /** The temporary folder everything belonging to it was kept in. */
  folder: string
}

/**
 * Finds what a test left behind, gives it `graceMs` to go by itself, then stops and unmounts it.
 * @returns one sentence for each thing that was still there; calling it twice is safe
 */
export async function sweepLeaks({ graceMs, ...trace }: Trace & { graceMs: number }): Promise<string[]> {
  const deadlineMs = Date.now() + graceMs
  let processes = await findLeakedProcesses(trace)
  while (processes.length > 0 && Date.now() < deadlineMs) {
    await sleep(100)
    processes = await findLeakedProcesses(trace)
  }
  const leaks = processes.map(({ pid, command }) => `A process was still running: ${pid} ${command}`)
  await stopProcesses(trace)
  for (const path of await findLeakedMounts(trace.folder)) {
    leaks.push(`A mount was left: ${path}`)
    await exec('umount', ['--lazy', path])
  }
  for (const device of await findLeakedLoops(trace.folder)) {
    leaks.push(`A loop device was left: ${device}`)
    await exec('losetup', ['--detach', device])
  }
  return leaks
}

/** Processes that carry the marker in their environment, or the folder in their command line; not this one. */
export async function findLeakedProcesses({
  marker,
  folder,
}: Trace): Promise<{ pid: number; command: string }[]> {
  const found: { pid: number; command: string }[] = []
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const environment = await readProc(pid, 'environ')
    const command = (await readProc(pid, 'cmdline')).replaceAll('\0', ' ').trim()
    // A zombie has neither, and is already over.
    if (environment.includes(`PEEKR_TEST_RUN=${marker}`) || command.includes(`${folder}/`)) {
      found.push({ pid, command: command.slice(0, 300) })
    }
  }
  return found
}

/** Mount points within the folder, the innermost first. */
export async function findLeakedMounts(folder: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')
  const points = lines.map((line) => line.split(' ')[4] ?? '')
  return points.filter((path) => path === folder || path.startsWith(`${folder}/`)).reverse()
}

/** Loop devices backed by a file within the folder, deleted files included. */
export async function findLeakedLoops(folder: string): Promise<string[]> {
  const devices: string[] = []
  for (const name of await readdir('/sys/block')) {
    if (!name.startsWith('loop')) continue
    const backing = await readFile(join('/sys/block', name, 'loop/backing_file'), 'utf8').catch(unlessGone)
    if (backing?.startsWith(`${folder}/`)) devices.push(`/dev/${name}`)
  }
  return devices
}

async function stopProcesses(trace: Trace): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const processes = await findLeakedProcesses(trace)
    for (const { pid } of processes) kill(pid, signal)
    for (let waitedMs = 0; waitedMs < TERM_MS && processes.length > 0; waitedMs += 100) {
      if ((await findLeakedProcesses(trace)).length === 0) return
      await sleep(100)
    }
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function readProc(pid: number, file: 'environ' | 'cmdline'): Promise<string> {
  return (await readFile(`/proc/${pid}/${file}`, 'latin1').catch(unlessGone)) ?? ''
}

// A process that ended while we looked (ESRCH, ENOENT), or another user's (EACCES), which a test cannot have started.
function unlessGone(error: NodeJS.ErrnoException): null {
  if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENXIO'].includes(error.code ?? '')) return null
  throw error
}
