import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'

/** `drop`: connections stay open and nothing passes, like a router that forgot them. `reset`: they are cut, new ones too. */
export type ProxyMode = 'pass' | 'drop' | 'reset' | { delayMs: number }

export interface TcpProxy {
  port: number
  setMode(mode: ProxyMode): void
  close(): Promise<void>
}

/** A proxy in front of a server that can go away in the ways networks do. @param target a host's port, or a socket's path */
export async function openTcpProxy(
  target: { host: string; port: number } | { path: string },
): Promise<TcpProxy> {
  let mode: ProxyMode = 'pass'
  const sockets = new Set<Socket>()
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    if (mode === 'reset') return void client.resetAndDestroy()
    const upstream = createConnection(target)
    clients.add(client)
    client.on('close', () => clients.delete(client))
    // What was dropped once stays dropped: its place in the stream is lost.
    const state = { dead: false }
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => {
        if (mode === 'drop') state.dead = true
        if (state.dead) return
        if (typeof mode === 'object') setTimeout(() => to.writable && to.write(chunk), mode.delayMs)
        else to.write(chunk)
      })
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    setMode(next) {
      mode = next
      if (mode === 'reset') for (const socket of clients) socket.resetAndDestroy()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
