import { open } from 'node:fs/promises'
import { findAvcCodec } from '#lib/hls/codec-string'

const HEAD_BYTES = 64 * 1024

/** The codec string of the H.264 in a file of ours, an init segment or a transport stream; null when it has none. */
export async function findFileCodec(path: string): Promise<string | null> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return findAvcCodec(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}
