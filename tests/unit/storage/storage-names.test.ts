import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isId } from '#lib/domain/id'
import { PeekrError } from '#lib/errors'
import { buildSnapshot, parseSnapshotName } from '#lib/storage/snapshot-name'
import { toStorageError } from '#lib/storage/to-storage-error'
import { buildVideoFolders } from '#lib/storage/video-folders'

describe('names and places in the library', () => {
  it('a snapshot’s name says when and why, and sorts by time', () => {
    const snapshot = buildSnapshot('published', new Date('2026-11-22T22:33:02.123Z'))
    assert.equal(snapshot.name, '2026-11-22T22-33-02.123Z-published')
    assert.deepEqual(parseSnapshotName(snapshot.name), snapshot)
  })

  it('a half-made or foreign folder is no snapshot, and a reason is never a path', () => {
    for (const name of [
      '.2026-11-22T22-33-02.123Z-published.partial',
      'lost+found',
      '2026-99-99T00-00-00.000Z-x',
    ]) {
      assert.equal(parseSnapshotName(name), null)
    }
    for (const reason of ['', '../x', 'A', 'a b', '-a', 'a/b']) {
      assert.throws(() => buildSnapshot(reason, new Date()), { code: 'invalid_input' })
    }
  })

  it('no text but an id makes a place in the library', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (isId(text)) return
        assert.throws(() => buildVideoFolders('/data', text), { code: 'not_found' })
      }),
    )
  })

  it('a full disk, a used-up quota and a lost disk keep their meaning; bugs stay bugs', () => {
    const failure = (code: string, errno: number) => Object.assign(new Error(code), { code, errno })
    const codeOf = (error: unknown) => (toStorageError(error) as PeekrError).code
    assert.equal(codeOf(failure('ENOSPC', -28)), 'disk_full')
    assert.equal(codeOf(failure('UNKNOWN', -122)), 'disk_full')
    assert.equal(codeOf(failure('EIO', -5)), 'storage_unavailable')
    assert.equal(codeOf(failure('EACCES', -13)), 'storage_unavailable')
    assert.equal(codeOf(failure('ENOENT', -2)), 'ENOENT')
    const known = new PeekrError('conflict')
    assert.equal(toStorageError(known), known)
  })
})
