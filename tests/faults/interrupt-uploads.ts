import { execFile } from 'node:child_process'
import { createCipheriv, createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, rm, statfs } from 'node:fs/promises'
import type { ClientRequest } from 'node:http'
import { type AddressInfo, createServer, connect as openSocket, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createTusUpload, headOffset, makeUploader, openUploadTest } from '../support/upload-test.ts'
import { forkUploadServer, openPatch } from '../support/upload-world.ts'
import { createRandom, type FaultCase } from './fault-case.ts'

const run = promisify(execFile)
const MIB = 1024 ** 2
const CHUNK_BYTES = 3 * MIB
const SIZE_BYTES_MAX = 300_000_000
const PIECE_BYTES = 65_536
const ANSWER_MS = 30_000

const KINDS = ['client abort', 'reset', 'stall', 'proxy cut', 'server kill -9', 'disk full'] as const
type Kind = (typeof KINDS)[number]

/** Every way an upload breaks off, again and again, until all of it is there. */
export const interruptUploads: FaultCase = {
  promise:
    'A 300 MB upload that is interrupted again and again (client, reset, stall, proxy, kill -9, full disk) arrives as it was, at most one chunk sent twice for each.',
  async run({ seed, kills, onProgress }) {
    const random = createRandom(seed)
    const violations: string[] = []
    const counts = new Map<Kind, number>()
    let twiceBytesMax = 0
    let uploads = 0
    let interruptions = 0
    const place = await openPlace()
    try {
      const sizeBytes = Math.min(SIZE_BYTES_MAX, kills * 2 * MIB + 12_345)
      while (interruptions < kills) {
        const file = noise(sizeBytes, Math.floor(random() * 2 ** 32))
        const { url, uploadId } = await createTusUpload(place.origin(), place.authorization, sizeBytes)
        const path = new URL(url).pathname
        uploads += 1
        let furthest = 0
        for (let acknowledged = 0; acknowledged < sizeBytes; ) {
          const end = Math.min(acknowledged + CHUNK_BYTES, sizeBytes)
          if (interruptions >= kills) {
            acknowledged = await sendWhole(place, path, file, acknowledged, end)
            continue
          }
          const kind = pickKind(random, place.canFill)
          const cutAt = acknowledged + 1 + Math.floor(random() * (end - acknowledged))
          const where = `${kind} ${interruptions} at byte ${cutAt}`
          const sentTo = await interrupt({ kind, place, path, file, from: acknowledged, cutAt, end })
          const offset = await findOffsetSoon(place, path)
          interruptions += 1
          counts.set(kind, (counts.get(kind) ?? 0) + 1)
          if (offset < acknowledged)
            violations.push(`${where}: ${acknowledged} were acknowledged, ${offset} are there`)
          // A request that was cut may still be read after the next one was answered: its bytes were sent as well.
          furthest = Math.max(furthest, sentTo)
          if (offset > furthest)
            violations.push(`${where}: ${offset} are said to be there, ${furthest} were sent`)
          if (!(await hasSame(place.filePath(uploadId), file, acknowledged, offset))) {
            violations.push(`${where}: the bytes that are there are not those that were sent`)
          }
          twiceBytesMax = Math.max(twiceBytesMax, sentTo - offset)
          if (interruptions % 10 === 0)
            onProgress(`${interruptions} interruptions, ${offset} of ${sizeBytes} bytes`)
          acknowledged = offset
        }
        const stored = await hashFile(place.filePath(uploadId))
        if (stored !== createHash('sha256').update(file).digest('hex')) {
          violations.push(`upload ${uploads}: the stored file's SHA-256 is ${stored}`)
        }
        await rm(place.filePath(uploadId))
      }
      if (twiceBytesMax > CHUNK_BYTES)
        violations.push(`${twiceBytesMax} bytes were sent twice, more than a chunk`)
    } finally {
      await place.close()
    }
    const byKind = Object.fromEntries(KINDS.map((kind) => [kind, counts.get(kind) ?? 0]))
    return {
      figures: { uploads, interruptions, ...byKind, 'bytes sent twice for one, at most': twiceBytesMax },
      violations,
    }
  },
}

interface Place {
  authorization: string
  /** Of the proxy, which is what clients talk to. */
  origin(): string
  filePath(uploadId: string): string
  canFill: boolean
  /** Leaves `freeBytes` on the disk; returns what undoes it. */
  fill(freeBytes: number): Promise<() => Promise<void>>
  kill(): Promise<void>
  /** Cuts every connection in the middle of what it carries. */
  cutProxy(): void
  close(): Promise<void>
}

/** A server process on a small disk of its own, behind a proxy. */
async function openPlace(): Promise<Place> {
  const world = await openUploadTest()
  const canFill = process.geteuid?.() === 0
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-interrupt-'))
  if (canFill) await run('mount', ['-t', 'tmpfs', '-o', 'size=420m', 'tmpfs', dataPath])
  await mkdir(join(dataPath, 'uploads'))
  const { authorization } = await makeUploader()
  let server = await forkUploadServer(dataPath)
  const sockets = new Set<Socket>()
  const proxy = createServer((client) => {
    const upstream = openSocket(Number(new URL(server.origin).port), '127.0.0.1')
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one
        .on('error', () => other.destroy())
        .on('close', () => {
          sockets.delete(one)
          other.destroy()
        })
      one.pipe(other)
    }
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  return {
    authorization,
    origin: () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    filePath: (uploadId) => join(dataPath, 'uploads', uploadId),
    canFill,
    async fill(freeBytes) {
      const { bavail, bsize } = await statfs(dataPath)
      const path = join(dataPath, 'filler')
      await run('fallocate', ['-l', String(Math.max(1, bavail * bsize - freeBytes)), path])
      return () => rm(path)
    },
    async kill() {
      await server.kill()
      server = await forkUploadServer(dataPath)
    },
    cutProxy() {
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      await server.kill()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => proxy.close(resolve))
      if (canFill) await run('umount', [dataPath])
      await rm(dataPath, { recursive: true, force: true })
      await world.close()
    },
  }
}

function pickKind(random: () => number, canFill: boolean): Kind {
  return KINDS[Math.floor(random() * (canFill ? KINDS.length : KINDS.length - 1))] ?? 'client abort'
}

/** Sends a chunk up to a byte and breaks it off there. @returns up to where bytes were sent */
async function interrupt(fault: {
  kind: Kind
  place: Place
  path: string
  file: Buffer
  from: number
  cutAt: number
  end: number
}): Promise<number> {
  const { kind, place, path, file, from, cutAt, end } = fault
  if (kind === 'disk full') {
    const free = await place.fill(cutAt - from)
    const status = await answerOf(patchTo(place, path, from, end), file, from, end)
    await free()
    if (![507, 204, 0].includes(status)) throw new Error(`A full disk was answered with ${status}.`)
    return end
  }
  const patch = patchTo(place, path, from, end)
  await sendTo(patch, file, from, cutAt)
  if (kind === 'client abort') patch.destroy()
  if (kind === 'reset') patch.socket?.resetAndDestroy()
  if (kind === 'proxy cut') place.cutProxy()
  if (kind === 'server kill -9') await place.kill()
  // A stalled one stays open: the next request takes over from it.
  if (kind === 'stall') setTimeout(() => patch.destroy(), ANSWER_MS).unref()
  return cutAt
}

function patchTo(place: Place, path: string, offset: number, end: number): ClientRequest {
  return openPatch(place.origin() + path, { authorization: place.authorization, offset, end })
}

/** Resolves when all of it has been handed to the system, or the connection is gone. */
async function sendTo(patch: ClientRequest, file: Buffer, from: number, to: number): Promise<void> {
  for (let at = from; at < to && !patch.destroyed; at += PIECE_BYTES) {
    const bytes = file.subarray(at, Math.min(at + PIECE_BYTES, to))
    await new Promise<void>((resolve) => {
      patch.once('close', resolve)
      patch.write(bytes, () => {
        patch.off('close', resolve)
        resolve()
      })
    })
  }
}

/** The status of the answer, which may come before all is sent; 0 when the connection broke before it did. */
async function answerOf(patch: ClientRequest, file: Buffer, from: number, end: number): Promise<number> {
  const answered = new Promise<number>((resolve) => {
    patch.once('response', (response) => {
      response.on('error', () => {}).resume()
      resolve(response.statusCode ?? 0)
    })
    patch.once('close', () => resolve(0))
  })
  await sendTo(patch, file, from, end)
  patch.end()
  return Promise.race([answered, sleep(ANSWER_MS, 0, { ref: false })])
}

async function sendWhole(
  place: Place,
  path: string,
  file: Buffer,
  from: number,
  end: number,
): Promise<number> {
  const status = await answerOf(patchTo(place, path, from, end), file, from, end)
  if (status !== 204) throw new Error(`An undisturbed chunk was answered with ${status}.`)
  return end
}

/** As a client does: until the server answers. */
async function findOffsetSoon(place: Place, path: string): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await headOffset(place.origin() + path, place.authorization)
    } catch (error) {
      if (attempt === 20) throw error
      await sleep(100)
    }
  }
}

async function hasSame(path: string, file: Buffer, from: number, to: number): Promise<boolean> {
  const handle = await open(path, 'r')
  try {
    const buffer = Buffer.alloc(Math.max(0, to - from))
    await handle.read(buffer, 0, buffer.length, from)
    return buffer.equals(file.subarray(from, to))
  } finally {
    await handle.close()
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path)) hash.update(bytes)
  return hash.digest('hex')
}

function noise(sizeBytes: number, seed: number): Buffer {
  const key = createHash('sha256').update(String(seed)).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes))
}
