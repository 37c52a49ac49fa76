import type { FileHandle } from 'node:fs/promises'
import { CopyRefused } from '#lib/domain/copy-refusal'
import { type BoxHeader, readBoxHeader } from '#lib/mp4/read-boxes'

/** The index of a film of 18 hours has 30 MB. */
const MOVIE_BYTES_MAX = 64 * 1024 ** 2
/** A film has four or five boxes at its top level; one in fragments has thousands, and is read by FFmpeg. */
const TOP_BOXES_MAX = 256

/**
 * The body of a file's `moov`, wherever it lies; nothing else is read but box headers.
 * @throws CopyRefused container when this is no MP4 or one in fragments; truncated, unreadable, too_long.
 */
export async function readMovie(file: FileHandle, fileBytes: number): Promise<Buffer> {
  let movie: { at: number; header: BoxHeader } | null = null
  let at = 0
  for (let count = 0; at + 8 <= fileBytes; count += 1) {
    if (count === TOP_BOXES_MAX) throw new CopyRefused('container', 'too many boxes at the top')
    const header = readBoxHeader(await readAt(file, at, Math.min(16, fileBytes - at)), fileBytes - at)
    if (at === 0 && !FIRST.has(header.type)) throw new CopyRefused('container', `begins with ${header.type}`)
    if (header.type === 'moof') throw new CopyRefused('container', 'in fragments')
    if (header.type === 'moov') movie ??= { at, header }
    at += header.sizeBytes
  }
  if (movie === null) throw new CopyRefused('truncated', 'no moov')
  const { headerBytes, sizeBytes } = movie.header
  if (sizeBytes > MOVIE_BYTES_MAX) throw new CopyRefused('too_long', `a moov of ${sizeBytes} bytes`)
  return readAt(file, movie.at + headerBytes, sizeBytes - headerBytes)
}

// QuickTime files may lack `ftyp`; what else may come first is on this list.
const FIRST = new Set(['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot', 'styp', 'uuid'])

/** @throws CopyRefused truncated when the file ends before. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done)
    if (bytesRead === 0) throw new CopyRefused('truncated', `nothing at ${position + done}`)
    done += bytesRead
  }
  return buffer
}
