import { PeekrError } from '#lib/errors'
import type { StreamCount } from '#lib/media/read-ffmpeg-stderr'

/**
 * Compares what FFmpeg says it gave to the muxer of each output file, in packets, with what was found in the files
 * afterwards. On a full disk its muxers lose what does not fit, and it exits with 0 (seen with 5.1). Pure.
 * @param found by output file, in the order of FFmpeg's arguments; one packet is one picture here
 * @throws output_invalid naming the first that differs
 */
export function requireWritten(
  outputs: readonly StreamCount[],
  found: readonly { name: string; packets: number }[],
): void {
  for (const [file, { name, packets }] of found.entries()) {
    const expected = outputs.find((output) => output.file === file)?.packets ?? 0
    if (packets !== expected)
      throw new PeekrError('output_invalid', { details: { output: name, packets, expected } })
  }
}
