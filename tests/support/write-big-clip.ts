import { createCipheriv, createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeClip } from './make-clip.ts'

/** What a test needs to know of a file to tell whether it arrived whole. */
export interface BigClip {
  path: string
  filename: string
  sizeBytes: number
  sha256: string
}

/** Writes a small clip made as large as wanted by `padClip` into `folder`. The seed decides its padding. */
export async function writeBigClip(options: {
  folder: string
  filename: string
  sizeBytes: number
  seed: number
}): Promise<BigClip> {
  const { folder, filename, sizeBytes, seed } = options
  const path = await makeClip({ folder, name: filename, width: 160, height: 120 })
  const bytes = padClip(await readFile(path), sizeBytes, seed)
  await writeFile(path, bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { path: join(folder, filename), filename, sizeBytes: bytes.length, sha256 }
}

/** The clip with a `free` box of noise behind it, so that it has `sizeBytes` and is still a valid MP4 (ISO 14496-12 §8.1.2). */
export function padClip(clip: Buffer, sizeBytes: number, seed: number): Buffer {
  const header = Buffer.from('\0\0\0\0free', 'latin1')
  const paddingBytes = sizeBytes - clip.length
  if (paddingBytes < header.length) throw new Error(`The clip has ${clip.length} bytes already.`)
  header.writeUInt32BE(paddingBytes, 0)
  return Buffer.concat([clip, header, noise(paddingBytes - header.length, seed)])
}

/** A cipher's key stream: noise that nothing can shrink, made at a gigabyte a second. */
function noise(lengthBytes: number, seed: number): Buffer {
  const key = createHash('sha256').update(String(seed)).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(lengthBytes))
}
