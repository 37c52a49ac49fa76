import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  authorize,
  canAdminister,
  canEdit,
  canUpload,
  canWatch,
  type Role,
  type Scope,
  scopesOfRole,
  type Viewer,
  type WatchProof,
} from '#lib/domain/permissions'
import type { Visibility } from '#lib/domain/video'

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

test('each way in opens the visibility it is for, and a link opens all; why is told', () => {
  const access = { people: [{ userId: 'named' }], passwordVersion: 3 }
  const named = viewer('named', 'viewer')
  const askers: [Viewer | null, WatchProof][] = [
    [named, {}],
    [other, {}],
    [null, { passwordVersion: 3 }],
    [null, { passwordVersion: 2 }],
    [null, { linkId: 'a' }],
    [owner, {}],
  ]
  const decide = (visibility: Visibility) =>
    askers.map(([who, proof]) => authorize(who, { ownerId: 'owner', visibility, access }, proof))
  assert.deepEqual(decide('private'), [null, null, null, null, 'link', 'account'])
  assert.deepEqual(decide('people'), ['account', null, null, null, 'link', 'account'])
  assert.deepEqual(decide('password'), [null, null, 'password', null, 'link', 'account'])
  assert.deepEqual(decide('unlisted'), Array(6).fill('anyone'))
  const reads = (scopes: Scope[]) =>
    authorize(viewer('named', 'viewer', scopes), { ownerId: 'owner', visibility: 'people', access })
  assert.deepEqual([reads(['videos:read']), reads(['uploads:write'])], ['account', null])
})

test('a video without a password, or from before there were any, lets nobody in by one', () => {
  const bare = { ownerId: 'owner', visibility: 'password' } as const
  const none = { ...bare, access: { people: [], passwordVersion: 0 } }
  assert.equal(authorize(null, bare, { passwordVersion: 0 }), null)
  assert.equal(authorize(null, none, { passwordVersion: 0 }), null)
  assert.equal(authorize(other, { ownerId: 'owner', visibility: 'people' }), null)
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
