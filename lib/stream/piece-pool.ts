import { singleton } from '#lib/singleton'

/** Large enough that the disk is read in long runs. */
const PIECE_SIZE_BYTES = 1024 * 1024
/** For those who come while all large ones are in use: a thousand of them fit in 64 MiB. */
const SMALL_PIECE_SIZE_BYTES = 64 * 1024
const PIECES_MAX = 32

interface PiecePool {
  free: Buffer<ArrayBuffer>[]
  made: number
}

const pool = () => singleton<PiecePool>('stream-pieces', () => ({ free: [], made: 0 }))

/**
 * Memory to read a piece of a file into: 1 MiB, used over and over, as long as few read from disk; 64 KiB of its own
 * for each one more, so that many slow readers at once stay cheap. Fresh memory for each piece would cost as much as
 * reading it: the kernel hands it out page by page, cleared.
 */
export function takePiece(): Buffer<ArrayBuffer> {
  const known = pool()
  const free = known.free.pop()
  if (free !== undefined) return free
  if (known.made >= PIECES_MAX) return Buffer.allocUnsafeSlow(SMALL_PIECE_SIZE_BYTES)
  known.made += 1
  return Buffer.allocUnsafeSlow(PIECE_SIZE_BYTES)
}

/** Gives a piece back; nobody may be sending from it any more. */
export function givePiece(piece: Buffer<ArrayBuffer>): void {
  if (piece.length === PIECE_SIZE_BYTES) pool().free.push(piece)
}
