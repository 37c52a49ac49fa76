import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import diagnostics from 'node:diagnostics_channel'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import test from 'node:test'
import mongoose from 'mongoose'
import { parseConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { configureLog } from '#lib/log'
import { forgetSingleton, singleton } from '#lib/singleton'

configureLog('silent')

test('an embedded database whose process is killed while another one opens it is opened anew', async () => {
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-opening-'))
  // As a server's, which is killed with its database.
  const other = fork(resolve('lib/db/embedded/main.ts'), [dataPath], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  let connections = 0
  const kill = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    // The first only asks whether it is there; the third is the first that indexes are made over.
    socket.once('connect', () => {
      if (++connections === 3) other.kill('SIGKILL')
    })
  }
  forgetSingleton('config')
  singleton('config', () => parseConfig({ PEEKR_DATA: dataPath }))
  try {
    const [ready] = await once(other, 'message')
    assert.equal((ready as { ready: boolean }).ready, true)
    diagnostics.subscribe('net.client.socket', kill)
    await connectDatabase()
    assert.equal(other.signalCode, 'SIGKILL', 'it was not killed')
    const status = await mongoose.connection.db?.admin().command({ serverStatus: 1 })
    assert.notEqual(status?.pid, other.pid)
  } finally {
    diagnostics.unsubscribe('net.client.socket', kill)
    await disconnectDatabase()
    forgetSingleton('config')
    other.kill('SIGKILL')
    await rm(dataPath, { recursive: true, force: true })
  }
})
