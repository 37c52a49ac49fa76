import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { findViewer } from '#lib/auth/find-viewer'
import { getSetupCode, isSetupNeeded } from '#lib/auth/setup'
import { UserModel } from '#lib/db/models/user'
import { scopesOfRole } from '#lib/domain/permissions'
import { makeCookie, openAuthTest, PASSWORD, signIn } from '../../support/auth-test.ts'

const root = resolve(import.meta.dirname, '../../..')
const { close, settings, dataPath } = await openAuthTest()
after(close)

const ANA = ['--email', 'Ana@example.org', '--name', 'Ana']

test('while Peekr runs, a command makes an account and a token that work at once, and finishes setup', async () => {
  await getSetupCode()
  assert.equal(await isSetupNeeded(), true)
  const { code, lines } = await run([
    'user',
    'create',
    ...ANA,
    '--role',
    'admin',
    '--password-stdin',
    '--token',
  ])
  assert.equal(code, 0)
  const viewer = await findViewer({ authorization: `Bearer ${lines.at(-1)}` })
  assert.deepEqual(
    [viewer?.email, viewer?.role, viewer?.scopes],
    ['ana@example.org', 'admin', scopesOfRole('admin')],
  )
  assert.equal((await signIn({ email: 'ana@example.org', password: PASSWORD })).error, null)
  assert.equal(await isSetupNeeded(), false)
  assert.ok(!(await readdir(join(dataPath, 'secrets'))).includes('setup-code'))
})

test('a command that is refused says why in a sentence and ends with status 1', async () => {
  const create = ['user', 'create', ...ANA, '--role', 'viewer', '--password-stdin']
  for (const [args, input, sentence] of [
    [create, PASSWORD, /already an account/],
    [create, 'short', /8 to 200 characters/],
    [create, '', /No password came/],
    [['user', 'disable', '--email', 'ana@example.org'], '', /last administrator/],
    [['user', 'disable', '--email', 'nobody@example.org'], '', /no such account/],
    [['token', 'create', '--email', 'ana@example.org', '--scopes', 'everything'], '', /scopes/],
  ] as const) {
    const { code, errors } = await run([...args], input)
    assert.equal(code, 1)
    assert.match(errors, sentence)
    assert.ok(!errors.includes('    at '), errors)
  }
})

test('accounts are listed, disabled, enabled, and given a new password', async () => {
  await run([
    'user',
    'create',
    '--email',
    'bea@example.org',
    '--name',
    'Bea',
    '--role',
    'uploader',
    '--password-stdin',
  ])
  const { lines } = await run(['user', 'list', '--json'])
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).email),
    ['ana@example.org', 'bea@example.org'],
  )
  const bea = await UserModel.findOne({ email: 'bea@example.org' }).lean()
  const cookie = await makeCookie(bea ?? { _id: '' })
  assert.ok(await findViewer({ cookie }))
  await run(['user', 'disable', '--email', 'bea@example.org'])
  assert.equal(await findViewer({ cookie }), null)
  await run(['user', 'enable', '--email', 'bea@example.org'])
  await run(['user', 'password', '--email', 'bea@example.org', '--password-stdin'], 'a new horse')
  assert.equal((await signIn({ email: 'bea@example.org', password: 'a new horse' })).error, null)
})

test('a token made by a command has the scopes asked for, until a command revokes it', async () => {
  const owner = ['--email', 'bea@example.org']
  const made = await run([
    'token',
    'create',
    ...owner,
    '--name',
    'cron',
    '--scopes',
    'videos:read, uploads:write',
  ])
  const authorization = `Bearer ${made.lines.at(-1)}`
  assert.deepEqual((await findViewer({ authorization }))?.scopes, ['videos:read', 'uploads:write'])
  const listed = await run(['token', 'list', ...owner, '--json'])
  const { id, name } = JSON.parse(listed.lines[0] ?? '')
  assert.equal(name, 'cron')
  assert.equal((await run(['token', 'revoke', id, ...owner])).code, 0)
  assert.equal(await findViewer({ authorization }), null)
})

test('before Peekr ever ran, a command makes the first account with the embedded database', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-user-'))
  try {
    const env = { PEEKR_DATA: folder, MONGODB_URI: '' }
    const args = ['user', 'create', ...ANA, '--role', 'uploader', '--password-stdin', '--token', '--json']
    const { code, lines, errors } = await run(args, `${PASSWORD}\n`, env)
    assert.equal(code, 0, errors)
    assert.match(JSON.parse(lines.at(-1) ?? '').token, /^pk_/)
    assert.match(
      (await run(['user', 'list'], '', env)).lines[0] ?? '',
      /^ana@example.org\tuploader\tenabled\tAna$/,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

async function run(args: string[], input: string = PASSWORD, env: Record<string, string> = settings) {
  const child = spawn(process.execPath, ['bin/main.ts', ...args], {
    cwd: root,
    env: { ...process.env, ...env },
  })
  child.stdin.on('error', () => {}) // a command that needs no input may have ended before it was written
  child.stdin.end(input)
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code: code as number, lines: output.trimEnd().split('\n'), errors }
}
