import type { FileHandle } from 'node:fs/promises'
import { readAt } from '#lib/mp4/read-movie'
import type { SampleTable } from '#lib/mp4/read-sample-table'

/** Reading what lies between two packets is cheaper than a second read, up to here. */
const GAP_BYTES_MAX = 256 * 1024
const READ_BYTES_MAX = 16 * 1024 ** 2

/**
 * The bytes of a run of samples, one after the other. Sound and picture alternate in the file, so it is read in few large
 * pieces and the samples are picked out. Memory: twice the run at most.
 * @throws CopyRefused truncated
 */
export async function readSamples(
  file: FileHandle,
  { offsets, sizes }: Pick<SampleTable, 'offsets' | 'sizes'>,
  from: number,
  to: number,
): Promise<Buffer> {
  const totalBytes = sizes.subarray(from, to).reduce((sum, size) => sum + size, 0)
  const all = Buffer.allocUnsafe(totalBytes)
  for (let index = from, done = 0; index < to; ) {
    const end = findPieceEnd(offsets, sizes, index, to)
    const start = offsets[index] ?? 0
    const piece = await readAt(file, start, (offsets[end - 1] ?? 0) + (sizes[end - 1] ?? 0) - start)
    for (; index < end; index += 1) {
      const at = (offsets[index] ?? 0) - start
      piece.copy(all, done, at, at + (sizes[index] ?? 0))
      done += sizes[index] ?? 0
    }
  }
  return all
}

function findPieceEnd(offsets: Float64Array, sizes: Uint32Array, from: number, to: number): number {
  const start = offsets[from] ?? 0
  let end = from + 1
  for (let before = start + (sizes[from] ?? 0); end < to; end += 1) {
    const [at, size] = [offsets[end] ?? 0, sizes[end] ?? 0]
    if (at < before || at - before > GAP_BYTES_MAX || at + size - start > READ_BYTES_MAX) break
    before = at + size
  }
  return end
}
