import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connectDatabase } from '#lib/db/connect'
import { handleUpload } from '#lib/upload/handle-upload'

// A process that takes uploads and can be killed. Settings come from the environment; its port goes to the parent.
await connectDatabase()
const server = createServer(handleUpload)
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
