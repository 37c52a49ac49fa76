import { singleton } from '#lib/singleton'

/** Sizes within a power of two: at most an eighth of a slab stays empty. */
const STEPS = 8
/** Smaller memory is no dearer new than used. */
const SLAB_SIZE_BYTES_MIN = 64 * 1024
/** What may wait for the next file; the rest is the garbage collector's. */
const FREE_BYTES_MAX = 16 * 1024 * 1024

interface Pool {
  free: Map<number, Buffer<ArrayBuffer>[]>
  freeBytes: number
}

const pool = () => singleton<Pool>('stream-slabs', () => ({ free: new Map(), freeBytes: 0 }))

/** What memory for a file of this size takes. */
export function slabSizeBytes(sizeBytes: number): number {
  if (sizeBytes < SLAB_SIZE_BYTES_MIN) return sizeBytes
  const step = 2 ** Math.floor(Math.log2(sizeBytes)) / STEPS
  return Math.ceil(sizeBytes / step) * step
}

/**
 * Memory to read a whole file into. It is used over and over: fresh memory costs more than reading a file into it, since
 * the kernel hands it out page by page, cleared, and what the garbage collector has yet to find would come on top of all
 * that is in use.
 */
export function takeSlab(sizeBytes: number): Buffer<ArrayBuffer> {
  const known = pool()
  const slabBytes = slabSizeBytes(sizeBytes)
  const slab = known.free.get(slabBytes)?.pop()
  if (slab === undefined) return Buffer.allocUnsafeSlow(slabBytes)
  known.freeBytes -= slabBytes
  return slab
}

/** Gives memory back; nobody may be reading into it or sending from it any more. */
export function giveSlab(slab: Buffer<ArrayBuffer>): void {
  const known = pool()
  if (slab.length < SLAB_SIZE_BYTES_MIN || known.freeBytes + slab.length > FREE_BYTES_MAX) return
  const line = known.free.get(slab.length)
  if (line === undefined) known.free.set(slab.length, [slab])
  else line.push(slab)
  known.freeBytes += slab.length
}
