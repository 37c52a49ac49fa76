import { connect, type Socket } from 'node:net'

export interface LoadResult {
  requests: number
  requestsPerSecond: number
  bytesPerSecond: number
}

/** What to ask for: one URL over and over, or another each time. */
export type Target = string | (() => string)

/**
 * Asks for one URL over and over, or for others whose answers are as long, for `seconds`, on `connections` kept-alive connections, and counts whole answers.
 * As cheap as a client can be, so that the server is what is measured: bytes go into one buffer a connection and are
 * counted, the head is read once for its length. Whatever is not 200 fails the measurement.
 */
export async function runHttpLoad(load: {
  port: number
  target: Target
  seconds: number
  connections: number
  /** Asks only whether it has changed: what comes is 304. */
  isKnown?: boolean
}): Promise<LoadResult> {
  const { port, target, seconds, connections, isKnown = false } = load
  const answerBytes = await measureAnswer(port, nextOf(target), isKnown)
  const deadline = performance.now() + seconds * 1000
  const startedAt = performance.now()
  const readers = Array.from({ length: connections }, () =>
    readUntil({ port, target, isKnown, answerBytes, deadline }),
  )
  const counts = await Promise.all(readers)
  const elapsedSeconds = (performance.now() - startedAt) / 1000
  const requests = counts.reduce((sum, count) => sum + count, 0)
  return {
    requests,
    requestsPerSecond: requests / elapsedSeconds,
    bytesPerSecond: (requests * answerBytes) / elapsedSeconds,
  }
}

function nextOf(target: Target): string {
  return typeof target === 'string' ? target : target()
}

function requestText(target: string, isKnown: boolean): string {
  return `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n${isKnown ? 'If-None-Match: *\r\n' : ''}\r\n`
}

/**
 * Bytes of one answer, head included; the same for every one, dates having a fixed length. A chunked answer counts
 * with its framing, which is the same each time when a file goes out as one chunk.
 */
function measureAnswer(port: number, target: string, isKnown: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let answer = Buffer.alloc(0)
    socket.on('error', reject)
    socket.on('data', (piece) => {
      answer = Buffer.concat([answer, piece])
      const end = answer.indexOf('\r\n\r\n')
      if (end === -1) return
      const text = answer.subarray(0, end).toString('latin1')
      const length = /^content-length: (\d+)$/im.exec(text)?.[1]
      const isChunked = /^transfer-encoding: chunked$/im.test(text)
      if (isKnown && text.startsWith('HTTP/1.1 304 ')) {
        socket.destroy()
        resolve(end + 4)
      } else if (!text.startsWith('HTTP/1.1 200 ') || (length === undefined && !isChunked)) {
        socket.destroy()
        reject(new Error(`${target.replace(/\/t\/[^/]+/, '/t/…')} answered: ${text.split('\r\n')[0]}`))
      } else if (length !== undefined) {
        socket.destroy()
        resolve(end + 4 + Number(length))
      } else if (answer.subarray(-5).equals(LAST_CHUNK)) {
        socket.destroy()
        resolve(answer.length)
      }
    })
    socket.write(requestText(target, isKnown))
  })
}

const LAST_CHUNK = Buffer.from('0\r\n\r\n')

/** `Connection: close` is that much shorter than `keep-alive`: nginx says it in the last answer of a connection. */
const LAST_ANSWER_SHORTER_BYTES = 'keep-alive'.length - 'close'.length

/** One reader; answers whole by the deadline. A server that closes between answers (nginx does) is asked again. */
function readUntil(reader: {
  port: number
  target: Target
  isKnown: boolean
  answerBytes: number
  deadline: number
}): Promise<number> {
  const { port, target, isKnown, answerBytes, deadline } = reader
  const same = typeof target === 'string' ? requestText(target, isKnown) : null
  const next = () => same ?? requestText(nextOf(target), isKnown)
  const buffer = Buffer.allocUnsafeSlow(256 * 1024)
  let requests = 0
  return new Promise((resolve, reject) => {
    const open = () => {
      let missing = answerBytes
      const socket: Socket = connect({
        port,
        host: '127.0.0.1',
        onread: {
          buffer,
          callback: (bytes) => {
            missing -= bytes
            if (missing > 0) return true
            if (missing < 0) socket.destroy(new Error('an answer was longer than the first'))
            else if (performance.now() >= deadline) {
              requests += 1
              socket.destroy()
              resolve(requests)
            } else {
              requests += 1
              missing = answerBytes
              socket.write(next())
            }
            return true
          },
        },
      })
      socket.setNoDelay(true)
      socket.on('error', reject)
      socket.on('end', () => {
        if (missing === LAST_ANSWER_SHORTER_BYTES) requests += 1
        else if (missing !== answerBytes) return reject(new Error('an answer ended early'))
        open()
      })
      socket.write(next())
    }
    open()
  })
}
