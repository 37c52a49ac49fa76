import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApiToken } from '#lib/auth/api-tokens'
import { ShareLinkModel } from '#lib/db/models/share-link'
import { VideoModel } from '#lib/db/models/video'
import type { ShareLinkView } from '#lib/domain/access-view'
import { createId } from '#lib/domain/id'
import type { VideoView } from '#lib/domain/video-view'
import { createMediaToken } from '#lib/stream/media-token'
import {
  MEDIA_PATHS,
  openWorld,
  PASSWORD,
  type SeededVideo,
  VIDEO_PASSWORD,
  type World,
  writeRevision,
} from './matrix-world.ts'

const REACH_MS = 10_000

let world: World
before(async () => {
  // Everything that could be logged, so that the last test can look for secrets in it.
  world = await openWorld({ logLevel: 'trace', paths: MEDIA_PATHS })
})
after(() => world.close())

type Headers = Record<string, string>

/** A request to the first process, as its own pages make it. */
function ask(method: string, path: string, headers: Headers, json?: unknown): Promise<Response> {
  return fetch(world.doors.on.url + path, {
    method,
    headers: {
      'sec-fetch-site': 'same-origin',
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
}

async function change(method: string, path: string, headers: Headers, json?: unknown): Promise<Response> {
  const answer = await ask(method, path, headers, json)
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`)
  return answer
}

/** The address of a segment that needs no token. */
const openPath = ({ videoId, revisionId }: Pick<SeededVideo, 'videoId' | 'revisionId'>) =>
  `/stream/${videoId}/${revisionId}/720p/segment-00001.m4s`
const at = (video: SeededVideo, rest = '') => `/api/videos/${video.videoId}${rest}`

/** The address of a segment, as whoever sends these headers is given it: with a token in the path. */
async function getSegmentPath(video: SeededVideo, headers: Headers): Promise<string> {
  const view = (await (await change('GET', at(video), headers)).json()) as VideoView
  assert.match(view.playback?.hls ?? '', /^\/stream\/t\//)
  return (view.playback?.hls ?? '').replace('multivariant.m3u8', '720p/segment-00001.m4s')
}

/** All files play in both processes; after `end` the segment is 404 in both within 10 s, and with it everything. How long that took. */
async function measureEnd(path: string, end: () => Promise<unknown>, headers: Headers = {}): Promise<number> {
  const { on, off } = world.doors
  const paths = MEDIA_PATHS.map((file) => path.replace('720p/segment-00001.m4s', file))
  const statuses = async (asked: string[]) => {
    const answers = asked.flatMap((one) => [on, off].map(({ url }) => fetch(url + one, { headers })))
    return (await Promise.all(answers)).map(({ status }) => status)
  }
  assert.deepEqual(new Set(await statuses(paths)), new Set([200]))
  await end()
  const endedAtMs = performance.now()
  for (;;) {
    const found = await statuses([path])
    const tookMs = performance.now() - endedAtMs
    if (found.every((one) => one === 404)) {
      assert.deepEqual(new Set(await statuses(paths)), new Set([404]), 'every file goes with the segment')
      return tookMs
    }
    assert.ok(tookMs < REACH_MS, `${found} after ${Math.round(tookMs)} ms`)
    await sleep(100)
  }
}

/** The address of a segment of a revision beside what a video plays, with its owner's token. */
async function addRevision(videoId: string): Promise<{ id: string; path: string }> {
  const id = createId()
  await writeRevision(join(world.doors.on.dataPath, 'library', videoId, 'revisions', id))
  const token = createMediaToken({ videoId, revisionId: id }, world.ownerGrant)
  return { id, path: `/stream/t/${token}/${videoId}/${id}/720p/segment-00001.m4s` }
}

test('whatever let somebody in, its end reaches segments in every process within 10 s', async (t) => {
  const owner = world.headersOf('owner')
  const admin = world.headersOf('admin')
  const cases: Record<string, () => Promise<number>> = {
    async 'a link is revoked'() {
      const video = await world.makeVideo('private')
      const path = await getSegmentPath(video, world.headersOf('link', video))
      return measureEnd(path, () => change('DELETE', at(video, `/access/links/${video.links.link}`), owner))
    },
    async 'a link expires'() {
      const video = await world.makeVideo('private')
      const path = await getSegmentPath(video, world.headersOf('link', video))
      return measureEnd(path, () =>
        ShareLinkModel.updateOne({ _id: video.links.link }, { $set: { expiresAt: new Date() } }),
      )
    },
    async 'a person is removed'() {
      const video = await world.makeVideo('people')
      const path = await getSegmentPath(video, world.headersOf('named'))
      const { access } = (await VideoModel.findById(video.videoId).lean()) ?? {}
      const [person] = access?.people ?? []
      return measureEnd(path, () => change('DELETE', at(video, `/access/people/${person?.userId}`), owner))
    },
    async 'the password is changed'() {
      const video = await world.makeVideo('password')
      const path = await getSegmentPath(video, world.headersOf('pass', video))
      return measureEnd(path, () => change('PATCH', at(video), owner, { password: 'another password' }))
    },
    async 'the visibility is narrowed'() {
      const video = await world.makeVideo('password')
      const path = await getSegmentPath(video, world.headersOf('pass', video))
      return measureEnd(path, () => change('PATCH', at(video), owner, { visibility: 'private' }))
    },
    async 'a public video becomes private'() {
      const video = await world.makeVideo('public')
      return measureEnd(openPath(video), () => change('PATCH', at(video), owner, { visibility: 'private' }))
    },
    async 'the video is deleted'() {
      const video = await world.makeVideo('private')
      const path = await getSegmentPath(video, owner)
      return measureEnd(path, () => change('DELETE', at(video), owner))
    },
    async 'the video is taken out of play'() {
      const video = await world.makeVideo('public')
      const quarantine = { at: new Date(), revisionId: video.revisionId }
      return measureEnd(openPath(video), () =>
        VideoModel.updateOne({ _id: video.videoId }, { $set: { quarantine } }),
      )
    },
    async 'the hour of a version that was replaced is over'() {
      const { videoId } = await world.makeVideo('private')
      const { id, path } = await addRevision(videoId)
      const setUntil = (until: Date) =>
        VideoModel.updateOne({ _id: videoId }, { $set: { former: { revisionId: id, until } } })
      await setUntil(new Date(Date.now() + 600_000))
      return measureEnd(path, () => setUntil(new Date()))
    },
    async 'a public video whose older version is still watched becomes private'() {
      const { videoId } = await world.makeVideo('public')
      const { id } = await addRevision(videoId)
      const former = { revisionId: id, until: new Date(Date.now() + 600_000) }
      await VideoModel.updateOne({ _id: videoId }, { $set: { former } })
      const path = openPath({ videoId, revisionId: id })
      return measureEnd(path, () =>
        change('PATCH', `/api/videos/${videoId}`, owner, { visibility: 'private' }),
      )
    },
    async 'an upload that plays early is cancelled'() {
      const uploadId = await world.makeUpload()
      const { _id: videoId = '' } = (await VideoModel.findOne({ uploadId }).lean()) ?? {}
      const { id, path } = await addRevision(videoId)
      const early = { id, availableSeconds: 4, sentence: null, beatAt: new Date() }
      await VideoModel.updateOne({ _id: videoId }, { $set: { early } })
      const tus = { ...owner, 'tus-resumable': '1.0.0' }
      return measureEnd(path, () => change('DELETE', `/api/uploads/${uploadId}`, tus))
    },
    async 'the account is disabled'() {
      const { path, userId } = await nameSomebody()
      return measureEnd(path, () => change('PATCH', `/api/admin/users/${userId}`, admin, { disabled: true }))
    },
    async 'an administrator is made a viewer'() {
      const video = await world.makeVideo('private')
      const { userId, headers } = await world.makeUser('admin')
      const path = await getSegmentPath(video, headers)
      return measureEnd(path, () => change('PATCH', `/api/admin/users/${userId}`, admin, { role: 'viewer' }))
    },
    async 'the account’s password is changed, which ends its sessions'() {
      const { path, headers } = await nameSomebody()
      const password = { current: PASSWORD, next: 'another quiet river' }
      return measureEnd(path, () => change('PATCH', '/api/me', headers, { password }))
    },
    async 'an API token is revoked'() {
      const { video, userId, headers } = await nameSomebody()
      const { token, view } = await createApiToken({ userId, name: 'player' })
      const path = await getSegmentPath(video, { authorization: `Bearer ${token}` })
      return measureEnd(path, () => change('DELETE', `/api/tokens/${view.id}`, headers))
    },
  }
  const names = Object.keys(cases)
  const tookMs = await Promise.all(names.map((name) => cases[name]?.()))
  names.forEach((name, index) => {
    t.diagnostic(`${name}: ${Math.round(tookMs[index] ?? 0)} ms`)
  })
})

test('what was revoked opens nothing again: the page, the API, the link, the cookie, the address of a segment', async () => {
  const video = await world.makeVideo('private')
  const owner = world.headersOf('owner')
  const made = (await (
    await change('POST', at(video, '/access/links'), owner, { name: 'Club', expiresInHours: 1 })
  ).json()) as ShareLinkView & { url: string }
  const [page = '', secret = ''] = made.url.split('#')
  assert.equal(page, `/shared/${video.videoId}`)
  assert.equal(Buffer.from(secret, 'base64url').length, 32)
  const stored = JSON.stringify(await ShareLinkModel.find({ videoId: video.videoId }).lean())
  assert.ok(!stored.includes(secret), 'only a hash is stored')
  const listed = await (await change('GET', at(video, '/access'), owner)).text()
  assert.ok(listed.includes('Club') && !listed.includes(secret) && !/hash/i.test(listed))

  const opened = await change('POST', at(video, '/access'), {}, { link: secret })
  const cookie = opened.headers.getSetCookie()[0] ?? ''
  assert.match(cookie, /^peekr-access=[\w.-]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/)
  const headers = { cookie: cookie.split(';')[0] ?? '' }
  const path = await getSegmentPath(video, headers)
  assert.equal((await ask('GET', `/watch/${video.videoId}`, headers)).status, 200)
  const used = (await (await change('GET', at(video, '/access'), owner)).json()) as { links: ShareLinkView[] }
  assert.notEqual(used.links.find(({ id }) => id === made.id)?.lastUsedAt, null)

  await measureEnd(path, () => change('DELETE', at(video, `/access/links/${made.id}`), owner))
  const again = [
    await ask('GET', `/watch/${video.videoId}`, headers),
    await ask('GET', at(video), headers),
    await ask('POST', at(video, '/access'), {}, { link: secret }),
    await ask('GET', path, {}),
    await ask('GET', path, headers),
  ]
  assert.deepEqual(
    again.map(({ status }) => status),
    [404, 404, 404, 404, 404],
  )
})

test('a link opens its own video, and none of another', async () => {
  const [one, other] = [await world.makeVideo('private'), await world.makeVideo('private')]
  const owner = world.headersOf('owner')
  const { url } = (await (
    await change('POST', at(one, '/access/links'), owner, { expiresInHours: 1 })
  ).json()) as { url: string }
  const link = url.split('#')[1]
  assert.equal((await ask('POST', at(other, '/access'), {}, { link })).status, 404)
  const { cookie = '' } = world.headersOf('link', one)
  const swapped = { cookie: cookie.replace(one.videoId, other.videoId) }
  assert.equal((await ask('GET', at(other), swapped)).status, 404, 'a cookie is bound to its video')
})

test('a client guesses a video’s password ten times, then no more; its owner needs none', async () => {
  const video = await world.makeVideo('password')
  const statuses: number[] = []
  for (let count = 0; count < 10; count += 1) {
    statuses.push((await ask('POST', at(video, '/access'), {}, { password: 'wrong password' })).status)
  }
  assert.deepEqual(statuses, Array<number>(10).fill(401))
  const late = await ask('POST', at(video, '/access'), {}, { password: VIDEO_PASSWORD })
  assert.equal(late.status, 429, 'also for the right one')
  const owner = world.headersOf('owner')
  assert.equal((await ask('GET', at(video), owner)).status, 200, 'its owner needs none')
})

test('a person is found by whole address or whole name, and nobody can list the accounts', async () => {
  const video = await world.makeVideo('people')
  const { headers } = await world.makeUser('uploader')
  const { userId, email } = await world.makeUser('viewer')
  await VideoModel.updateOne({ _id: video.videoId }, { $set: { ownerId: (await whoIs(headers)).id } })
  const add = (who: unknown) => ask('POST', at(video, '/access/people'), headers, { who })
  for (const who of [email.slice(0, -1), email.slice(0, 5), '.*', '%', 'view', { $ne: '' }]) {
    assert.equal((await add(who)).status, 400, JSON.stringify(who))
  }
  const added = await add(email.toUpperCase())
  assert.equal(added.status, 201)
  const { people } = (await added.json()) as { people: { id: string; label: string }[] }
  assert.deepEqual(people.at(-1), { id: userId, name: 'viewer', label: email.toUpperCase() })
  // Several accounts have this name.
  assert.match(await (await add('viewer')).text(), /Several accounts/)
  const statuses: number[] = []
  for (let count = 0; count < 30; count += 1) statuses.push((await add(`nobody-${count}@example.org`)).status)
  assert.equal(statuses.at(-1), 429)
})

test('no secret is in any log, at the most talkative level', () => {
  const logs = world.doors.on.log() + world.doors.off.log()
  assert.ok(logs.length > 10_000, 'something was logged')
  const secrets: Record<string, RegExp> = {
    'a media token': /\/stream\/t\//,
    'a signed grant': /\bAg[EI][\w-]{77}\b/,
    'a password': /a quiet river|another password|open sesame|wrong password/,
    'a password hash': /\$argon2id\$/,
    'an API token': /pk_[\w-]{43}/,
    'a session': /next-auth\.session-token=|eyJhbGciOi/,
    'an access cookie': /peekr-access=/,
    'the secret of a link': /"link"|\/shared\/\w+#/,
  }
  for (const [what, pattern] of Object.entries(secrets)) {
    const found = pattern.exec(logs)
    assert.equal(found && logs.slice(Math.max(0, found.index - 200), found.index + 60), null, what)
  }
})

/** A viewer whom a video names, with the address of a segment as they are given it. */
async function nameSomebody() {
  const video = await world.makeVideo('people')
  const { userId, headers } = await world.makeUser('viewer')
  await VideoModel.updateOne(
    { _id: video.videoId },
    { $push: { 'access.people': { userId, label: 'them' } } },
  )
  return { video, userId, headers, path: await getSegmentPath(video, headers) }
}

async function whoIs(headers: Headers): Promise<{ id: string }> {
  return (await change('GET', '/api/me', headers)).json() as Promise<{ id: string }>
}
