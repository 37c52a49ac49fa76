import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Writes a program that stands in for FFmpeg on a slow machine: what makes HLS reads its source at so many times real time
 * at most, and what makes one of these renditions at another rate.
 * @returns its path, for PEEKR_FFMPEG
 */
export async function writeSlowFfmpeg(
  folder: string,
  name: string,
  rates: { usual: number; of: { rendition: string; rate: number } },
): Promise<string> {
  const path = join(folder, name)
  await writeFile(
    path,
    `#!/bin/sh
hls=0 rate=${rates.usual}
for arg do
  case "$arg" in
    hls) hls=1;;
    */${rates.of.rendition}/*) rate=${rates.of.rate};;
  esac
done
if [ $hls -gt 0 ]; then exec /usr/bin/ffmpeg -readrate $rate "$@"; fi
exec /usr/bin/ffmpeg "$@"
`,
  )
  await chmod(path, 0o755)
  return path
}
