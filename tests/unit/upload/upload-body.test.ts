import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ReceiveOptions, receiveBody } from '#lib/upload/receive-body'

function receive(source: Readable, options: Partial<ReceiveOptions> = {}) {
  const batches: Buffer[] = []
  const ending = receiveBody({
    source,
    bytesMax: Number.MAX_SAFE_INTEGER,
    signal: new AbortController().signal,
    idleMs: 5_000,
    writeBatch: async (buffers) => void batches.push(Buffer.concat(buffers)),
    ...options,
  })
  return { ending, batches, bytes: () => Buffer.concat(batches) }
}

test('however a body is cut, it is written whole, in order and one batch at a time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 400_000 }), { maxLength: 20 }),
      async (parts) => {
        let writing = 0
        const written: Buffer[] = []
        const { ending } = receive(Readable.from(parts.map((part) => Buffer.from(part))), {
          writeBatch: async (buffers) => {
            writing += 1
            assert.equal(writing, 1)
            written.push(...buffers)
            await new Promise(setImmediate)
            writing -= 1
          },
        })
        assert.equal(await ending, 'end')
        assert.deepEqual(Buffer.concat(written), Buffer.concat(parts))
      },
    ),
    { numRuns: 25 },
  )
})

test('small pieces are written together', async () => {
  const { ending, batches } = receive(Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(65_536))))
  await ending
  assert.ok(batches.length <= 5, `${batches.length} batches for 4 MiB`)
})

test('what a slow client sent is written before long, not only at the end', async () => {
  const source = new PassThrough()
  const first = Promise.withResolvers<Buffer[]>()
  const { ending } = receive(source, { writeBatch: async (buffers) => first.resolve(buffers) })
  source.write('abc')
  assert.equal(String((await first.promise)[0]), 'abc')
  source.end()
  assert.equal(await ending, 'end')
})

test('an interruption stops reading at once and keeps what came; the source can still be read', async () => {
  const source = new PassThrough()
  const interrupt = new AbortController()
  const { ending, bytes } = receive(source, { signal: interrupt.signal })
  source.write('abc')
  setTimeout(() => interrupt.abort(), 10)
  assert.equal(await ending, 'interrupted')
  assert.equal(String(bytes()), 'abc')
  assert.equal(source.destroyed, false)
})

test('a client that stands still is given up, one that breaks off is noticed; both keep what came', async () => {
  const still = new PassThrough()
  still.write('abc')
  const stalled = receive(still, { idleMs: 20 })
  assert.equal(await stalled.ending, 'stalled')
  assert.equal(String(stalled.bytes()), 'abc')

  const lost = new PassThrough()
  lost.write('abc')
  const broken = receive(lost)
  setTimeout(() => lost.destroy(new Error('reset')), 10)
  assert.equal(await broken.ending, 'broken')
  assert.equal(String(broken.bytes()), 'abc')
  assert.equal(await receive(lost).ending, 'broken')
})

test('a body beyond its bound is noticed before the excess is written', async () => {
  const { ending, bytes } = receive(Readable.from([Buffer.from('abc'), Buffer.from('de')]), { bytesMax: 4 })
  assert.equal(await ending, 'too_long')
  assert.equal(String(bytes()), 'abc')
})

test('a failed write ends it with that failure', async () => {
  const failure = new Error('disk')
  const { ending } = receive(Readable.from([Buffer.from('abc')]), {
    writeBatch: () => Promise.reject(failure),
  })
  await assert.rejects(ending, failure)
})

test('while the disk is slow, reading pauses: memory stays bounded', async () => {
  let produced = 0
  const source = new Readable({
    read() {
      produced += 65_536
      this.push(produced > 64 * 1024 * 1024 ? null : Buffer.alloc(65_536))
    },
  })
  let written = 0
  let backlogMax = 0
  const { ending } = receive(source, {
    writeBatch: async (buffers) => {
      await new Promise((resolve) => setTimeout(resolve, 2))
      backlogMax = Math.max(backlogMax, produced - written)
      for (const buffer of buffers) written += buffer.length
    },
  })
  assert.equal(await ending, 'end')
  assert.ok(backlogMax < 12 * 1024 * 1024, `${backlogMax} bytes waited`)
})
