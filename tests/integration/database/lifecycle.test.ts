import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import test, { type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { MongoClient } from 'mongodb'
import { backUpEmbeddedDatabase } from '#lib/db/embedded/back-up-embedded-database'
import { buildDatabasePaths } from '#lib/db/embedded/database-paths'
import { findRunningEmbeddedDatabase } from '#lib/db/embedded/find-running-embedded-database'
import { serveDatabase } from '#lib/db/embedded/serve-database'
import { type EmbeddedDatabase, startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { configureLog } from '#lib/log'

configureLog('silent')
const run = promisify(execFile)

const cleanUps = new WeakMap<TestContext, (() => Promise<unknown>)[]>()

/** Runs last what was asked for first: a folder goes when the database in it is stopped. `t.after` keeps the order. */
function cleanUp(t: TestContext, work: () => Promise<unknown>): void {
  const known = cleanUps.get(t)
  if (known) {
    known.unshift(work)
    return
  }
  const works = [work]
  cleanUps.set(t, works)
  t.after(async () => {
    for (const one of works) await one()
  })
}

async function makeFolder(t: TestContext, under = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(under, 'peekr-life-'))
  cleanUp(t, () => rm(folder, { recursive: true, force: true }))
  return folder
}

async function start(t: TestContext, dataPath: string): Promise<EmbeddedDatabase> {
  const database = await startEmbeddedDatabase({ dataPath })
  cleanUp(t, () => database.stop())
  return database
}

async function connect(t: TestContext, uri: string): Promise<MongoClient> {
  const client = await MongoClient.connect(uri, { serverSelectionTimeoutMS: 5_000 })
  cleanUp(t, () => client.close())
  return client
}

/** Asks until it is answered: right after a kill, connections are refused until the database is back. */
async function pidOf(client: MongoClient): Promise<number> {
  const until = Date.now() + 10_000
  for (;;) {
    try {
      return (await client.db().admin().command({ serverStatus: 1 })).pid
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

test('its socket is for its owner only (and the run reports how long it took to be ready)', async (t) => {
  const dataPath = await makeFolder(t)
  const emptyAt = performance.now()
  await run(process.execPath, ['-e', ''])
  const startedAt = performance.now()
  await start(t, dataPath)
  const readyMs = performance.now() - startedAt
  t.diagnostic(
    `ready after ${Math.round(readyMs)} ms; an empty process takes ${Math.round(startedAt - emptyAt)} ms`,
  )
  const { socket } = buildDatabasePaths(dataPath)
  assert.equal((await stat(socket)).mode & 0o777, 0o600)
})

test('a second start in the same folder uses the one that runs, and does not end it', async (t) => {
  const dataPath = await makeFolder(t)
  assert.equal(await findRunningEmbeddedDatabase({ dataPath }), null)
  const { uri } = await start(t, dataPath)
  const second = await startEmbeddedDatabase({ dataPath })
  assert.equal(second.uri, uri)
  await second.stop()
  assert.equal(await findRunningEmbeddedDatabase({ dataPath }), uri)
})

test('two starts at the same moment share one database', async (t) => {
  const dataPath = await makeFolder(t)
  const [first, second] = await Promise.all([start(t, dataPath), start(t, dataPath)])
  assert.equal(first.uri, second.uri)
})

test('a second process on the same file is refused with a sentence', async (t) => {
  const dataPath = await makeFolder(t)
  await start(t, dataPath)
  await assert.rejects(serveDatabase(buildDatabasePaths(dataPath), 1_000), {
    code: 'database_away',
    message: /^Another process uses the database .+\. Stop it first/,
  })
})

test('a start while another process still holds the file waits for it, and takes its place when it goes', async (t) => {
  const dataPath = await makeFolder(t)
  const { folder, file } = buildDatabasePaths(dataPath)
  await mkdir(folder)
  const other = new DatabaseSync(file)
  cleanUp(t, async () => other.isOpen && other.close())
  other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  const starting = start(t, dataPath)
  // Longer than a database takes to open, as one of a million videos does.
  const early = await Promise.race([starting.then(String, String), sleep(4_000, 'waits')])
  assert.equal(early, 'waits')
  other.close()
  const client = await connect(t, (await starting).uri)
  assert.equal((await client.db().command({ ping: 1 })).ok, 1)
})

test('a file that cannot be opened is refused with a sentence that does not blame another process', async (t) => {
  const dataPath = await makeFolder(t)
  await mkdir(buildDatabasePaths(dataPath).file, { recursive: true })
  await assert.rejects(startEmbeddedDatabase({ dataPath }), {
    code: 'database_away',
    message: /could not be opened \(unable to open database file\)\. Check that its disk has space left/,
  })
})

test('a full disk at the start is told as what it is', {
  skip: process.getuid?.() !== 0 && 'mounting needs root',
}, async (t) => {
  const dataPath = await makeFolder(t)
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'peekr-test', dataPath])
  cleanUp(t, () => run('umount', [dataPath]))
  const { folder } = buildDatabasePaths(dataPath)
  await mkdir(folder)
  await writeFile(join(dataPath, 'filler'), Buffer.alloc(56 * 1024))
  await assert.rejects(startEmbeddedDatabase({ dataPath }), {
    code: 'database_away',
    message: /could not be opened \(database or disk is full\)\. Check that its disk has space left/,
  })
})

test('a damaged file is refused with a sentence, and left as it is', async (t) => {
  const dataPath = await makeFolder(t)
  const { folder, file } = buildDatabasePaths(dataPath)
  await mkdir(folder)
  await writeFile(file, 'this is not a database, however long it may be '.repeat(50))
  await assert.rejects(startEmbeddedDatabase({ dataPath }), { code: 'database_away', message: /is damaged/ })
  assert.match(await readFile(file, 'utf8'), /^this is not/)
})

test('a backup made during writes is one moment of the database, and a database of its own', async (t) => {
  const dataPath = await makeFolder(t)
  const { uri } = await start(t, dataPath)
  const client = await connect(t, uri)
  const items = client.db().collection<{ _id: number; pair: number }>('items')
  const padding = 'x'.repeat(2_000)
  await items.createIndex({ pair: 1 })
  await items.insertMany(Array.from({ length: 2_000 }, (_, i) => ({ _id: -1 - i, pair: -1 - i, padding })))
  const state = { next: 0, over: false }
  const writing = Array.from({ length: 4 }, async () => {
    while (!state.over) {
      const _id = state.next++
      await items.insertOne({ _id, pair: _id })
      await items.updateOne({ _id }, { $set: { pair: _id + 0.5 } })
    }
  })
  const { path, sizeBytes } = await backUpEmbeddedDatabase({ dataPath }).finally(() => {
    state.over = true
  })
  await Promise.all(writing)
  assert.ok(sizeBytes > 4_000_000)
  assert.deepEqual(await readdir(join(dataPath, 'db', 'backups')), [basename(path)])
  const copyPath = await makeFolder(t)
  await mkdir(join(copyPath, 'db'))
  await copyFile(path, buildDatabasePaths(copyPath).file)
  const copy = await start(t, copyPath)
  const stored = (await connect(t, copy.uri)).db().collection<{ _id: number; pair: number }>('items')
  const ids = (await stored.find({ _id: { $gte: 0 } }).toArray()).map(({ _id }) => _id)
  assert.equal(await stored.countDocuments({ _id: { $lt: 0 } }), 2_000)
  // Writers work one after another: of all that was written before one that is in the copy, at most three are missing.
  assert.ok(ids.length >= Math.max(0, ...ids) - 3)
  assert.equal((await stored.find({}).hint({ pair: 1 }).toArray()).length, 2_000 + ids.length)
})

test('a damaged database is refused at the start, and the last good backup is named', async (t) => {
  const dataPath = await makeFolder(t)
  const first = await start(t, dataPath)
  const client = await connect(t, first.uri)
  const documents = Array.from({ length: 500 }, (_, i) => ({ _id: i, text: 'x'.repeat(1_000) }))
  await client.db().collection<{ _id: number }>('items').insertMany(documents)
  const good = await backUpEmbeddedDatabase({ dataPath })
  const bad = await backUpEmbeddedDatabase({ dataPath })
  await client.close()
  await first.stop()
  for (const path of [bad.path, buildDatabasePaths(dataPath).file]) {
    const bytes = await readFile(path)
    bytes.fill(0xa5, 8192, bytes.length - 8192)
    await writeFile(path, bytes)
  }
  await assert.rejects(startEmbeddedDatabase({ dataPath }), (error: Error) => {
    assert.match(error.message, /is damaged\. The last good backup is /)
    assert.ok(error.message.includes(good.path), error.message)
    return true
  })
})

test('a data folder with a very long path works, through a private folder for the socket', async (t) => {
  const base = await makeFolder(t)
  const dataPath = join(base, 'x'.repeat(120))
  await mkdir(dataPath)
  const { uri } = await start(t, dataPath)
  const { socketFolder } = buildDatabasePaths(dataPath)
  cleanUp(t, () => rm(socketFolder, { recursive: true, force: true }))
  assert.ok(!socketFolder.startsWith(base))
  assert.equal((await stat(socketFolder)).mode & 0o777, 0o700)
  const client = await connect(t, uri)
  assert.equal((await client.db().command({ ping: 1 })).ok, 1)
})

test('it ends with its parent, even when that is killed', async (t) => {
  const dataPath = await makeFolder(t)
  const script = `
    import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
    await startEmbeddedDatabase({ dataPath: ${JSON.stringify(dataPath)} })
    process.kill(process.pid, 'SIGKILL')`
  await assert.rejects(run(process.execPath, ['--input-type=module', '-e', script]), { signal: 'SIGKILL' })
  const until = Date.now() + 3_000
  while ((await findRunningEmbeddedDatabase({ dataPath })) && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.equal(await findRunningEmbeddedDatabase({ dataPath }), null)
})

test('a stopped database keeps its data for the next start', async (t) => {
  const dataPath = await makeFolder(t)
  const first = await startEmbeddedDatabase({ dataPath })
  const client = await MongoClient.connect(first.uri)
  await client.db().collection('a').createIndex({ n: 1 }, { unique: true })
  await client.db().collection('a').insertOne({ n: 1 })
  await client.close()
  await first.stop()
  const { uri } = await start(t, dataPath)
  const again = await connect(t, uri)
  await assert.rejects(again.db().collection('a').insertOne({ n: 1 }), { code: 11000 })
})

test('hostile bytes close their own connection and nobody else’s', async (t) => {
  const dataPath = await makeFolder(t)
  const { uri } = await start(t, dataPath)
  const client = await connect(t, uri)
  const pid = await pidOf(client)
  const header = (size: number, opCode: number) => {
    const bytes = Buffer.alloc(16)
    bytes.writeInt32LE(size)
    bytes.writeInt32LE(opCode, 12)
    return bytes
  }
  const hostile = [
    Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    header(2 ** 31 - 1, 2013),
    header(-5, 2013),
    Buffer.concat([header(30, 2013), Buffer.alloc(14, 0xff)]),
    Buffer.concat([header(25, 2013), Buffer.of(0, 0, 0, 0, 0, 255, 255, 255, 127)]),
    Buffer.concat([header(16, 2012)]),
  ]
  for (const bytes of hostile) {
    await new Promise<void>((resolve) => {
      const socket = createConnection(buildDatabasePaths(dataPath).socket, () => socket.write(bytes))
      socket.on('error', () => {})
      socket.on('close', () => resolve())
    })
  }
  assert.equal(await pidOf(client), pid)
})
