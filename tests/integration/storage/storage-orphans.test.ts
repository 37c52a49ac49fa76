import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createId } from '#lib/domain/id'
import { createDirectoryStorage } from '#lib/storage/directory/create-directory-storage'
import { findOrphans } from '#lib/storage/find-orphans'

describe('videos on disk that the database does not know', () => {
  let dataPath = ''
  before(async () => {
    dataPath = await mkdtemp(join(tmpdir(), 'peekr-orphans-'))
  })
  after(() => rm(dataPath, { recursive: true, force: true }))

  it('what was never published may go; what was published is only named; young and known ones are left alone', async () => {
    const storage = createDirectoryStorage({ dataPath, advice: null })
    const [known, unpublished, published, snapshotOnly] = [createId(), createId(), createId(), createId()]
    for (const videoId of [known, unpublished, published, snapshotOnly]) await storage.createVideo(videoId)
    await storage.writeVideoFile(published, 'video.json', '{}')
    await storage.snapshot(snapshotOnly, 'publish')
    await rm(join(dataPath, 'library', snapshotOnly), { recursive: true })
    const findKnown = async (ids: string[]) => ids.filter((id) => id === known)

    const nowMs = Date.now() + 2 * 3_600_000
    const { removable, unrecorded } = await findOrphans({ dataPath, findKnown, nowMs })
    assert.deepEqual(removable, [unpublished])
    assert.deepEqual(unrecorded.sort(), [published, snapshotOnly].sort())
    assert.deepEqual((await findOrphans({ dataPath, findKnown })).removable, [])
    assert.equal((await readdir(join(dataPath, 'library'))).length, 3)
  })

  it('an empty or missing library has none', async () => {
    const findKnown = async () => []
    const none = await findOrphans({ dataPath: join(dataPath, 'nowhere'), findKnown })
    assert.deepEqual(none, { removable: [], unrecorded: [] })
  })
})
