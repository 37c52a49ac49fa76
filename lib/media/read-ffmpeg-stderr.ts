/** What FFmpeg's closing statistics say, by stream, in the order it lists them. */
export interface FfmpegCounts {
  inputs: StreamCount[]
  outputs: StreamCount[]
  /** Lines of level error or worse that speak of reading or decoding. */
  errors: number
  /** A demuxer met the end of the file too early. */
  endMissing: boolean
}

export interface StreamCount {
  /** Number of the input or output file. */
  file: number
  stream: number
  kind: string
  packets: number
  /** Decoded of an input stream, encoded of an output stream. */
  frames: number
}

const INPUT =
  /Input stream #(\d+):(\d+) \((\w+)\): (\d+) packets read \(\d+ bytes\);(?: (\d+) frames decoded)?/
const OUTPUT = /Output stream #(\d+):(\d+) \((\w+)\):(?: (\d+) frames encoded[^;]*;)? (\d+) packets muxed/
const LEVEL = /\[(panic|fatal|error|warning|info|verbose|debug)\]/
const END_MISSING = /partial file|File ended prematurely|truncat/i

/**
 * Reads FFmpeg's `-loglevel level+verbose` line by line. `read` answers whether a line belongs in a log that people read:
 * warnings and worse, and what other programs (the sandbox) say without a level.
 */
export function createStderrReader(): { read: (line: string) => boolean; counts: FfmpegCounts } {
  const counts: FfmpegCounts = { inputs: [], outputs: [], errors: 0, endMissing: false }
  const read = (line: string) => {
    const input = INPUT.exec(line)
    if (input) counts.inputs.push(toCount(input[1], input[2], input[3], input[4], input[5]))
    const output = OUTPUT.exec(line)
    if (output) counts.outputs.push(toCount(output[1], output[2], output[3], output[5], output[4]))
    const level = LEVEL.exec(line)?.[1] ?? 'error'
    const bad = level === 'panic' || level === 'fatal' || level === 'error'
    if (bad) counts.errors += 1
    if (bad && END_MISSING.test(line)) counts.endMissing = true
    return bad || level === 'warning'
  }
  return { read, counts }
}

function toCount(
  file: string | undefined,
  stream: string | undefined,
  kind: string | undefined,
  packets: string | undefined,
  frames: string | undefined,
): StreamCount {
  return {
    file: Number(file),
    stream: Number(stream),
    kind: kind ?? '',
    packets: Number(packets),
    frames: Number(frames ?? 0),
  }
}
