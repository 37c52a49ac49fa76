import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { VideoModel } from '#lib/db/models/video'
import { VIDEO_STATES } from '#lib/domain/video'
import type { VideoPage } from '#lib/domain/video-view'
import { createMediaToken } from '#lib/stream/media-token'
import { askCell, buildCells, type Cell, checkCell } from './matrix-cells.ts'
import { API_ROWS, NOBODY_404, PAGE_ROWS, type Row } from './matrix-rows.ts'
import {
  IDENTITIES,
  type Identity,
  KINDS,
  type Kind,
  openWorld,
  type SeededVideo,
  type World,
} from './matrix-world.ts'

const APP = resolve(import.meta.dirname, '../../../app')
/** Requests at a time. */
const TOGETHER = 8

/** Behind the door that is off. */
const PAGE_READERS: readonly Identity[] = ['anonymous', 'viewer', 'owner', 'admin', 'pass', 'link']

let world: World

before(async () => {
  world = await openWorld()
})
after(() => world.close())

test('every route handler and every page has a row, and every row a route', async () => {
  const files = (await readdir(APP, { recursive: true })).sort()
  const handlers = files.filter((file) => file.endsWith('/route.ts'))
  const routes = await Promise.all(
    handlers.map(async (file) => (await readMethods(file)).map((method) => `${method} ${toPath(file)}`)),
  )
  assert.deepEqual(Object.keys(API_ROWS).sort(), routes.flat().sort())
  const pages = files.filter((file) => file.endsWith('/page.tsx')).map(toPath)
  assert.deepEqual(Object.keys(PAGE_ROWS).sort(), pages.sort())
})

for (const door of ['on', 'off'] as const) {
  describe(`with PEEKR_FRONT_DOOR=${door}`, () => {
    test('every route gives every identity exactly what its row says, uncached, and no stranger a source', async (t) => {
      const cells = [
        ...Object.entries(API_ROWS).flatMap(([name, row]) => buildCells(name, row)),
        // Pages are the same behind both doors, and slow: of one, only those who differ most ask.
        ...Object.entries(PAGE_ROWS)
          .flatMap(([name, row]) => buildCells(`GET ${name}`, row))
          .filter(({ identity }) => door === 'on' || PAGE_READERS.includes(identity)),
      ]
      const wrong = await findWrong(cells, async (cell) =>
        checkCell(world, cell, await askCell(world, door, cell)),
      )
      t.diagnostic(`${cells.length} cells`)
      assert.deepEqual(wrong, [])
    })

    test('a video that is not ready is for the same people, and has no media for anybody', async (t) => {
      const cells: Cell[] = []
      for (const state of VIDEO_STATES.filter((name) => name !== 'ready')) {
        const videos = new Map<Kind | null, SeededVideo>()
        for (const kind of KINDS) videos.set(kind, await world.makeVideo(kind, state))
        const ofState = (name: string, row: Row) =>
          buildCells(name, row).map((cell) => ({ ...cell, video: videos.get(cell.kind) }))
        const watch = API_ROWS['GET /api/videos/{videoId}'] as Row
        const media = Object.fromEntries(KINDS.map((kind) => [kind, NOBODY_404])) as Record<Kind, string>
        cells.push(
          ...ofState('GET /api/videos/{videoId}', watch),
          ...ofState('GET /stream/{path}', { ...API_ROWS['GET /stream/{path}'], expect: media }),
          // Pages are the same behind both doors, and slow.
          ...(door === 'on' && state === 'failed'
            ? ofState('GET /watch/{videoId}', PAGE_ROWS['/watch/{videoId}'] as Row)
            : []),
        )
      }
      const wrong = await findWrong(cells, async (cell) =>
        checkCell(world, cell, await askCell(world, door, cell)),
      )
      t.diagnostic(`${cells.length} cells`)
      assert.deepEqual(wrong, [])
    })

    test('what plays of an upload is for its owner and administrators alone, whatever the video is to be', async () => {
      const wrong: string[] = []
      for (const kind of KINDS) {
        const video = await world.makeVideo(kind, 'uploading')
        const early = { id: video.revisionId, availableSeconds: 4, sentence: null, beatAt: new Date() }
        await VideoModel.updateOne({ _id: video.videoId }, { $set: { early } })
        for (const identity of IDENTITIES) {
          const may = kind !== 'deleted' && ['owner', 'admin', 'reads'].includes(identity)
          for (const [file, life] of [
            ['720p/media.m3u8', 'no-cache'],
            ['720p/segment-00001.m4s', 'max-age=10'],
          ]) {
            const { status, headers } = await fetch(
              `${world.doors[door].url}/stream/${video.videoId}/${video.revisionId}/${file}`,
              { headers: world.headersOf(identity, video) },
            )
            const caching = headers.get('cache-control')
            const isRight = status === (may ? 200 : 404) && caching === `private, ${may ? life : 'no-store'}`
            if (!isRight) wrong.push(`${kind}, ${file} by ${identity}: ${status} ${caching}`)
          }
        }
      }
      assert.deepEqual(wrong, [])
    })

    test('a listing names to each identity what they may find, and nothing else', async () => {
      const { url } = world.doors[door]
      const listed = async (identity: Identity, query = '') => {
        const answer = await fetch(`${url}/api/videos?limit=100${query}`, {
          headers: world.headersOf(identity, world.videos.private),
        })
        const { items } = (await answer.json()) as VideoPage
        const ids = new Set(items.map(({ id }) => id))
        return KINDS.filter((kind) => ids.has(world.videos[kind].videoId))
      }
      const own: Kind[] = ['public', 'unlisted', 'password', 'people', 'private']
      // Newest first and 100 at most: by name, since other cells make many more.
      const named = (kind: Kind) => `&q=${encodeURIComponent(world.videos[kind].title)}`
      for (const identity of IDENTITIES) {
        const expected =
          identity === 'owner' || identity === 'reads'
            ? own
            : identity === 'named'
              ? (['public', 'people'] as Kind[])
              : (['public'] as Kind[])
        const found: Kind[] = []
        for (const kind of KINDS) found.push(...(await listed(identity, named(kind))))
        assert.deepEqual(found, expected, identity)
      }
      assert.deepEqual(await listed('named', `&shared=1${named('people')}`), ['people'])
      assert.deepEqual(await listed('named', `&shared=1${named('public')}`), [])
      assert.deepEqual(await listed('removed', `&shared=1${named('people')}`), [])
    })

    test('headers that once made servers skip their checks change nothing', async () => {
      const tricks = {
        'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy',
        'x-original-url': '/api/health',
        'x-rewrite-url': '/api/health',
        'x-http-method-override': 'OPTIONS',
        'x-forwarded-for': '127.0.0.1',
        'x-peekr-client': '127.0.0.1',
        'next-action': 'a'.repeat(40),
      }
      const names = [
        'GET /api/admin/users',
        'GET /api/videos/{videoId}',
        'GET /stream/{path}',
        'PATCH /api/videos/{videoId}',
      ]
      const cells = [
        ...names.flatMap((name) => buildCells(name, API_ROWS[name] as Row)),
        ...buildCells('GET /admin', PAGE_ROWS['/admin'] as Row),
        ...buildCells('GET /watch/{videoId}', PAGE_ROWS['/watch/{videoId}'] as Row),
      ].filter(({ identity, kind }) => identity === 'anonymous' && kind !== 'public' && kind !== 'unlisted')
      assert.deepEqual(
        await findWrong(cells, async (cell) =>
          checkCell(world, cell, await askCell(world, door, cell, tricks)),
        ),
        [],
      )
    })

    test('no write of another site is done with the session of whoever is signed in', async () => {
      const writes = Object.entries(API_ROWS).filter(([name]) => /^(?:POST|PATCH|DELETE) \/api\//.test(name))
      const cells = writes
        .flatMap(([name, row]) => buildCells(name, row))
        .filter(({ identity, kind }) => identity === 'admin' && (kind ?? 'public') === 'public')
      const wrong = await findWrong(cells, async (cell) => {
        const ways: Record<string, string>[] = [
          { 'sec-fetch-site': 'cross-site' },
          { 'sec-fetch-site': 'same-site' },
          { 'sec-fetch-site': '', origin: 'https://evil.example' },
          { 'sec-fetch-site': '', origin: 'null' },
        ]
        const statuses = await Promise.all(
          ways.map(async (way) => (await askCell(world, door, cell, way)).status),
        )
        return statuses.every((status) => status === 403) ? null : `${cell.name}: ${statuses}`
      })
      assert.deepEqual(wrong, [])
    })

    test('JSON under a type that a form can send is refused', async () => {
      const writes = Object.entries(API_ROWS).filter(
        ([, row]) => row.json && Object.keys(row.json).length > 0,
      )
      const cells = writes
        .flatMap(([name, row]) => buildCells(name, row))
        .filter(({ identity, kind }) => identity === 'admin' && (kind ?? 'public') === 'public')
      const wrong = await findWrong(cells, async (cell) => {
        const { status } = await askCell(world, door, cell, { 'content-type': 'text/plain' })
        return status === 415 ? null : `${cell.name}: ${status}`
      })
      assert.deepEqual(wrong, [])
    })

    test('a method that a route does not have is answered 405, and pages take no bodies', async () => {
      const { url } = world.doors[door]
      const paths = new Set(Object.keys(API_ROWS).map((name) => name.slice(name.indexOf(' ') + 1)))
      for (const path of [...paths].filter((path) => /^\/api\/(?!\{)/.test(path))) {
        const target = path.replace(/\{tus\}/, '').replace(/\{\w+\}/g, 'session')
        const { status } = await fetch(url + target, {
          method: 'PUT',
          headers: { 'sec-fetch-site': 'same-origin' },
        })
        assert.equal(status, 405, path)
      }
      for (const [method, path, status] of [
        ['PUT', '/', 405],
        ['POST', '/login?next=%2F', 303],
        ['POST', '/api/../', 303],
      ] as const) {
        const answer = await fetch(url + path, { method, body: 'x', redirect: 'manual' })
        assert.equal(answer.status, status, path)
      }
    })

    test('a media token opens one revision of one video and nothing else', async () => {
      const { url } = world.doors[door]
      const { private: mine, public: other } = world.videos
      const token = createMediaToken(mine, world.ownerGrant)
      const get = async (video: typeof mine) =>
        (await fetch(`${url}/stream/t/${token}/${video.videoId}/${video.revisionId}/poster.jpg`)).status
      assert.deepEqual(
        [await get(mine), await get(other), await get({ ...mine, revisionId: other.revisionId })],
        [200, 404, 404],
      )
      const listed = await fetch(`${url}/api/videos?mine=1`, { headers: world.headersOf('uploads') })
      assert.deepEqual(
        await listed.json(),
        { items: [], nextCursor: null },
        'a token that may not read lists nothing',
      )
    })

    test('a request for another protocol is answered as any other, and holds no connection', async () => {
      for (const path of ['/login', '/api/health', '/_next/webpack-hmr']) {
        const head = await askForUpgrade(world.doors[door].port, path)
        assert.match(head, /^HTTP\/1\.1 (?:200|404) /, path)
      }
    })

    test('whatever is shown as a page has a content security policy', async () => {
      const { url } = world.doors[door]
      for (const path of [
        '/',
        '/nothing',
        '/favicon.svgx',
        '/_next/image',
        '/api',
        '/stream',
        `/watch/${'2'.repeat(16)}`,
      ]) {
        const { headers } = await fetch(url + path)
        assert.match(headers.get('content-security-policy') ?? '', /'nonce-.*frame-ancestors 'none'/, path)
      }
    })

    test('a hostile query is the client’s fault, not the server’s', async () => {
      const { url } = world.doors[door]
      const cursor = Buffer.from('["not a time","x"]').toString('base64url')
      const asked = [
        ['/api/videos?q=%00', 200],
        [`/api/videos?cursor=${cursor}`, 400],
        [`/api/videos?sort=longest&cursor=${cursor}`, 400],
        ['/api/videos?q[$ne]=x', 400],
        ['/api/videos/%00', 404],
        ['/api/videos/%ff', 404],
        ['/watch/%ff', 404],
        ['/?q=%00', 200],
        ['/_next/image?url=%2Ffavicon.svg&w=64&q=75', 404],
        ['/_next/image?url=http%3A%2F%2F127.0.0.1%2F&w=64&q=75', 404],
      ] as const
      for (const [path, status] of asked) assert.equal((await fetch(url + path)).status, status, path)
      const users = await fetch(`${url}/api/admin/users?q=%00`, { headers: world.headersOf('admin') })
      assert.equal(users.status, 200)
    })
  })
}

/** The methods a route file exports. */
async function readMethods(file: string): Promise<string[]> {
  const source = await readFile(join(APP, file), 'utf8')
  return (
    source.match(
      /(?<=export (?:const|async function) |\bas )(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\b/g,
    ) ?? []
  )
}

/** `(library)/watch/[videoId]/page.tsx` is `/watch/{videoId}`. */
function toPath(file: string): string {
  const parts = file
    .split('/')
    .slice(0, -1)
    .filter((part) => !/^\(.*\)$/.test(part))
  return `/${parts.join('/')}`.replace(/\[+(?:\.\.\.)?(\w+)\]+/g, '{$1}')
}

/** The first bytes of the answer; rejects when the connection is still open, or gone without one, after 5 s. */
function askForUpgrade(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`,
      ),
    )
    socket.setTimeout(5000, () =>
      socket.destroy(new Error(`${path} is still open, and said: ${answer.slice(0, 200)}`)),
    )
    socket.on('data', (piece) => {
      answer += piece
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

/** Asks a few at a time and gives what is wrong. */
async function findWrong(cells: Cell[], check: (cell: Cell) => Promise<string | null>): Promise<string[]> {
  const wrong: string[] = []
  const waiting = [...cells]
  const work = async () => {
    for (let cell = waiting.shift(); cell; cell = waiting.shift()) {
      const problem = await check(cell)
      if (problem) wrong.push(problem)
    }
  }
  await Promise.all(Array.from({ length: TOGETHER }, work))
  return wrong
}
