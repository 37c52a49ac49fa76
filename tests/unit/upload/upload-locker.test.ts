import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUploadLocker } from '#lib/upload/upload-locker'

const nothing = () => {}

test('a free lock is taken at once, and locks of different uploads do not meet', async () => {
  const locker = createUploadLocker()
  await locker.lock('a', () => assert.fail('nobody else wants it'))
  await locker.lock('b', () => assert.fail('nobody else wants it'))
})

test('a newcomer asks the holder to let go and gets the lock when it does', async () => {
  const locker = createUploadLocker()
  const order: string[] = []
  const release = await locker.lock('a', () => {
    order.push('asked')
    setTimeout(() => {
      order.push('released')
      release()
    }, 10)
  })
  await locker.lock('a', nothing)
  order.push('taken')
  assert.deepEqual(order, ['asked', 'released', 'taken'])
})

test('those who wait get it one after the other, and never two at once', async () => {
  const locker = createUploadLocker()
  let holders = 0
  const served: number[] = []
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const interrupted = Promise.withResolvers<void>()
      const release = await locker.lock('a', interrupted.resolve)
      holders += 1
      assert.equal(holders, 1)
      served.push(index)
      if (index < 19) await interrupted.promise
      holders -= 1
      release()
    }),
  )
  assert.deepEqual(
    served,
    [...served].sort((a, b) => a - b),
  )
})

test('a holder that does not let go costs the newcomer a bounded wait, then 423', async () => {
  const locker = createUploadLocker(30)
  const release = await locker.lock('a', nothing)
  await assert.rejects(locker.lock('a', nothing), { code: 'locked', status: 423 })
  release()
  await locker.lock('a', nothing) // the one who gave up does not hold the queue
})

test('releasing twice does not release the next holder', async () => {
  const locker = createUploadLocker(30)
  const release = await locker.lock('a', nothing)
  release()
  await locker.lock('a', nothing)
  release()
  assert.equal(locker.tryLock('a'), null)
})

test('the sweep takes a free lock only', () => {
  const locker = createUploadLocker()
  const release = locker.tryLock('a')
  assert.ok(release)
  assert.equal(locker.tryLock('a'), null)
  release()
  assert.ok(locker.tryLock('a'))
})
