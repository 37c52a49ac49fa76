import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, beforeEach, test } from 'node:test'
import { getSecret } from '#lib/auth/secrets'
import { finishSetup, getSetupCode } from '#lib/auth/setup'
import { parseConfig } from '#lib/config'
import { configureLog } from '#lib/log'
import { forgetSingleton, singleton } from '#lib/singleton'

const root = await mkdtemp(join(tmpdir(), 'peekr-secrets-'))
after(() => rm(root, { recursive: true, force: true }))
configureLog('silent')

let dataPath = ''
let count = 0
beforeEach(() => {
  count += 1
  dataPath = join(root, String(count))
  for (const name of ['config', 'secret:session', 'secret:media', 'secret:manifest']) forgetSingleton(name)
  singleton('config', () => parseConfig({ PEEKR_DATA: dataPath }))
})

test('a secret is 32 random bytes that only the owner may read, the same after a restart', async () => {
  const secret = getSecret('session')
  assert.equal(secret.length, 32)
  forgetSingleton('secret:session')
  assert.deepEqual(getSecret('session'), secret)
  assert.notDeepEqual(getSecret('media'), secret)
  const folder = join(dataPath, 'secrets')
  assert.equal((await stat(folder)).mode & 0o777, 0o700)
  assert.equal((await stat(join(folder, 'session'))).mode & 0o777, 0o600)
  assert.deepEqual((await readdir(folder)).sort(), ['media', 'session'])
})

test('processes that start at once share one secret', async () => {
  const script = `
    import { getSecret } from '#lib/auth/secrets'
    process.stdout.write(getSecret('session').toString('hex'))`
  const outputs = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, PEEKR_DATA: dataPath },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
      return output
    }),
  )
  assert.match(outputs[0] ?? '', /^[0-9a-f]{64}$/)
  assert.equal(new Set(outputs).size, 1)
  assert.deepEqual(await readdir(join(dataPath, 'secrets')), ['session'])
})

test('a secret others could read is closed to them', async () => {
  getSecret('session')
  const path = join(dataPath, 'secrets', 'session')
  await chmod(path, 0o644)
  forgetSingleton('secret:session')
  getSecret('session')
  assert.equal((await stat(path)).mode & 0o777, 0o600)
})

test('a secret cut short is refused with a sentence, not used', async () => {
  await mkdir(join(dataPath, 'secrets'), { recursive: true })
  await writeFile(join(dataPath, 'secrets', 'session'), 'short')
  assert.throws(() => getSecret('session'), /damaged/)
})

test('the setup code stays the same until setup is finished, and is then another', async () => {
  const code = await getSetupCode()
  assert.match(code, /^[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}$/)
  assert.equal(await getSetupCode(), code)
  assert.equal((await stat(join(dataPath, 'secrets', 'setup-code'))).mode & 0o777, 0o600)
  await finishSetup()
  await finishSetup()
  assert.notEqual(await getSetupCode(), code)
})
