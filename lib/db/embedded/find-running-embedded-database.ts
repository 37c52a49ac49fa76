import { createConnection } from 'node:net'
import { serialize } from 'bson'
import { buildDatabasePaths, buildSocketUri } from '#lib/db/embedded/database-paths'
import { createFrameReader, HEADER_SIZE_BYTES } from '#lib/db/embedded/wire/frame-reader'
import { OP_CODE } from '#lib/db/embedded/wire/op-code'

const ANSWER_MS = 1_000

/** The connection string of the embedded database that serves this data folder now; null when none answers. */
export async function findRunningEmbeddedDatabase({
  dataPath,
}: {
  dataPath: string
}): Promise<string | null> {
  const { socket } = buildDatabasePaths(dataPath)
  return (await answersPing(socket)) ? buildSocketUri(socket) : null
}

function answersPing(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    const reader = createFrameReader()
    const settle = (alive: boolean) => {
      socket.destroy()
      resolve(alive)
    }
    socket.setTimeout(ANSWER_MS, () => settle(false))
    socket.on('error', () => settle(false))
    socket.on('close', () => settle(false))
    socket.on('connect', () => socket.write(buildPing()))
    socket.on('data', (chunk) => {
      if (reader.push(chunk).length > 0) settle(true)
    })
  })
}

/** OP_MSG without flags and with one body section. */
function buildPing(): Buffer {
  const body = serialize({ ping: 1, $db: 'admin' })
  const message = Buffer.alloc(HEADER_SIZE_BYTES + 5 + body.length)
  message.writeInt32LE(message.length, 0)
  message.writeInt32LE(1, 4)
  message.writeInt32LE(OP_CODE.message, 12)
  message.set(body, HEADER_SIZE_BYTES + 5)
  return message
}
