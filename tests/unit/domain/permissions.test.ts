import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  canAdminister,
  canEdit,
  canUpload,
  canWatch,
  type Role,
  type Scope,
  scopesOfRole,
  type Viewer,
} from '#lib/domain/permissions'

function viewer(userId: string, role: Role, scopes: readonly Scope[] = scopesOfRole(role)): Viewer {
  return { userId, name: userId, email: `${userId}@example.org`, role, scopes, via: 'token' }
}

const owner = viewer('owner', 'uploader')
const other = viewer('other', 'uploader')
const admin = viewer('admin', 'admin')

test('everybody watches public and unlisted videos; a private one only its owner and administrators', () => {
  for (const visibility of ['public', 'unlisted'] as const) {
    for (const who of [null, owner, other, admin]) assert.ok(canWatch(who, { ownerId: 'owner', visibility }))
  }
  const secret = { ownerId: 'owner', visibility: 'private' } as const
  assert.deepEqual(
    [null, owner, other, admin].map((who) => canWatch(who, secret)),
    [false, true, false, true],
  )
})

test('only its owner and administrators change a video, whatever its visibility', () => {
  for (const visibility of ['public', 'unlisted', 'private'] as const) {
    const video = { ownerId: 'owner', visibility }
    assert.deepEqual(
      [null, owner, other, admin].map((who) => canEdit(who, video)),
      [false, true, false, true],
    )
  }
})

test('a token does no more than its scopes, and never more than its role', () => {
  const video = { ownerId: 'owner', visibility: 'private' } as const
  assert.equal(canEdit(viewer('owner', 'uploader', ['videos:read']), video), false)
  assert.equal(canWatch(viewer('owner', 'uploader', ['uploads:write']), video), false)
  assert.equal(canAdminister(viewer('owner', 'uploader', ['admin'])), false)
  assert.equal(canUpload(viewer('guest', 'viewer', ['uploads:write'])), false)
  assert.equal(canEdit(viewer('admin', 'admin', ['videos:read', 'videos:write']), video), false)
})

test('an owner who became a viewer still watches, but no longer uploads or edits', () => {
  const demoted = viewer('owner', 'viewer')
  const video = { ownerId: 'owner', visibility: 'private' } as const
  assert.ok(canWatch(demoted, video))
  assert.equal(canEdit(demoted, video), false)
  assert.equal(canUpload(demoted), false)
})
