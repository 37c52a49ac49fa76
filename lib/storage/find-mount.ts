import { readFile, realpath } from 'node:fs/promises'

export interface Mount {
  mountPoint: string
  type: string
  /** The device, e.g. `/dev/loop0`. */
  source: string
  options: string[]
}

/** The mount a path is on: the innermost one, the topmost when several are stacked. null where /proc is missing. */
export async function findMount(path: string): Promise<Mount | null> {
  const real = await realpath(path)
  const mounts = await listMounts()
  const above = mounts.filter(
    ({ mountPoint }) => mountPoint === '/' || real === mountPoint || real.startsWith(`${mountPoint}/`),
  )
  // Later lines cover earlier ones, hence >=.
  return above.reduce<Mount | null>(
    (best, mount) => (best === null || mount.mountPoint.length >= best.mountPoint.length ? mount : best),
    null,
  )
}

/** Everything that is mounted. */
export async function listMounts(): Promise<Mount[]> {
  return parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'))
}

/** Whether something is mounted exactly at `path`, which must exist. */
export async function isMountPoint(path: string): Promise<boolean> {
  return (await findMount(path))?.mountPoint === (await realpath(path))
}

/** The lines of /proc/self/mountinfo (proc_pid_mountinfo(5)); spaces in names are written `\040`. */
export function parseMountInfo(text: string): Mount[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [left = '', right = ''] = line.split(' - ')
      const fields = left.split(' ')
      const [type = '', source = '', superOptions = ''] = right.split(' ')
      return {
        mountPoint: decodeOctal(fields[4] ?? ''),
        type,
        source: decodeOctal(source),
        options: [...(fields[5] ?? '').split(','), ...superOptions.split(',')].filter(Boolean),
      }
    })
}

function decodeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
