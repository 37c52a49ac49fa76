import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { singleton } from '#lib/singleton'
import { countCachedBytes, dropCached } from '#lib/stream/media-cache'
import { streamResponse } from '#lib/stream/stream-response'
import { type Door, openDoors } from '../support/stream-doors.ts'
import { openTestDatabase } from '../support/test-database.ts'

/** So small that nearly every file is read anew, into memory that others were sent from a moment ago. */
const CACHE = '160M'
const FILES = 20
/** More than the kernel takes for a connection that nobody reads from, some 4 MB: the rest waits in our memory. */
const SIZE_BYTES = 6_000_000
const SLOW = 3
const ROUNDS = 40

const dataPath = await mkdtemp(join(tmpdir(), 'peekr-slabs-'))
const database = await openTestDatabase('slabs')
singleton('config', () =>
  parseConfig({ PEEKR_DATA: dataPath, PEEKR_CACHE: CACHE, MONGODB_URI: database.uri }),
)

const [videoId, revisionId] = [createId(), createId()]
const files = Array.from({ length: FILES + SLOW }, (_, number) => randomBytes(SIZE_BYTES + number * 3_000))
let doors: [Door, Door]

before(async () => {
  await connectDatabase()
  const folder = join(dataPath, 'library', videoId, 'revisions', revisionId, '720p')
  await mkdir(folder, { recursive: true })
  for (const [number, content] of files.entries()) await writeFile(join(folder, nameOf(number)), content)
  await VideoModel.create({
    _id: videoId,
    ownerId: createId(),
    uploadId: createId(),
    title: 'Slabs',
    state: 'ready',
    playable: true,
    visibility: 'public',
    source: { filename: 'a.mp4', sizeBytes: 1, sha256: null },
    revision: { id: revisionId, segmentFormat: 'fmp4', renditions: [], audio: null, poster: false },
  })
  doors = await openDoors({ stallMs: 120_000 })
})

after(async () => {
  await Promise.all(doors.map((door) => door.close()))
  await disconnectDatabase()
  await database.close()
  await rm(dataPath, { recursive: true })
})

function nameOf(number: number): string {
  return `segment-${String(number).padStart(5, '0')}.m4s`
}

function targetOf(number: number): string {
  return `/stream/${videoId}/${revisionId}/720p/${nameOf(number)}`
}

/** Asks for a file, and takes nothing of it until `goOn`. */
async function askAndWait(door: Door, number: number, goOn: Promise<void>): Promise<Buffer> {
  const socket = connect(door.port, '127.0.0.1')
  socket.write(`GET ${targetOf(number)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  await goOn
  const pieces: Buffer[] = []
  for await (const piece of socket) pieces.push(piece)
  return Buffer.concat(pieces)
}

test('memory that is used again for another file never changes what somebody is still being sent', async () => {
  const quickOnes = Promise.withResolvers<void>()
  const [front, handler] = doors
  // Nobody asks for these again, so that they are the first to go.
  const slow = Array.from({ length: SLOW }, async (_, reader) => {
    const received = await askAndWait(front, FILES + reader, quickOnes.promise)
    assert.ok(received.includes(files[FILES + reader] as Buffer), `the slow reader ${reader}`)
  })
  await waitUntil(() => countCachedBytes() > SLOW * SIZE_BYTES)
  for (let round = 0; round < ROUNDS; round++) {
    const number = (round * 7) % FILES
    // What the route handler gave away is not used again, so that it shows nothing here; one file of it is enough.
    const door = number === 9 ? handler : front
    const { body } = await door.get(targetOf(number))
    assert.ok(body.equals(files[number] as Buffer), `${door.name}, round ${round}`)
  }
  quickOnes.resolve()
  await Promise.all(slow)
  assert.ok(countCachedBytes() <= 80 * 1024 * 1024)
})

test('what a handler gives to be piped counts as memory until its last byte has left, or whoever read it', async () => {
  for (const end of ['taken', 'gone']) {
    const response = await streamResponse(new Request(`http://peekr.test${targetOf(0)}`))
    const [taken, gone] = [Promise.withResolvers<void>(), new AbortController()]
    let receivedBytes = 0
    const sink = new WritableStream<Uint8Array>({
      write: (chunk) => {
        receivedBytes += chunk.length
        return taken.promise
      },
    })
    const piped = response.body?.pipeTo(sink, { signal: gone.signal }) ?? Promise.resolve()
    dropCached(videoId)
    await waitUntil(() => receivedBytes === SIZE_BYTES)
    assert.ok(countCachedBytes() >= SIZE_BYTES, `${end}: nobody finds it any more, and it counts`)
    if (end === 'gone') gone.abort(new Error('the reader has gone'))
    else taken.resolve()
    await (end === 'gone' ? assert.rejects(piped, /the reader has gone/) : piped)
    assert.equal(countCachedBytes(), 0, end)
  }
})

async function waitUntil(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(10)
}
