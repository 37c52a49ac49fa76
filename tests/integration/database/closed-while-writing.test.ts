import assert from 'node:assert/strict'
import diagnostics from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import test, { after, before } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import mongoose, { type mongo } from 'mongoose'
import { parseConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { forgetSingleton, singleton } from '#lib/singleton'
import { openTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { openTestDatabase, type TestDatabase } from '../../support/test-database.ts'

/** It takes milliseconds; the rest is for a loaded machine. */
const SETTLED_MS_MAX = 20_000

const sockets = new Set<Socket>()
const onSocket = (message: unknown) => sockets.add((message as { socket: Socket }).socket)

let database: TestDatabase
let proxy: TcpProxy
let things: mongo.Collection

before(async () => {
  diagnostics.subscribe('net.client.socket', onSocket)
  database = await openTestDatabase('writing')
  const { hostname, port, pathname } = new URL(database.uri)
  const path = decodeURIComponent(hostname)
  proxy = await openTcpProxy(path.endsWith('.sock') ? { path } : { host: hostname, port: Number(port) })
  forgetSingleton('config')
  const uri = `mongodb://127.0.0.1:${proxy.port}${pathname}?directConnection=true`
  singleton('config', () => parseConfig({ MONGODB_URI: uri }))
  await connectDatabase()
  assert.ok(mongoose.connection.db)
  things = mongoose.connection.db.collection('things')
})
after(async () => {
  diagnostics.unsubscribe('net.client.socket', onSocket)
  await disconnectDatabase()
  forgetSingleton('config')
  await proxy.close()
  await database.close()
})

/** A value that closes every connection to the database at the moment at which a command with it is put into bytes. */
function closeWhenEncoded(): { toBSON(): string; closed: number } {
  const value = {
    closed: 0,
    toBSON() {
      if (value.closed++ === 0)
        for (const socket of sockets) if (socket.remotePort === proxy.port) socket.destroy()
      return 'value'
    },
  }
  return value
}

async function settled<T>(operation: Promise<T>): Promise<PromiseSettledResult<T> | 'hangs'> {
  const [outcome] = await Promise.allSettled([
    Promise.race([operation, sleep(SETTLED_MS_MAX, 'hangs' as const, { ref: false })]),
  ])
  if (outcome.status === 'rejected') return outcome
  return outcome.value === 'hangs' ? 'hangs' : { status: 'fulfilled', value: outcome.value }
}

test('a read whose connection closes before it is written is read again', async () => {
  await things.insertOne({ name: 'value' })
  const value = closeWhenEncoded()
  const outcome = await settled(things.findOne({ name: value }))
  assert.ok(outcome !== 'hangs', 'it never settles')
  assert.equal(value.closed, 2, 'it was not sent again')
  assert.ok(outcome.status === 'fulfilled' && outcome.value?.name === 'value', JSON.stringify(outcome))
})

test('a write whose connection closes before it is written fails with a network error, and was not done', async () => {
  const outcome = await settled(things.insertOne({ name: closeWhenEncoded(), mark: 'write' }))
  assert.ok(outcome !== 'hangs', 'it never settles')
  const done = await things.countDocuments({ mark: 'write' })
  if (outcome.status === 'fulfilled') return assert.equal(done, 1) // A server with retryable writes.
  assert.ok(outcome.reason instanceof mongoose.mongo.MongoNetworkError, String(outcome.reason))
  assert.equal(done, 0)
})
