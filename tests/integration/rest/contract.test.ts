import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { VideoPageSchema, VideoSchema } from '#lib/catalog/video-schema'
import { createId } from '#lib/domain/id'
import type { JobPage } from '#lib/domain/job-view'
import type { VideoPage, VideoView } from '#lib/domain/video-view'
import { makeClip } from '../../support/make-clip.ts'
import { type ApiAnswer, openPeekrClient, type PeekrClient } from '../../support/peekr-client.ts'
import { type RunningPeekr, startPeekr } from '../../support/server.ts'
import { createTusUpload } from '../../support/upload-test.ts'

const FIELDS =
  'id making title description tags state playable progress error visibility durationSeconds width height createdAt publishedAt owner source playback renditions tracks early'

let folder = ''
let peekr: RunningPeekr
let client: PeekrClient
let owner = ''
let other = ''
let watcher = ''
let videoId = ''
let clip = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-rest-'))
  clip = await makeClip({ folder, seconds: 1 })
  peekr = await startPeekr()
  client = await openPeekrClient(peekr)
  owner = (await client.makeUser('uploader')).authorization
  other = (await client.makeUser('uploader')).authorization
  watcher = (await client.makeUser('viewer')).authorization
  videoId = await client.upload(clip, { authorization: owner, metadata: { title: 'My clip' } })
  await client.waitForEnd(videoId)
})
after(async () => {
  await peekr?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('a video has exactly the promised fields, with what is known of it', async () => {
  const { status, body, headers } = await client.call<VideoView>('GET', at(), { authorization: owner })
  assert.equal(status, 200)
  assert.equal(headers.get('cache-control'), 'private, no-store')
  assert.equal(Object.keys(body).sort().join(' '), FIELDS.split(' ').sort().join(' '))
  VideoSchema.parse(body)
  assert.equal(body.title, 'My clip')
  assert.equal(body.state, 'ready')
  assert.equal(body.visibility, 'private')
  assert.equal(body.error, null)
  assert.equal(body.making, null)
  const bytes = await readFile(clip)
  assert.deepEqual(body.source, {
    filename: 'clip.mp4',
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
  assert.match(body.playback?.hls ?? '', /^\/stream\/t\/[\w-]+\/\w+\/\w+\/multivariant\.m3u8$/)
  assert.equal((await fetch(client.url + body.playback?.hls)).status, 200)
  // The token in each address lets in by itself, also to what a storyboard names beside it.
  const { poster, storyboard, hover } = body.playback ?? {}
  for (const url of [poster, hover]) assert.equal((await fetch(client.url + url)).status, 200)
  const cues = await (await fetch(client.url + storyboard)).text()
  const sprite = /^(storyboard-0\.jpg)#xywh=0,0,\d+,\d+$/m.exec(cues)?.[1] ?? ''
  const picture = await fetch(new URL(sprite, client.url + storyboard))
  assert.equal(picture.headers.get('content-type'), 'image/jpeg')
  assert.ok(body.renditions.length > 0)
})

test('what is not known of a video is null, from the moment its upload is created', async () => {
  const { videoId: id } = await createTusUpload(client.url, owner, 1000)
  const { body } = await client.call<VideoView>('GET', at(id), { authorization: owner })
  VideoSchema.parse(body)
  const { state, playable, progress, durationSeconds, width, height, publishedAt, playback, renditions } =
    body
  assert.deepEqual(
    { state, playable, progress, durationSeconds, width, height, publishedAt, playback, renditions },
    {
      state: 'uploading',
      playable: false,
      progress: 0,
      durationSeconds: null,
      width: null,
      height: null,
      publishedAt: null,
      playback: null,
      renditions: [],
    },
  )
  assert.equal(body.source.sha256, null)
  assert.equal((await client.call('DELETE', at(id), { authorization: owner })).status, 204)
  assert.equal((await client.call('GET', at(id), { authorization: owner })).status, 404)
})

test('who may see and change a private, an unlisted and a public video', async () => {
  const people = { owner, admin: client.authorization, other, viewer: watcher, nobody: null }
  const expected = {
    // [GET, PATCH] of each
    private: {
      owner: [200, 200],
      admin: [200, 200],
      other: [404, 404],
      viewer: [404, 404],
      nobody: [404, 404],
    },
    unlisted: {
      owner: [200, 200],
      admin: [200, 200],
      other: [200, 403],
      viewer: [200, 403],
      nobody: [200, 401],
    },
    public: {
      owner: [200, 200],
      admin: [200, 200],
      other: [200, 403],
      viewer: [200, 403],
      nobody: [200, 401],
    },
  }
  for (const [visibility, cells] of Object.entries(expected)) {
    await patch({ visibility })
    for (const [name, authorization] of Object.entries(people)) {
      const seen = await client.call('GET', at(), { authorization })
      const changed = await client.call('PATCH', at(), { authorization, json: { description: name } })
      assert.deepEqual(
        [seen.status, changed.status],
        cells[name as keyof typeof people],
        `${visibility} for ${name}`,
      )
      if (changed.status > 400) {
        for (const [method, path] of [
          ['DELETE', at()],
          ['POST', `${at()}/retry`],
        ] as const) {
          const refused = await client.call(method, path, { authorization })
          assert.equal(refused.status, changed.status, `${method} ${visibility} for ${name}`)
          assertError(refused)
        }
      }
    }
  }
  await patch({ visibility: 'private' })
})

test('PATCH changes what it names and nothing else, and answers the video as it is then', async () => {
  const before = await client.getVideo(videoId)
  const { body } = await patch({
    title: '  Neu & <b>fett</b>  ',
    tags: ['a', 'b', 'a'],
    description: 'Zeile 1\nZeile 2',
  })
  assert.deepEqual(
    { ...body, playback: null },
    {
      ...before,
      title: 'Neu & <b>fett</b>',
      tags: ['a', 'b'],
      description: 'Zeile 1\nZeile 2',
      playback: null,
    },
  )
  assert.equal((await patch({})).status, 200)
})

test('a body that is not what a route takes is refused, and changes nothing', async () => {
  const before = await client.getVideo(videoId)
  const refused: [unknown, string][] = [
    [{ title: { $ne: null } }, 'title'],
    [{ visibility: { $gt: '' } }, 'visibility'],
    [{ tags: { $each: ['x'] } }, 'tags'],
    [{ state: 'ready' }, 'state'],
    [{ ownerId: createId() }, 'ownerId'],
    [{ title: 'x', owner: { id: createId() } }, 'owner'],
    [{ $set: { title: 'x' } }, '$set'],
    [{ 'source.sha256': 'x' }, 'source.sha256'],
    [{ title: '' }, 'title'],
    [{ title: 'x'.repeat(201) }, 'title'],
    [{ title: 'a\u0000b' }, 'title'],
    [{ description: 'x'.repeat(10_001) }, 'description'],
    [{ tags: Array.from({ length: 31 }, (_, index) => `t${index}`) }, 'tags'],
    [{ visibility: 'secret' }, 'visibility'],
    [{ title: null }, 'title'],
    [[], 'body'],
    ['text', 'body'],
    [null, 'body'],
  ]
  for (const [json, field] of refused) {
    const answer = await client.call<ErrorBody>('PATCH', at(), { json, authorization: owner })
    assert.equal(answer.status, 400, JSON.stringify(json))
    assertError(answer)
    assert.ok(answer.body.error.fields?.[field], `${JSON.stringify(json)}: ${JSON.stringify(answer.body)}`)
  }
  for (const [body, type, status] of [
    ['{"title":', 'application/json', 400],
    ['{"title":"x"}', 'text/plain', 415],
    ['title=x', 'application/x-www-form-urlencoded', 415],
    [JSON.stringify({ title: 'x'.repeat(2 * 1024 ** 2) }), 'application/json', 413],
  ] as const) {
    const answer = await client.call('PATCH', at(), {
      body,
      headers: { 'content-type': type },
      authorization: owner,
    })
    assert.equal(answer.status, status, `${type} ${body.slice(0, 20)}`)
    assertError(answer)
  }
  assert.deepEqual(await client.getVideo(videoId), before)
})

test('a listing takes only the parameters it names, within their bounds', async () => {
  for (const query of [
    'limit=0',
    'limit=101',
    'limit=x',
    'sort=best',
    'cursor=zz',
    'mine=perhaps',
    'owner=x',
    'q[$ne]=1',
  ]) {
    const answer = await client.call('GET', `/api/videos?${query}`)
    assert.equal(answer.status, 400, query)
    assertError(answer)
  }
  const { body, status } = await client.call<VideoPage>(
    'GET',
    '/api/videos?mine=1&limit=1&sort=longest&q=neu',
    {
      authorization: owner,
    },
  )
  assert.equal(status, 200)
  VideoPageSchema.parse(body)
  assert.deepEqual(
    body.items.map(({ id }) => id),
    [videoId],
  )
  assert.equal((await client.call('GET', '/api/videos?mine=1', { authorization: null })).status, 401)
})

test('addresses that are no id are 404, whatever is in them', async () => {
  for (const id of ['x', 'null', '..%2f..%2fetc', createId(), '%24ne', '[object%20Object]', "'", '%00']) {
    const answer = await client.call('GET', `/api/videos/${id}`)
    assert.ok(answer.status === 404 || answer.status === 400, `${id} answered ${answer.status}`)
  }
})

test('what is for administrators answers 401 to strangers and 403 to everybody else', async () => {
  const routes: [string, string, unknown?][] = [
    ['GET', '/api/admin/videos'],
    ['GET', '/api/admin/storage'],
    ['GET', '/api/admin/settings'],
    ['PATCH', '/api/admin/settings', { registration: 'open' }],
    ['GET', '/api/admin/users'],
    ['GET', '/api/jobs'],
    ['POST', `/api/jobs/${createId()}/retry`],
    ['POST', `/api/jobs/${createId()}/cancel`],
    ['POST', '/api/setup/sample'],
  ]
  for (const [method, path, json] of routes) {
    for (const [authorization, status] of [
      [null, 401],
      ['Bearer nonsense', 401],
      [watcher, 403],
      [owner, 403],
    ] as const) {
      const answer = await client.call(method, path, { authorization, json })
      assert.equal(answer.status, status, `${method} ${path}`)
      assertError(answer)
    }
  }
})

test('an administrator sees every video, the jobs of each, the disk and the settings', async () => {
  const videos = await client.call<VideoPage>('GET', '/api/admin/videos?state=ready&limit=100')
  assert.ok(VideoPageSchema.parse(videos.body).items.some(({ id }) => id === videoId))

  const first = await client.call<JobPage>('GET', '/api/jobs?limit=2&state=done')
  assert.equal(first.body.items.length, 2)
  const second = await client.call<JobPage>(
    'GET',
    `/api/jobs?limit=2&state=done&cursor=${first.body.nextCursor}`,
  )
  const ids = [...first.body.items, ...second.body.items].map(({ id }) => id)
  assert.equal(new Set(ids).size, 4)
  const ofVideo = await client.call<JobPage>('GET', `/api/jobs?limit=100&video=${videoId}`)
  const kinds = new Set(ofVideo.body.items.map(({ kind }) => kind))
  for (const kind of ['hash', 'ingest', 'plan', 'assemble', 'publish'] as const)
    assert.ok(kinds.has(kind), kind)
  assert.ok(ofVideo.body.items.every(({ video }) => video.id === videoId))
  const [job] = first.body.items
  assert.equal(
    Object.keys(job ?? {})
      .sort()
      .join(' '),
    'attempts createdAt encoder finishedAt history id kind log progress reason startedAt state unit video',
  )
  assert.equal((await client.call('GET', '/api/jobs?cursor=1.x')).status, 400)
  assert.equal((await client.call('POST', `/api/jobs/${job?.id}/cancel`)).status, 409)
  assert.equal((await client.call('POST', `/api/jobs/${job?.id}/retry`)).status, 409)
  assert.equal((await client.call('POST', `/api/jobs/${createId()}/cancel`)).status, 404)

  const storage = await client.call('GET', '/api/admin/storage')
  assert.equal(
    Object.keys(storage.body).sort().join(' '),
    'advice alerts driver freeBytes health lowWaterBytes path proofs reserveBytes totalBytes usedByVideosBytes',
  )
  const settings = await client.call('PATCH', '/api/admin/settings', { json: { originals: 'keep' } })
  assert.deepEqual(settings.body, {
    registration: 'closed',
    originals: 'keep',
    binDays: 30,
    snapshotsHourly: 24,
    snapshotsDaily: 7,
    snapshotsWeekly: 4,
    snapshotsMonthly: 6,
    snapshotFloorGib: 5,
    verifyDays: 30,
    verifyMbps: 20,
    scrubDays: 30,
    lowWaterMib: 0,
    uploadLimits: {},
  })
  assert.equal(
    (await client.call('PATCH', '/api/admin/settings', { json: { originals: { $ne: 1 } } })).status,
    400,
  )
  assert.equal((await client.call('PATCH', '/api/admin/settings', { json: { port: 1 } })).status, 400)
  await client.call('PATCH', '/api/admin/settings', { json: { originals: 'remove' } })
})

test('only a failed video can be retried, and a video deleted is gone for everybody at once', async () => {
  const retried = await client.call('POST', `${at()}/retry`, { authorization: owner })
  assert.equal(retried.status, 409)
  assertError(retried)
  const { playback } = await client.getVideo(videoId)
  assert.equal((await client.call('DELETE', at(), { authorization: owner })).status, 204)
  for (const authorization of [owner, client.authorization, null]) {
    assert.equal((await client.call('GET', at(), { authorization })).status, 404)
  }
  assert.equal((await fetch(client.url + playback?.hls)).status, 404)
  assert.equal((await client.call('DELETE', at(), { authorization: owner })).status, 404)
})

test('the description names the routes, and health says which version answers', async () => {
  const { body } = await client.call<{ paths: object }>('GET', '/api/openapi.json', { authorization: null })
  assert.ok('/api/videos/{videoId}' in body.paths)
  const health = await client.call('GET', '/api/health', { authorization: null })
  assert.equal(health.status, 200)
  assert.equal(health.body.status, 'ok')
  assert.deepEqual(health.body.storage, [], 'nothing of the storage has to be seen to')
  assert.match(String(health.body.version), /^\d+\.\d+\.\d+$/)
})

interface ErrorBody {
  error: { code: string; message: string; requestId: string; fields?: Record<string, string> }
}

function at(id = videoId): string {
  return `/api/videos/${id}`
}

function patch(json: object) {
  return client.call<VideoView>('PATCH', at(), { json, authorization: owner })
}

function assertError({ body, headers }: ApiAnswer<object>): void {
  const { error } = body as ErrorBody
  assert.match(error.code, /^[a-z_]+$/)
  assert.match(error.message, /^[A-Z].*\.$/)
  assert.equal(error.requestId, headers.get('x-request-id'))
}
