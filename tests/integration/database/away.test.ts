import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { UserModel } from '#lib/db/models/user'
import { apiRoute } from '#lib/http/api-route'
import { forgetSingleton, singleton } from '#lib/singleton'
import { openTcpProxy, type ProxyMode, type TcpProxy } from '../../support/tcp-proxy.ts'
import { openTestDatabase, type TestDatabase } from '../../support/test-database.ts'

/** Promise 10 of a database that is away: 503 within 2 s; back within 10 s. A loaded machine gets some more of both. */
const REFUSED_MS_MAX = 2_000
const BACK_MS_MAX = 10_000
const LOADED_MS = 2_000
const AWAY_MS = 4_000

let database: TestDatabase
let proxy: TcpProxy

before(async () => {
  database = await openTestDatabase('away')
  const { host, hostname, port, pathname } = new URL(database.uri)
  const path = decodeURIComponent(hostname)
  proxy = await openTcpProxy(
    path.endsWith('.sock') ? { path } : { host: hostname || host, port: Number(port) },
  )
  forgetSingleton('config')
  const uri = `mongodb://127.0.0.1:${proxy.port}${pathname}?directConnection=true`
  singleton('config', () => parseConfig({ MONGODB_URI: uri }))
  await connectDatabase()
})
after(async () => {
  await disconnectDatabase()
  forgetSingleton('config')
  await proxy.close()
  await database.close()
})

const route = apiRoute(async () => Response.json({ count: await UserModel.countDocuments({}) }))

async function ask(): Promise<{ status: number; tookMs: number }> {
  const startedAtMs = performance.now()
  const response = await route(new Request('http://localhost/api/count'), { params: Promise.resolve({}) })
  await response.text()
  return { status: response.status, tookMs: performance.now() - startedAtMs }
}

for (const [name, mode] of [
  ['silent', 'drop'],
  ['cut off', 'reset'],
] as [string, ProxyMode][]) {
  test(`while the database is ${name} every request is refused with 503 in time, and it is used again soon after`, async (t) => {
    assert.equal((await ask()).status, 200)
    proxy.setMode(mode)
    await sleep(600) // The last sign of life is no longer fresh.
    const refused: number[] = []
    const until = performance.now() + AWAY_MS
    while (performance.now() < until) {
      const answers = await Promise.all([ask(), ask(), ask()])
      for (const { status, tookMs } of answers) {
        assert.equal(status, 503)
        refused.push(tookMs)
      }
      await sleep(100)
    }
    assert.ok(Math.max(...refused) < REFUSED_MS_MAX + LOADED_MS, `${Math.max(...refused)} ms`)
    proxy.setMode('pass')
    const backAtMs = performance.now()
    while ((await ask()).status !== 200) {
      assert.ok(performance.now() - backAtMs < BACK_MS_MAX + LOADED_MS, 'it is not back in time')
    }
    t.diagnostic(
      `${refused.length} refused, the slowest in ${Math.round(Math.max(...refused))} ms; back after ${Math.round(performance.now() - backAtMs)} ms`,
    )
  })
}

test('a request that is under way when the database falls silent ends as well', async () => {
  proxy.setMode('pass')
  assert.equal((await ask()).status, 200)
  proxy.setMode('drop')
  const { status, tookMs } = await ask()
  assert.equal(status, 503)
  assert.ok(tookMs < 20_000, `it took ${tookMs} ms`)
  proxy.setMode('pass')
  for (const until = performance.now() + BACK_MS_MAX + LOADED_MS; (await ask()).status !== 200; ) {
    assert.ok(performance.now() < until, 'it is not back in time')
  }
})

test('a slow network is no reason to refuse', async () => {
  proxy.setMode({ delayMs: 150 })
  for (let i = 0; i < 3; i++) assert.equal((await ask()).status, 200)
  proxy.setMode('pass')
})
