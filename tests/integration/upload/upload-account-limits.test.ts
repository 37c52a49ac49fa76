import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { updateSettings } from '#lib/admin/settings'
import { updateUser } from '#lib/admin/users-update'
import { sumOwnerBytes } from '#lib/upload/reserve-space'
import { callTus, createTusUpload, makeUploader, patchTus, untilWritten } from '../../support/upload-test.ts'
import { openPatch, openUploadWorld } from '../../support/upload-world.ts'

const world = openUploadWorld()
const origin = () => world.origins['front door']
const create = (authorization: string, sizeBytes: number) =>
  callTus(`${origin()}/api/uploads`, 'POST', {
    headers: { authorization, 'upload-length': String(sizeBytes) },
  })

test('a role has its limits, an account’s own come before them, and null takes them away', async () => {
  const uploader = await makeUploader()
  const admin = await makeUploader('admin')
  await updateSettings({ uploadLimits: { uploader: { sizeBytesMax: 1000, quotaBytes: 1500 } } })
  const refused = await create(uploader.authorization, 1001)
  assert.deepEqual([refused.status, refused.code], [413, 'too_large'])
  assert.match(refused.message ?? '', /1 KB; your account may send up to 1 KB\. .* ask an administrator/)
  assert.equal((await create(admin.authorization, 1001)).status, 201)
  assert.equal((await create(uploader.authorization, 1000)).status, 201)
  assert.deepEqual((await create(uploader.authorization, 501)).code, 'quota_exceeded')
  await updateUser(uploader.userId, { uploadLimits: { sizeBytesMax: 5000, quotaBytes: 9000 } })
  assert.equal((await create(uploader.authorization, 5000)).status, 201)
  await updateUser(uploader.userId, { uploadLimits: { sizeBytesMax: null } })
  assert.equal((await create(uploader.authorization, 1001)).status, 413)
  await updateSettings({ uploadLimits: {} })
})

test('an account that has as many videos as it may is told so; parts count when they become one', async () => {
  const { authorization, userId } = await makeUploader()
  await updateUser(userId, { uploadLimits: { videosMax: 2 } })
  const answers = await Promise.all(Array.from({ length: 6 }, () => create(authorization, 5)))
  assert.equal(answers.filter(({ status }) => status === 201).length, 2)
  for (const { status, message } of answers.filter((answer) => answer.status !== 201)) {
    assert.equal(status, 507)
    assert.match(message ?? '', /may have 2 videos, and has as many\./)
  }
  const part = await callTus(`${origin()}/api/uploads`, 'POST', {
    headers: { authorization, 'upload-length': '0', 'upload-concat': 'partial' },
  })
  assert.equal(part.status, 201)
  const joined = await callTus(`${origin()}/api/uploads`, 'POST', {
    headers: { authorization, 'upload-concat': `final;${part.headers.get('location')}` },
  })
  assert.equal(joined.code, 'quota_exceeded')
})

test('who begins too many uploads is told how long to wait, and those that run go on', async () => {
  const { authorization, userId } = await makeUploader()
  await updateUser(userId, { uploadLimits: { creationsMax: 3 } })
  const first = await create(authorization, 3)
  const answers = await Promise.all(Array.from({ length: 5 }, () => create(authorization, 3)))
  assert.equal(answers.filter(({ status }) => status === 201).length, 2)
  const refused = answers.find(({ status }) => status === 429)
  const seconds = Number(refused?.headers.get('retry-after'))
  assert.ok(seconds > 0 && seconds <= 900, String(seconds))
  assert.match(refused?.message ?? '', /begun 3 uploads .* begin the next in \d+ minutes?\.$/)
  const url = origin() + first.headers.get('location')
  assert.equal((await patchTus(url, authorization, 0, Buffer.from('abc'))).status, 204)
})

test('20 uploads at once from 5 users: none passes its quota, and each can use all of it', async () => {
  const users = await Promise.all(Array.from({ length: 5 }, () => makeUploader()))
  for (const { userId } of users) await updateUser(userId, { uploadLimits: { quotaBytes: 1000 } })
  // Ends in every way an upload can: complete, cancelled, left open, put together from parts.
  const upload = async ({ authorization }: { authorization: string }, turn: number) => {
    const made = await create(authorization, 300)
    if (made.status !== 201) return made.code
    const url = origin() + made.headers.get('location')
    if (turn === 1) {
      await callTus(url, 'DELETE', { headers: { authorization } })
      return 'cancelled'
    }
    if (turn === 2) await patchTus(url, authorization, 0, Buffer.alloc(300))
    return 'made'
  }
  const outcomes = await Promise.all(users.flatMap((user) => [0, 1, 2, 3].map((turn) => upload(user, turn))))
  assert.ok(outcomes.every((outcome) => ['made', 'cancelled', 'quota_exceeded'].includes(outcome ?? '')))
  for (const { authorization, userId } of users) {
    const usedBytes = await sumOwnerBytes(userId, new Set())
    assert.ok(usedBytes <= 1000, `${usedBytes} bytes`)
    assert.equal((await create(authorization, 1001 - usedBytes)).code, 'quota_exceeded')
    assert.equal((await create(authorization, 1000 - usedBytes)).status, 201)
    assert.equal(await sumOwnerBytes(userId, new Set()), 1000)
  }
})

test('one account sends a dozen bodies at once and no more; another is not held up, and cancelling never is', async () => {
  const [many, other] = [await makeUploader(), await makeUploader()]
  const begin = ({ authorization }: { authorization: string }) => createTusUpload(origin(), authorization, 10)
  const hanging = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const upload = await begin(many)
      const patch = openPatch(upload.url, { authorization: many.authorization, offset: 0, end: 10 })
      patch.write('abc')
      await untilWritten(upload.uploadId, 3)
      return { ...upload, patch }
    }),
  )
  const { url } = await begin(many)
  const refused = await patchTus(url, many.authorization, 0, Buffer.from('0123456789'))
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '2'])
  assert.match(refused.message ?? '', /12 requests at once.* goes on when one of them has ended/)
  assert.equal(
    (await patchTus((await begin(other)).url, other.authorization, 0, Buffer.from('0123456789'))).status,
    204,
  )
  const [first] = hanging
  assert.ok(first)
  const headers = { authorization: many.authorization }
  assert.equal((await callTus(first.url, 'DELETE', { headers })).status, 204)
  let status = 0
  for (let tries = 0; tries < 100 && status !== 204; tries += 1) {
    status = (await patchTus(url, many.authorization, 0, Buffer.from('0123456789'))).status
    if (status !== 204) await sleep(50)
  }
  assert.equal(status, 204)
  for (const { patch } of hanging) patch.destroy()
})
