import { StringDecoder } from 'node:string_decoder'

const LINE_CHARACTERS_MAX = 2000

export interface LineReader {
  push: (chunk: Buffer) => void
  /** Gives the last line, even when no line feed ended it. */
  end: () => void
  /** What was kept of the whole text. */
  text: () => string
}

/**
 * Cuts a byte stream into lines, and keeps its first `keepBytes`. Bounded: a line longer than 2,000 characters is
 * cut, so a hostile tag of 100 kB cannot fill a log. Carriage returns end lines too, as FFmpeg's status does.
 */
export function createLineReader(keepBytes: number, onLine: (line: string) => void): LineReader {
  const decoder = new StringDecoder('utf8')
  const kept: Buffer[] = []
  let room = keepBytes
  let rest = ''
  const give = (line: string) => {
    if (line !== '') onLine(line.slice(0, LINE_CHARACTERS_MAX))
  }
  return {
    push: (chunk) => {
      if (room > 0) kept.push(chunk.subarray(0, room))
      room -= chunk.length
      const lines = (rest + decoder.write(chunk)).split(/[\r\n]+/)
      rest = (lines.pop() ?? '').slice(0, LINE_CHARACTERS_MAX)
      lines.forEach(give)
    },
    end: () => {
      give(rest)
      rest = ''
    },
    text: () => Buffer.concat(kept).toString('utf8'),
  }
}
