import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createId } from '#lib/domain/id'
import { configureLog } from '#lib/log'
import { createDirectoryStorage } from '#lib/storage/directory/create-directory-storage'
import { openStorage } from '#lib/storage/open-storage'
import type { Storage } from '#lib/storage/storage'
import { describeStorageContract } from './storage-contract.ts'

describe('the directory driver', () => {
  let dataPath = ''
  let storage: Storage

  before(async () => {
    configureLog('error')
    dataPath = await mkdtemp(join(tmpdir(), 'peekr-storage-'))
    await openStorage({ dataPath, runBtrfs: () => Promise.reject(new Error('there is no btrfs here')) })
    storage = createDirectoryStorage({ dataPath, advice: 'Move the data to Btrfs.' })
  })
  after(() => rm(dataPath, { recursive: true, force: true }))

  describeStorageContract(() => ({ storage, dataPath }))

  it('somebody else’s file is never shared with them', async () => {
    const videoId = createId()
    const theirs = join(dataPath, 'their-film.mp4')
    await writeFile(theirs, 'as imported')
    await storage.createVideo(videoId)
    await storage.adoptSource(videoId, theirs)
    await writeFile(theirs, 'written to later')
    assert.equal(await readFile(storage.sourcePath(videoId), 'utf8'), 'as imported')
  })

  it('our own upload is linked, not copied', async () => {
    const videoId = createId()
    const upload = join(dataPath, 'uploads', createId())
    await writeFile(upload, 'a film')
    await storage.createVideo(videoId)
    await storage.adoptSource(videoId, upload)
    assert.equal((await stat(storage.sourcePath(videoId))).ino, (await stat(upload)).ino)
  })
})
