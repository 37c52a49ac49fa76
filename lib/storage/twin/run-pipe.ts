import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { PassThrough, Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { PeekrError } from '#lib/errors'
import { classifyBtrfsFailure, requireBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { isErrno, toStorageError } from '#lib/storage/to-storage-error'
import { classifySshFailure } from '#lib/storage/twin/classify-ssh-failure'

/** A program of ssh's and what it is to run on the other machine. */
export interface SshCall {
  args: string[]
  host: string
}

export type PipeSource = { file: string } | { text: string } | { btrfs: string[] } | { ssh: SshCall }
/** `text` gathers what comes, up to 256 MiB; `none` drops it, for its hash alone. */
export type PipeSink =
  | { file: string }
  | { none: true }
  | { text: true }
  | { btrfs: string[] }
  | { ssh: SshCall }

export interface PipeResult {
  sizeBytes: number
  sha256: string
  /** What a `text` sink got; empty for the others. */
  text: string
}

export type RunPipe = (
  input: { from: PipeSource; to: PipeSink },
  options?: { signal?: AbortSignal; onBytes?: (sizeBytes: number) => void },
) => Promise<PipeResult>

interface End<Stream> {
  stream: Stream
  child: ChildProcess | null
  /** The program's own end. */
  done: Promise<void>
}

const SSH_PATHS = ['/usr/bin/ssh', '/bin/ssh', '/usr/local/bin/ssh']
const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
const TEXT_BYTES_MAX = 256 * 1024 ** 2
const STDERR_BYTES_MAX = 4_000

/**
 * Moves bytes from a file or program into another one, and hashes them on the way. When it returns both programs have
 * ended well, and a file is on disk. Calls no shell. Runs in the pool, through the task `pipe`.
 * @throws tool_missing, disk_full, storage_unavailable, forbidden (ssh refused), cancelled
 */
export const runPipe: RunPipe = async ({ from, to }, { signal, onBytes } = {}) => {
  const source = openSource(from)
  const sink = openSink(to)
  const hash = createHash('sha256')
  let sizeBytes = 0
  const meter = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      sizeBytes += chunk.length
      onBytes?.(sizeBytes)
      done(null, chunk)
    },
  })
  const stop = () => {
    for (const { child } of [source, sink]) child?.kill('SIGKILL')
  }
  signal?.addEventListener('abort', stop, { once: true })
  const failures: Failure[] = []
  const note = (end: Failure['end']) => (error: unknown) => {
    failures.push({ end, error })
    stop()
  }
  await Promise.all([
    source.done.catch(note('source')),
    sink.done.catch(note('sink')),
    pipeline(source.stream, meter, sink.stream).catch(note('between')),
  ])
  signal?.removeEventListener('abort', stop)
  if (signal?.aborted) throw new PeekrError('cancelled')
  if (failures.length > 0) throw toStorageError(findCause(failures))
  const text = 'text' in to ? (sink as unknown as { read(): string }).read() : ''
  return { sizeBytes, sha256: hash.digest('hex'), text }
}

interface Failure {
  end: 'source' | 'sink' | 'between'
  error: unknown
}

/** The first one is the cause, unless it says no more than that the sink took nothing any more: then the sink's is. */
function findCause(failures: Failure[]): unknown {
  const sinkWentAway = failures.some(({ end, error }) => end === 'between' && isAftermath(error))
  const ofSink = failures.find(({ end }) => end === 'sink')
  const cause = sinkWentAway && ofSink ? ofSink : failures.find(({ error }) => !isAftermath(error))
  return (cause ?? failures[0])?.error
}

function isAftermath(error: unknown): boolean {
  return isErrno(error, 'EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED')
}

function openSource(from: PipeSource): End<Readable> {
  if ('file' in from) return { stream: createReadStream(from.file), child: null, done: Promise.resolve() }
  if ('text' in from)
    return { stream: Readable.from([Buffer.from(from.text)]), child: null, done: Promise.resolve() }
  const { child, done } = start(from)
  return { stream: child.stdout ?? new PassThrough(), child, done }
}

function openSink(to: PipeSink): End<Writable> {
  if ('file' in to) {
    const stream = createWriteStream(to.file, { mode: 0o600, flush: true })
    return { stream, child: null, done: Promise.resolve() }
  }
  if ('text' in to) return gather()
  if ('none' in to) {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done() })
    return { stream, child: null, done: Promise.resolve() }
  }
  const { child, done } = start(to)
  child.stdout?.resume()
  return { stream: child.stdin ?? new PassThrough(), child, done }
}

function gather(): End<Writable> & { read(): string } {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      sizeBytes += chunk.length
      chunks.push(chunk)
      done(sizeBytes > TEXT_BYTES_MAX ? new PeekrError('output_invalid') : null)
    },
  })
  return { stream, child: null, done: Promise.resolve(), read: () => Buffer.concat(chunks).toString('utf8') }
}

function start(end: { btrfs: string[] } | { ssh: SshCall }): { child: ChildProcess; done: Promise<void> } {
  const [path, args] = 'btrfs' in end ? [requireBtrfs(), end.btrfs] : [requireSsh(), end.ssh.args]
  // What btrfs says is classified, so it must be in English. ssh finds its agent by the environment it inherits.
  const env =
    'btrfs' in end ? { env: { LC_ALL: 'C', PATH: SYSTEM_PATH } as unknown as NodeJS.ProcessEnv } : {}
  const child = spawn(path, args, { ...env, stdio: ['pipe', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_BYTES_MAX)
  })
  const done = new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      // One that we ended because of the other has nothing to say.
      if (code === 0 || (signal === 'SIGKILL' && child.killed)) resolve()
      else if (signal === 'SIGPIPE')
        reject(Object.assign(new Error('nobody reads any more'), { code: 'EPIPE' }))
      else if ('btrfs' in end) reject(classifyBtrfsFailure(end.btrfs, stderr))
      else reject(classifySshFailure({ host: end.ssh.host, code, stderr }))
    })
  })
  // Its error is the child's; the pipeline hears of it from the other stream.
  child.stdin?.on('error', () => {})
  return { child, done }
}

function requireSsh(): string {
  const path = SSH_PATHS.find((candidate) => existsSync(candidate))
  if (path !== undefined) return path
  throw new PeekrError('tool_missing', {
    message: 'The program ssh is not installed. Install the package openssh-client and try again.',
  })
}
