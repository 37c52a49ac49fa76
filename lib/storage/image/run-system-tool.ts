import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PeekrError } from '#lib/errors'

const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin']
const PACKAGES = {
  blkid: 'util-linux',
  btrfs: 'btrfs-progs',
  findmnt: 'util-linux',
  'mkfs.btrfs': 'btrfs-progs',
  mount: 'mount',
  'systemd-analyze': 'systemd',
  'systemd-escape': 'systemd',
  umount: 'mount',
} as const
const TIMEOUT_MS = 120_000

/**
 * Runs one of the system's own programs by its absolute path and returns what it printed.
 * @throws tool_missing naming the package to install; storage_unavailable with the program's own words.
 */
export function runSystemTool(name: keyof typeof PACKAGES, args: string[]): Promise<string> {
  const path = FOLDERS.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate))
  if (path === undefined) {
    const message = `The program ${name} is not installed. Install the package ${PACKAGES[name]} and try again.`
    return Promise.reject(new PeekrError('tool_missing', { message }))
  }
  return new Promise((resolve, reject) => {
    const env = { LC_ALL: 'C', PATH: FOLDERS.join(':') } as unknown as NodeJS.ProcessEnv
    execFile(path, args, { env, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const said = stderr.trim().split('\n').at(-1) || error.message
      const message = `\`${[name, ...args].join(' ')}\` failed: ${said}. Correct this and try again.`
      reject(new PeekrError('storage_unavailable', { message, cause: error }))
    })
  })
}
