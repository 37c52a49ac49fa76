import { createConnection } from 'node:net'
import { type Document, deserialize, serialize } from 'bson'
import { createFrameReader } from '#lib/db/embedded/wire/frame-reader'

/** Sends one command to an embedded database without a driver between, and gives its reply. */
export function sendCommand(uri: string, command: Document): Promise<Document> {
  return new Promise((resolve, reject) => {
    const { hostname, pathname } = new URL(uri)
    const socket = createConnection(decodeURIComponent(hostname))
    const reader = createFrameReader()
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      const [frame] = reader.push(chunk)
      if (!frame) return
      socket.destroy()
      resolve(deserialize(frame.body.subarray(5)))
    })
    const body = serialize({ ...command, $db: pathname.slice(1) })
    const head = Buffer.alloc(21)
    head.writeInt32LE(head.length + body.length, 0)
    head.writeInt32LE(2013, 12)
    socket.write(Buffer.concat([head, body]))
  })
}
