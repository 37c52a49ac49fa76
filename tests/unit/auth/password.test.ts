import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword, verifyPassword } from '#lib/auth/password'

const isCode = (code: string) => (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === code

test('a hash is an argon2id PHC string at no less than what OWASP asks for', async () => {
  const hash = await hashPassword('correct horse')
  const [, memory, passes] =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$[\w+/]{22}\$[\w+/]{43}$/.exec(hash) ?? []
  // OWASP's list of equals: 46 MiB × 1, 19 MiB × 2, 12 MiB × 3, 9 MiB × 4, 7 MiB × 5.
  const leastKib: Record<string, number> = { 1: 47_104, 2: 19_456, 3: 12_288, 4: 9_216, 5: 7_168 }
  assert.ok(Number(memory) >= (leastKib[passes ?? ''] ?? Number.POSITIVE_INFINITY), hash)
})

test('only the right password verifies, and no two hashes of it are alike', async () => {
  const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
  assert.notEqual(one, other)
  assert.equal(await verifyPassword('correct horse', one), true)
  assert.equal(await verifyPassword('correct horsf', one), false)
  assert.equal(await verifyPassword('', one), false)
})

test('a hash made by the reference implementation verifies', async () => {
  // echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 (the reference implementation's own test vector)
  const hash = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  assert.equal(await verifyPassword('password', hash), true)
  assert.equal(await verifyPassword('passwort', hash), false)
})

test('a letter typed as one sign or as two is the same password', async () => {
  assert.equal(await verifyPassword('Übergröße 12', await hashPassword('U\u0308bergro\u0308ße 12')), true)
})

test('no account is never right, and costs as much work as an account', async () => {
  const hash = await hashPassword('correct horse')
  const [known, unknown] = [await measure(hash), await measure(null)]
  assert.equal(unknown.right, false)
  // Processor time of this process, which a busy machine does not change.
  assert.ok(unknown.cpuMs > known.cpuMs / 3, `${unknown.cpuMs} ms against ${known.cpuMs} ms`)
})

test('a password shorter than 8 or longer than 200 characters is refused', async () => {
  await assert.rejects(hashPassword('short12'), isCode('invalid_input'))
  await assert.rejects(hashPassword('x'.repeat(201)), isCode('invalid_input'))
  await hashPassword('x'.repeat(200))
})

test('a damaged hash is an error of the server, not a wrong password', async () => {
  await assert.rejects(verifyPassword('correct horse', '$2b$10$abcdefghijklmnopqrstuv'), isCode('internal'))
})

test('guesses beyond what may wait are refused at once, and the rest still finish', async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 70 }, () => verifyPassword('guess', CHEAP_HASH)),
  )
  const refused = results.filter(({ status }) => status === 'rejected')
  assert.equal(refused.length, 4) // 2 run, 64 wait
  assert.equal(await verifyPassword('guess', CHEAP_HASH), false)
})

const CHEAP_HASH = `$argon2id$v=19$m=16,t=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`

async function measure(hash: string | null): Promise<{ right: boolean; cpuMs: number }> {
  const before = process.cpuUsage()
  const right = await verifyPassword('something else', hash)
  const { user, system } = process.cpuUsage(before)
  return { right, cpuMs: (user + system) / 1000 }
}
