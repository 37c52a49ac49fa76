import { CopyRefused } from '#lib/domain/copy-refusal'

export interface Box {
  type: string
  /** What follows its header; a view, nothing is copied. */
  body: Buffer
}

/** More children than any box of a real film has; a hostile one is nothing but headers. */
const CHILDREN_MAX = 4096

/**
 * The boxes in a piece of memory, in order (ISO/IEC 14496-12 §4.2). Pure, and linear in the length.
 * @throws CopyRefused unreadable when a size does not fit.
 */
export function readBoxes(parent: Buffer): Box[] {
  const boxes: Box[] = []
  for (let at = 0; at + 8 <= parent.length; ) {
    const { type, headerBytes, sizeBytes } = readBoxHeader(parent.subarray(at), parent.length - at)
    if (boxes.length === CHILDREN_MAX) throw new CopyRefused('unreadable', `more than ${CHILDREN_MAX} boxes`)
    boxes.push({ type, body: parent.subarray(at + headerBytes, at + sizeBytes) })
    at += sizeBytes
  }
  return boxes
}

export interface BoxHeader {
  type: string
  headerBytes: number
  /** Of the whole box, header included. */
  sizeBytes: number
}

/**
 * Reads a header from its first 8, or for a large box 16, bytes. Size 0 means "to the end" (§4.2.2).
 * @param roomBytes what is left of the parent or file, which the box must fit in.
 * @throws CopyRefused unreadable
 */
export function readBoxHeader(bytes: Buffer, roomBytes: number): BoxHeader {
  const small = bytes.readUInt32BE(0)
  const type = bytes.toString('latin1', 4, 8)
  const large = small === 1
  if (large && bytes.length < 16) throw new CopyRefused('unreadable', `a large ${type} without its size`)
  const headerBytes = large ? 16 : 8
  const sizeBytes = large ? Number(bytes.readBigUInt64BE(8)) : small === 0 ? roomBytes : small
  if (sizeBytes < headerBytes || sizeBytes > roomBytes) {
    throw new CopyRefused(sizeBytes > roomBytes ? 'truncated' : 'unreadable', `${type} of ${sizeBytes} bytes`)
  }
  return { type, headerBytes, sizeBytes }
}

/** The body of the first child of this type, or null. */
export function findBox(parent: Buffer, type: string): Buffer | null {
  return readBoxes(parent).find((box) => box.type === type)?.body ?? null
}

/** @throws CopyRefused unreadable when there is none. */
export function requireBox(parent: Buffer, ...path: string[]): Buffer {
  return path.reduce((body, type) => {
    const found = findBox(body, type)
    if (found === null) throw new CopyRefused('unreadable', `no ${type}`)
    return found
  }, parent)
}

/**
 * The rows of a table: version and flags, a count, then rows of one size. The count may lie; it is held to what is there.
 * @throws CopyRefused unreadable when there are fewer rows than it says.
 */
export function readTable(body: Buffer, rowBytes: number, headBytes = 4): { count: number; rows: Buffer } {
  if (body.length < headBytes + 4) throw new CopyRefused('unreadable', 'a table without a count')
  const count = body.readUInt32BE(headBytes)
  const rows = body.subarray(headBytes + 4)
  if (count * rowBytes > rows.length) throw new CopyRefused('unreadable', `a table of ${count} rows is cut`)
  return { count, rows }
}
