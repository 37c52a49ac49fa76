import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { createHttpServer } from '#lib/http/create-http-server'
import { LENGTH_HEADER } from '#lib/http/joined-response'

test('an answer of a handler whose length is known has it, and no chunks, unless it was compressed', async (t) => {
  const server = createHttpServer((req, res) => {
    res.setHeader(LENGTH_HEADER, '5')
    if (req.url === '/compressed') res.setHeader('content-encoding', 'gzip')
    if (req.method === 'GET') {
      res.flushHeaders()
      res.write('whole')
    }
    res.end()
  })
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const lengths: (string | null)[] = []
  for (const [method, path] of [
    ['GET', '/'],
    ['HEAD', '/'],
    ['HEAD', '/compressed'],
  ] as const) {
    const answer = await fetch(url + path, { method })
    assert.equal(await answer.text(), method === 'GET' ? 'whole' : '')
    assert.equal(answer.headers.get(LENGTH_HEADER), null)
    lengths.push(answer.headers.get('content-length'))
  }
  assert.deepEqual(lengths, ['5', '5', null])
})

test('whoever writes an answer whole need not wait until it has left; whoever writes a part of it must', async (t) => {
  const whole = Buffer.alloc(4_000_000)
  const taken: boolean[] = []
  const server = createHttpServer((req, res) => {
    res.setHeader(LENGTH_HEADER, whole.length)
    if (req.url === '/whole') taken.push(res.write(whole))
    else {
      taken.push(res.write(whole.subarray(0, 3_000_000)))
      res.write(whole.subarray(3_000_000))
    }
    res.end()
  })
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  for (const path of ['/whole', '/parts']) {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
    assert.equal((await answer.arrayBuffer()).byteLength, whole.length)
  }
  assert.deepEqual(taken, [true, false])
})

test('headers that are flushed leave with what is written in the same turn, and by themselves when nothing is', async (t) => {
  const waiting: boolean[] = []
  let finish = () => {}
  const server = createHttpServer((req, res) => {
    res.flushHeaders()
    waiting.push(req.socket.writableLength > 0)
    if (req.url === '/body') res.end('whole')
    else finish = () => res.end('later')
  })
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const ask = async (path: string, until: string) => {
    let text = ''
    if (path) socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    while (!text.includes(until)) text += String((await once(socket, 'data'))[0])
    return text
  }
  assert.match(
    await ask('/body', '0\r\n\r\n'),
    /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n5\r\nwhole\r\n0\r\n\r\n$/,
  )
  assert.match(await ask('/alone', '\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/)
  finish()
  assert.equal(await ask('', '0\r\n\r\n'), '5\r\nlater\r\n0\r\n\r\n')
  assert.deepEqual(waiting, [true, true])
  socket.destroy()
})
