import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { isPeekrError, PeekrError } from '#lib/errors'
import { buildUnit } from '#lib/storage/image/mount-arguments'
import { runSystemTool } from '#lib/storage/image/run-system-tool'

export interface MountLines {
  fstabLine: string
  /** The same as a systemd unit, with the name it must have; null on a machine without systemd. */
  unit: { path: string; text: string } | null
}

/**
 * How a machine is told to mount the library at every start, checked by its own tools: the line by `findmnt --verify`,
 * the unit's name made by `systemd-escape` and its text read by `systemd-analyze verify`. Changes nothing.
 * @throws storage_unavailable when this machine would not take one of them.
 */
export async function describeMount(fstabLine: string): Promise<MountLines> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-mount-'))
  try {
    const table = join(folder, 'fstab')
    await writeFile(table, `${fstabLine}\n`)
    const said = await runSystemTool('findmnt', ['--verify', '--tab-file', table])
    if (!/^(?:Success|0 parse errors, 0 errors)/m.test(said)) {
      throw new PeekrError('storage_unavailable', {
        message: `This machine would not mount what belongs into /etc/fstab:\n  ${fstabLine}\n${said.trim()}`,
      })
    }
    return { fstabLine, unit: await describeUnit(fstabLine, folder) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function describeUnit(fstabLine: string, folder: string): Promise<MountLines['unit']> {
  const { where, text } = buildUnit(fstabLine)
  try {
    const name = (await runSystemTool('systemd-escape', ['-p', '--suffix=mount', where])).trim()
    const path = join(folder, name)
    await writeFile(path, text)
    await runSystemTool('systemd-analyze', ['verify', '--man=no', path])
    return { path: `/etc/systemd/system/${basename(path)}`, text }
  } catch (error) {
    if (isPeekrError(error) && error.code === 'tool_missing') return null
    throw error
  }
}
