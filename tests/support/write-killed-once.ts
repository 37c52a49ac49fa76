import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Writes a program that runs one of FFmpeg's, and is killed at its first run with an argument like this: when the mark
 * beside it, which it then makes, is not there yet. It needs `PEEKR_SANDBOX: 'off'`.
 * @param pattern as in a shell's `case`
 */
export async function writeKilledOnce(
  folder: string,
  tool: 'ffmpeg' | 'ffprobe',
  pattern: string,
): Promise<{ path: string; mark: string }> {
  const path = join(folder, tool)
  const mark = join(folder, `${tool}-killed`)
  await writeFile(
    path,
    `#!/bin/sh
for arg do
  case "$arg" in
    ${pattern}) if [ ! -e '${mark}' ]; then touch '${mark}'; kill -9 $$; fi;;
  esac
done
exec /usr/bin/${tool} "$@"
`,
  )
  await chmod(path, 0o755)
  return { path, mark }
}
