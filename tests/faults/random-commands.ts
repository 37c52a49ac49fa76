import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { BSON, type Db, type Document, MongoClient } from 'mongodb'
import { buildDatabasePaths } from '#lib/db/embedded/database-paths'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { configureLog } from '#lib/log'
import { buildRandomCommand, normalizeReply } from './build-random-command.ts'
import { createRandom, type FaultCase, type FaultOutcome } from './fault-case.ts'

const SECONDS = 600
const ANSWER_MS = 10_000
const FRAMES_A_ROUND = 20
const COMMANDS_A_ROUND = 60

/** Ten minutes of random frames and random commands; the same commands go to the server MONGODB_URI names. */
export const randomCommands: FaultCase = {
  promise:
    'No frame and no command stops the database or leaves a client waiting, and what it answers is what the other server answers.',
  run({ seed, seconds = SECONDS, onProgress }) {
    configureLog('silent')
    return runRandomCommands({
      seed,
      seconds,
      otherUri: process.env.MONGODB_URI ?? null,
      onProgress,
    })
  },
}

export async function runRandomCommands({
  seed,
  seconds,
  otherUri,
  onProgress,
}: {
  seed: number
  seconds: number
  otherUri: string | null
  onProgress: (line: string) => void
}): Promise<FaultOutcome> {
  const random = createRandom(seed)
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-random-'))
  const database = await startEmbeddedDatabase({ dataPath })
  const client = await MongoClient.connect(database.uri, { socketTimeoutMS: ANSWER_MS })
  const other = otherUri ? await MongoClient.connect(otherUri) : null
  const name = `peekr-random-${randomBytes(4).toString('hex')}`
  const figures = { rounds: 0, frames: 0, commands: 0, compared: 0, crashes: 0, hangs: 0, differences: 0 }
  const violations: string[] = []
  try {
    const pid = await readPid(client)
    for (
      const until = Date.now() + seconds * 1000;
      Date.now() < until && violations.length < 20;
      figures.rounds++
    ) {
      for (let i = 0; i < FRAMES_A_ROUND; i++) {
        await sendFrame(buildDatabasePaths(dataPath).socket, buildFrame(random))
        figures.frames++
      }
      await compareCommands(random, client.db(name), other?.db(name) ?? null, figures, violations)
      if ((await readPid(client)) !== pid) {
        figures.crashes++
        violations.push(`round ${figures.rounds}: the database's process is another one`)
        break
      }
      if (figures.rounds % 50 === 49) onProgress(`${figures.commands} commands, ${figures.compared} compared`)
    }
  } catch (error) {
    figures.hangs++
    violations.push(`round ${figures.rounds}: ${String(error)}`)
  } finally {
    await other?.db(name).dropDatabase()
    await other?.close()
    await client.close()
    await database.stop()
    await rm(dataPath, { recursive: true, force: true })
  }
  return { figures, violations }
}

async function readPid(client: MongoClient): Promise<number> {
  return (await client.db('admin').command({ serverStatus: 1 })).pid
}

/** The same commands on the same documents on both; only what both accept is compared. */
async function compareCommands(
  random: () => number,
  ours: Db,
  theirs: Db | null,
  figures: { commands: number; compared: number; differences: number },
  violations: string[],
): Promise<void> {
  await Promise.all([reset(ours), theirs ? reset(theirs) : null])
  for (let i = 0; i < COMMANDS_A_ROUND; i++) {
    const command = buildRandomCommand(random)
    figures.commands++
    const [mine, other] = await Promise.all([run(ours, command), theirs ? run(theirs, command) : null])
    if (!mine || !other) {
      // A write that one of them refused makes their documents differ from here on.
      // So does an update of many that both refused half-way.
      if (theirs && (!mine !== !other || command.update)) return
      continue
    }
    figures.compared++
    if (isDeepStrictEqual(normalizeReply(command, mine), normalizeReply(command, other))) continue
    figures.differences++
    violations.push(
      `${BSON.EJSON.stringify(command)}: ${BSON.EJSON.stringify(normalizeReply(command, mine))} here, ${BSON.EJSON.stringify(normalizeReply(command, other))} there`,
    )
    return
  }
}

async function reset(db: Db): Promise<void> {
  await db
    .collection('c')
    .drop()
    .catch(() => {}) // There is none yet.
  await db.createCollection('c')
}

/** The reply, or null when the command was refused; a broken connection is for the caller. */
async function run(db: Db, command: Document): Promise<Document | null> {
  try {
    const reply = await db.command(BSON.EJSON.parse(BSON.EJSON.stringify(command, { relaxed: false })))
    return reply.writeErrors ? null : reply
  } catch (error) {
    if (typeof (error as { code?: unknown }).code === 'number') return null
    throw error
  }
}

/** Random bytes, a random body under an honest header, or a good message with bytes changed. */
function buildFrame(random: () => number): Buffer {
  const bytes = (count: number) =>
    Buffer.from(Array.from({ length: count }, () => Math.floor(random() * 256)))
  const kind = random()
  if (kind < 0.2) return bytes(1 + Math.floor(random() * 200))
  const command = buildRandomCommand(random)
  const body =
    kind < 0.4
      ? bytes(Math.floor(random() * 200))
      : Buffer.from(BSON.serialize({ ...command, $db: 'frames' }))
  const frame = Buffer.alloc(21 + body.length)
  frame.writeInt32LE(frame.length, 0)
  frame.writeInt32LE(2013, 12)
  frame.set(body, 21)
  const flips = kind < 0.4 ? 0 : Math.floor(random() * 6)
  for (let i = 0; i < flips; i++) frame[Math.floor(random() * frame.length)] = Math.floor(random() * 256)
  return frame
}

/** Sends it and is done when the connection is closed or something is answered, or nothing more can be expected. */
function sendFrame(path: string, frame: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => socket.end(frame))
    const timer = setTimeout(() => socket.destroy(), 200)
    socket.on('error', () => {}) // Being cut off is what is expected.
    socket.on('data', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
