import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNextPath } from '../../../app/_components/account/parse-next-path.ts'

test('a path of this site is kept whole', () => {
  assert.equal(parseNextPath('/watch/abc?t=3#end'), '/watch/abc?t=3#end')
})

test('nothing that a browser could read as another site is kept', () => {
  const elsewhere = [
    undefined,
    '',
    'https://evil.example/',
    'javascript:alert(1)',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n\\evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    '/%2e//evil.example',
    '/./\\evil.example',
  ]
  for (const next of elsewhere) assert.equal(parseNextPath(next), '/', next)
})
