import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FOLD_ALL, splitWords } from '#lib/db/embedded/text/split-words'

test('a text of ASCII alone is split like one with other letters in it', () => {
  const exact = { caseSensitive: true, diacriticSensitive: true }
  for (const folding of [
    FOLD_ALL,
    exact,
    { ...exact, caseSensitive: false },
    { ...exact, diacriticSensitive: false },
  ]) {
    for (let code = 0; code < 128; code++) {
      const text = `Ab${String.fromCharCode(code)}cD`
      assert.deepEqual(
        splitWords(text, folding),
        splitWords(`${text} 字`, folding).slice(0, -1),
        JSON.stringify(text),
      )
    }
  }
})

test('words are folded: small letters, no accents', () => {
  assert.deepEqual(splitWords("Crème brûlée, it's 5%", FOLD_ALL), ['creme', 'brulee', 'it', 's', '5'])
})
