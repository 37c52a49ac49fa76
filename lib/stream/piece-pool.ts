import { singleton } from '#lib/singleton'

/** Large enough that the disk is read in long runs. */
const PIECE_SIZE_BYTES = 1024 * 1024
/** For those who come while all large ones are in use: a thousand of them fit in 32 MiB. */
const SMALL_PIECE_SIZE_BYTES = 32 * 1024
const PIECES_MAX = 16
const FREE_SMALL_PIECES_MAX = 512

type Piece = Buffer<ArrayBuffer>

const pool = () => singleton('stream-pieces', () => ({ free: [] as Piece[], small: [] as Piece[], made: 0 }))

/**
 * Memory to read a piece of a file into: 1 MiB as long as few read from disk, 32 KiB for each one more, so that many
 * slow readers at once stay cheap. It is used over and over: fresh memory for each piece would cost as much as reading
 * it, since the kernel hands it out page by page, cleared.
 */
export function takePiece(): Piece {
  const known = pool()
  const large = known.free.pop()
  if (large !== undefined) return large
  if (known.made >= PIECES_MAX) return known.small.pop() ?? Buffer.allocUnsafeSlow(SMALL_PIECE_SIZE_BYTES)
  known.made += 1
  return Buffer.allocUnsafeSlow(PIECE_SIZE_BYTES)
}

/** Gives a piece back; nobody may be sending from it any more. */
export function givePiece(piece: Piece): void {
  const { free, small } = pool()
  if (piece.length === PIECE_SIZE_BYTES) free.push(piece)
  else if (small.length < FREE_SMALL_PIECES_MAX) small.push(piece)
}
