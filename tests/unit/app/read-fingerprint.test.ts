import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { computeFingerprint } from '#lib/upload/fingerprint'
import { readFingerprint } from '../../../app/_components/upload/read-fingerprint.ts'

const MIB = 1024 ** 2

test('a browser makes the same fingerprint of a file as the server, over HTTPS and plain HTTP', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-fingerprint-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const size of [0, 1, MIB - 1, MIB, MIB + 5, 2 * MIB, 2 * MIB + 1, 5 * MIB]) {
    const bytes = randomBytes(size)
    const path = join(folder, 'film')
    await writeFile(path, bytes)
    const expected = await computeFingerprint(path)
    assert.equal(await readFingerprint(new Blob([bytes])), expected, `${size} bytes`)
    t.mock.getter(globalThis.crypto, 'subtle', () => undefined as unknown as SubtleCrypto)
    assert.equal(await readFingerprint(new Blob([bytes])), expected, `${size} bytes, over plain HTTP`)
    t.mock.restoreAll()
  }
})
