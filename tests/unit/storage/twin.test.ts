import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findChain, findNewest, findParent, indexStates } from '#lib/catalog/backup/plan-states'
import { openSealedKey, sealKey } from '#lib/catalog/backup/seal-key'
import { parseRunRecord, parseStateRecord, type StateRecord } from '#lib/storage/twin/backup-format'
import { classifySshFailure } from '#lib/storage/twin/classify-ssh-failure'
import { parseSshAddress } from '#lib/storage/twin/ssh-address'
import { buildSshArguments } from '#lib/storage/twin/ssh-files'

const videoId = 'abcdefghijkmnpqr'

function buildState(day: number, parentDay: number | null): StateRecord {
  const nameOf = (at: number) => `video-2026-11-${at}T03-00-00.000Z-0123456789ab`
  return {
    version: 1,
    videoId,
    name: nameOf(day),
    part: 'video',
    parent: parentDay === null ? null : nameOf(parentDay),
    fingerprint: 'a'.repeat(64),
    sizeBytes: 1,
    sha256: 'b'.repeat(64),
  }
}

test('an address of another machine never becomes an option or a command there', () => {
  assert.deepEqual(parseSshAddress('ssh://me@nas.local:2222/srv/peekr twin/'), {
    destination: 'me@nas.local',
    port: 2222,
    path: '/srv/peekr twin',
  })
  assert.equal(parseSshAddress('ssh://[fe80::1]/x').destination, 'fe80::1')
  for (const hostile of [
    'ssh://-oProxyCommand=id/x',
    'ssh://me@-oProxyCommand=id/x',
    'ssh://-l@host/x',
    "ssh://host/x';id;'",
    'ssh://host/$(id)',
    'ssh://host/`id`',
    'ssh://host/a\nb',
    'ssh://host/../etc',
    'ssh://host/',
    'ssh://host',
    'ssh://host:port/x',
  ]) {
    assert.throws(() => parseSshAddress(hostile), /Write the other machine as/, hostile)
  }
  const to = parseSshAddress('ssh://me@nas/x')
  const args = buildSshArguments({ to, configPath: null, controlPath: '/tmp/s', command: 'ls' })
  assert.deepEqual(args.slice(-3), ['--', 'me@nas', 'ls'])
  assert.ok(args.includes('BatchMode=yes'))
})

test('a stream goes on from the newest state both sides have, and begins anew where a part is missing', () => {
  const [first, second, orphan] = [buildState(10, null), buildState(11, 10), buildState(13, 12)]
  const states = indexStates([orphan, second, first])
  assert.deepEqual(findChain(states, second), [first, second])
  assert.equal(findChain(states, orphan), null)
  assert.equal(findNewest(states, videoId, 'video'), second, 'what cannot be read back does not count')
  const options = { states, kind: 'streams', videoId, part: 'video' } as const
  assert.equal(findParent({ ...options, held: [first.name, second.name, orphan.name] }), second.name)
  assert.equal(findParent({ ...options, held: [first.name] }), first.name)
  assert.equal(findParent({ ...options, held: [] }), null)
  const long = Array.from({ length: 20 }, (_, at) => buildState(at + 10, at === 0 ? null : at + 9))
  assert.equal(findParent({ ...options, states: indexStates(long), held: [long[19]?.name ?? ''] }), null)
  assert.equal(
    findParent({ ...options, states: indexStates(long), held: [long[18]?.name ?? ''] }),
    long[18]?.name,
  )
})

test('a mark that names something outside its folder, or comes from a newer Peekr, is refused', () => {
  const state = buildState(10, null)
  assert.deepEqual(parseStateRecord(JSON.stringify(state)), state)
  for (const name of ['../../etc', 'video-x', '.hidden']) {
    assert.throws(() => parseStateRecord(JSON.stringify({ ...state, name })), /is damaged/)
  }
  assert.throws(() => parseStateRecord(JSON.stringify({ ...state, version: 2 })), /newer Peekr/)
  const run = { version: 1, name: '2026-11-23T03-00-00.000Z', states: [], key: 'plain' }
  const database = { file: '../passwd', engine: 'embedded', sizeBytes: 1, sha256: 'a'.repeat(64) }
  assert.throws(() => parseRunRecord(JSON.stringify({ ...run, database })), /is damaged/)
})

test('a sealed key opens with its passphrase alone, and is another text each time', () => {
  const key = Buffer.alloc(32, 7)
  const sealed = sealKey(key, 'a passphrase')
  assert.ok(openSealedKey(sealed, 'a passphrase').equals(key))
  assert.notEqual(sealKey(key, 'a passphrase'), sealed)
  assert.throws(() => openSealedKey(sealed, 'another'), /does not open/)
  assert.throws(() => openSealedKey('', 'a passphrase'), /does not open/)
})

test('what ssh says becomes a sentence that says what to do', () => {
  const say = (stderr: string, code = 255) => classifySshFailure({ host: 'me@nas', code, stderr })
  assert.match(say('me@nas: Permission denied (publickey).').message, /^me@nas refused the key\. Add/)
  assert.match(say('Host key verification failed.').message, /Connect once by hand/)
  assert.match(say('ssh: connect to host nas port 22: Connection refused').message, /does not answer/)
  assert.equal(say('cat: write error: No space left on device', 1).code, 'disk_full')
  assert.equal(say('', 44).code, 'not_found')
  assert.match(say('sh: sha256sum: not found', 127).message, /A command on me@nas failed: sh: sha256sum/)
})
