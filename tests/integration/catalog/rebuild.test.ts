import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import mongoose from 'mongoose'
import { listBin } from '#lib/catalog/bin/list-bin'
import { getVideo } from '#lib/catalog/get-video'
import { listVideos } from '#lib/catalog/list-videos'
import { rebuildLibrary } from '#lib/catalog/rebuild-library'
import { removeVideo } from '#lib/catalog/remove-video'
import { listSnapshots } from '#lib/catalog/snapshots/list-snapshots'
import { updateVideo } from '#lib/catalog/update-video'
import { verifyLibrary } from '#lib/catalog/verify-library'
import { UserModel } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { SCOPES, type Viewer } from '#lib/domain/permissions'
import type { VideoView } from '#lib/domain/video-view'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import { forgetStreamAccess } from '#lib/stream/stream-access'
import { streamResponse } from '#lib/stream/stream-response'
import { openPipelineTest, type PipelineTest } from '../../support/pipeline-test.ts'
import { seedVideo } from '../../support/seed-video.ts'

const root = resolve(import.meta.dirname, '../../..')
const VISIBILITIES = ['public', 'unlisted', 'private'] as const

let peekr: PipelineTest
before(async () => {
  peekr = await openPipelineTest()
})
after(async () => {
  await closePool()
  await peekr.close()
})

describe('a database made anew from the disk', () => {
  test('answers page for page what the lost one did: details, owners, revisions, media, snapshots, the bin', async () => {
    const ben = await addOwner('Ben')
    const owners = [peekr.owner, ben]
    const ids: string[] = []
    for (let at = 0; at < 12; at += 1) {
      const owner = owners[at % 2] as Viewer
      const visibility = VISIBILITIES[at % 3]
      const { _id: videoId } = await seedVideo(owner, {
        title: `Film ${at}`,
        visibility,
        durationSeconds: 10 + at,
      })
      if (at % 4 === 0) {
        const changes = { title: `Film ${at}, second cut`, description: 'a\nb', tags: ['ä', `t${at}`] }
        await updateVideo({ viewer: owner, videoId, changes })
      }
      ids.push(videoId)
    }
    await removeVideo({ viewer: ben, videoId: ids[1] as string })
    const before = await readEverything(ids, owners)

    await mongoose.connection.dropDatabase()
    for (const videoId of ids) forgetStreamAccess(videoId)
    assert.equal(await VideoModel.countDocuments(), 0)
    assert.equal((await verifyLibrary()).findings.filter(({ kind }) => kind === 'unrecorded').length, 12)
    const result = await rebuildLibrary()
    assert.deepEqual(
      [result.added.length, result.knownCount, result.refused, result.unfinished],
      [12, 0, [], []],
    )
    assert.deepEqual(result.owners.map(({ email }) => email).sort(), ['ana@example.org', 'ben@example.org'])

    assert.deepEqual(await readEverything(ids, owners), before)
    assert.deepEqual(await verifyLibrary(), { videoCount: 12, findings: [] })
    const again = await rebuildLibrary()
    assert.deepEqual([again.added, again.knownCount, again.owners], [[], 12, []], 'twice is safe')
  })

  test('an owner who has a new account by the same address gets the videos under it', async () => {
    const eva = await addOwner('Eva')
    const { _id: videoId } = await seedVideo(eva)
    await VideoModel.deleteOne({ _id: videoId })
    await UserModel.deleteOne({ _id: eva.userId })
    const { userId } = await addOwner('Eva')
    await rebuildLibrary()
    assert.equal((await VideoModel.findById(videoId).lean())?.ownerId, userId)
    assert.deepEqual((await verifyLibrary()).findings, [])
  })

  test('orphans are named both ways, with what to do about each; and by the command, with status 1', async () => {
    const library = await getLibrary()
    const [unrecorded, missing, unreadable, outdated] = (await Promise.all(
      Array.from({ length: 4 }, async () => (await seedVideo(peekr.owner))._id),
    )) as [string, string, string, string]
    await VideoModel.deleteOne({ _id: unrecorded })
    const away = join(peekr.dataPath, 'away')
    await rename(join(peekr.dataPath, 'library', missing), away)
    await library.writeVideoFile(unreadable, 'video.json', '{"version":1}')
    await VideoModel.updateOne({ _id: outdated }, { $set: { title: 'Only in the database' } })
    const { findings } = await verifyLibrary()
    const kinds = Object.fromEntries(findings.map(({ videoId, kind }) => [videoId, kind]))
    assert.deepEqual(kinds, {
      [unrecorded]: 'unrecorded',
      [missing]: 'missing',
      [unreadable]: 'unreadable',
      [outdated]: 'outdated',
    })
    assert.ok(findings.every(({ sentence }) => /^.+\.$/.test(sentence)))
    const { code, stdout } = await runPeekr(['verify', '--json'])
    assert.equal(code, 1)
    assert.equal(JSON.parse(stdout).findings.length, 4, stdout)
    await rename(away, join(peekr.dataPath, 'library', missing))
    for (const videoId of [missing, unreadable, outdated]) await library.deleteVideo(videoId)
    await VideoModel.deleteMany({})
  })

  test('what cannot be brought back is named with its reason, and nothing is made up', async () => {
    const library = await getLibrary()
    const [damaged, empty] = [(await seedVideo(peekr.owner))._id, createId()]
    const { _id: whole, revision } = await seedVideo(peekr.owner)
    await library.writeVideoFile(damaged, 'video.json', 'not JSON')
    await rm(join(library.revisionPath(whole, revision?.id ?? ''), 'multivariant.m3u8'))
    await library.createVideo(empty)
    await writeFile(library.sourcePath(empty), 'a film')
    await VideoModel.deleteMany({})
    const { code, stdout } = await runPeekr(['rebuild', '--json'])
    const { refused, unfinished } = JSON.parse(stdout)
    assert.equal(code, 1)
    const reasons = Object.fromEntries(
      refused.map(({ videoId, reason }: Record<string, string>) => [videoId, reason]),
    )
    assert.match(reasons[damaged], /not JSON.*Restore it from a snapshot/)
    assert.match(reasons[whole], /is missing.*Restore it from a snapshot/)
    assert.ok(unfinished.includes(empty))
    assert.equal(await VideoModel.findById(damaged), null)
  })
})

describe('the command line', () => {
  test('snapshots are listed, taken and restored, and what it prints undoes it', async () => {
    const { _id: videoId } = await seedVideo(peekr.owner, { title: 'By hand' })
    const made = JSON.parse(
      (await runPeekr(['snapshot', 'create', videoId, '--label', 'mine', '--json'])).stdout,
    )
    await updateVideo({ viewer: peekr.owner, videoId, changes: { title: 'Changed' } })
    const restored = await runPeekr(['snapshot', 'restore', videoId, made.name, '--json'])
    assert.equal((await getVideo({ viewer: peekr.owner, videoId })).title, 'By hand')
    const { undo } = JSON.parse(restored.stdout)
    const list = JSON.parse((await runPeekr(['snapshot', 'list', videoId, '--measure', '--json'])).stdout)
    assert.ok(
      list.items.some(({ name, label }: Record<string, string>) => name === made.name && label === 'mine'),
    )
    assert.match(
      (await runPeekr(['snapshot', 'list', videoId])).stdout,
      /“By hand” \(public\) {2}called “mine”/,
    )
    assert.match(
      (await runPeekr(['snapshot', 'restore', videoId, undo, '--details'])).stdout,
      /To take it back:/,
    )
    assert.equal((await getVideo({ viewer: peekr.owner, videoId })).title, 'Changed')
    const refused = await runPeekr(['snapshot', 'list', createId()])
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /^There is no such video\./)
  })
})

/** All that a library's visitors and owners are told of it. */
async function readEverything(ids: string[], owners: Viewer[]) {
  const pages: VideoView[][] = []
  for (const viewer of [null, ...owners]) {
    let cursor: string | undefined
    do {
      const page = await listVideos({ viewer, mine: viewer !== null, limit: 3, cursor })
      pages.push(page.items.map(withoutToken))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
  }
  const media: number[] = []
  for (const item of pages[0] ?? [])
    media.push((await streamResponse(new Request(`http://peekr.test${item.playback?.hls}`))).status)
  const bins = await Promise.all(owners.map(({ userId }) => listBin({ ownerId: userId }, { limit: 50 })))
  const snapshots = []
  for (const videoId of ids.filter((_, at) => at % 2 === 0))
    snapshots.push(await listSnapshots({ viewer: owners[0] as Viewer, videoId }))
  return { pages, media, bins, snapshots }
}

/** The token in a private video's URLs is another one each time. */
function withoutToken(view: VideoView): VideoView {
  return JSON.parse(JSON.stringify(view).replaceAll(/\/stream\/t\/[^/]+\//g, '/stream/t/…/'))
}

async function addOwner(name: string): Promise<Viewer> {
  const [userId, email] = [createId(), `${name.toLowerCase()}@example.org`]
  await UserModel.create({ _id: userId, name, email, role: 'uploader', passwordHash: 'none' })
  return { userId, name, email, role: 'uploader', scopes: SCOPES, via: 'session' }
}

/** The command as a person runs it, on this test's data. */
function runPeekr(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { PATH, HOME, MONGODB_URI } = process.env
  const uri = MONGODB_URI ? new URL(MONGODB_URI) : null
  if (uri) uri.pathname = `/${mongoose.connection.name}`
  const env = {
    PATH,
    HOME,
    PEEKR_DATA: peekr.dataPath,
    PEEKR_LOG_LEVEL: 'silent',
    ...(uri && { MONGODB_URI: uri.href }),
  }
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['bin/main.ts', ...args],
      { cwd: root, env: env as unknown as NodeJS.ProcessEnv, timeout: 60_000 },
      (error, stdout, stderr) => {
        done({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      },
    )
  })
}
