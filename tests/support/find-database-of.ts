import { readdir, readFile } from 'node:fs/promises'

/** The embedded database of a server, by its command line and its parent: its process id, or none. */
export async function findDatabaseOf(serverPid: number): Promise<number[]> {
  const found: number[] = []
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const read = (file: string) => readFile(`/proc/${name}/${file}`, 'latin1').catch(() => '')
    if (!(await read('cmdline')).includes('embedded/main.ts')) continue
    if ((await read('status')).includes(`PPid:\t${serverPid}\n`)) found.push(Number(name))
  }
  return found
}
