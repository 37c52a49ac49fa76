import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { runHttpLoad } from './http-load.ts'
import { segmentName } from './serve-files.ts'

const READERS = 500
/** Several times what the cache holds, so that active readers keep replacing what is in it. */
const FILES = 2_000
/** Under the 30 s after which a stalled reader is cut. */
const SECONDS = 20
const LOOK_MS = 200

/**
 * P7: the most memory the server has (its resident set) while 500 readers take nothing of what they asked for, each a
 * segment of its own, and 500 others read as fast as they are served. The cache is full before it begins.
 */
export async function measureMemory(server: { pid: number; port: number; streamPath: string }) {
  const { pid, port, streamPath } = server
  const beforeMb = await readRssMb(pid)
  const targetOf = (number: number) => `${streamPath}/${segmentName(number)}`
  let asked = 0
  const target = () => targetOf(1 + (asked++ % FILES))
  // What is asked for twice gets a place, so that the whole of the cache is full.
  await runHttpLoad({ port, target: () => targetOf(1 + (asked++ % 300)), seconds: 3, connections: 8 })
  const fullMb = await readRssMb(pid)
  const stalled = Array.from({ length: READERS }, (_, index) => openStalled(port, targetOf(FILES + index)))
  const samplesMb: number[] = []
  let isOver = false
  const watching = (async () => {
    for (; !isOver; await sleep(LOOK_MS)) samplesMb.push(await readRssMb(pid))
  })()
  const load = await runHttpLoad({ port, target, seconds: SECONDS, connections: READERS })
  isOver = true
  await watching
  const stillOpen = stalled.filter((socket) => !socket.closed).length
  for (const socket of stalled) socket.destroy()
  return {
    beforeMb,
    fullMb,
    mostMb: Math.max(...samplesMb),
    stillOpen,
    requestsPerSecond: Math.round(load.requestsPerSecond),
    samplesMb: samplesMb.filter((_, index) => index % 5 === 0),
  }
}

/** Asks for more than the kernel takes for it, several MiB, and never reads. */
function openStalled(port: number, target: string): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}) // being cut is what becomes of it
  socket.pause()
  socket.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`.repeat(16))
  return socket
}

/** Resident memory in MiB, as the kernel counts it. */
async function readRssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024)
}
