import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectDropped, FILES_MAX, pickVideos } from '../../../app/_components/upload/collect-files.ts'

const file = (name: string, type = '') => new File(['x'], name, { type })
const fileEntry = (of: File) => ({
  isFile: true,
  isDirectory: false,
  file: (done: (file: File) => void) => done(of),
})
/** As browsers do it: a few at a time, then none. */
const folderEntry = (children: object[]) => ({
  isFile: false,
  isDirectory: true,
  createReader: () => {
    const left = [...children]
    return { readEntries: (done: (batch: object[]) => void) => done(left.splice(0, 2)) }
  },
})
const transferOf = (entries: object[], files: File[] = []) =>
  ({ items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })), files }) as unknown as DataTransfer

test('of a folder all videos are taken, however deep and many, and nothing else', async () => {
  const many = Array.from({ length: 25 }, (_, at) => fileEntry(file(`clip-${at}.MOV`)))
  const deep = folderEntry([folderEntry([fileEntry(file('deep.mkv')), fileEntry(file('notes.txt'))])])
  const odd = [fileEntry(file('._clip.mov')), fileEntry(file('no-extension', 'video/mp4'))]
  const files = await collectDropped(transferOf([folderEntry([...many, deep, ...odd])]))
  assert.equal(files.length, 27)
  assert.ok(files.some(({ name }) => name === 'deep.mkv'))
  assert.ok(files.every(({ name }) => name !== 'notes.txt' && !name.startsWith('.')))
})

test('what is dropped by itself is taken whatever it is called, also beside a folder', async () => {
  const strange = file('film.bin')
  assert.deepEqual(await collectDropped(transferOf([fileEntry(strange)], [strange])), [strange])
  const mixed = transferOf([fileEntry(strange), folderEntry([fileEntry(file('a.mp4'))])])
  assert.deepEqual(
    (await collectDropped(mixed)).map(({ name }) => name),
    ['film.bin', 'a.mp4'],
  )
})

test('of a folder of a thousand videos no more are looked up than say that there are too many', async () => {
  const thousand = Array.from({ length: 1000 }, (_, at) => file(`${at}.mp4`))
  const dropped = await collectDropped(transferOf([folderEntry(thousand.map(fileEntry))]))
  assert.equal(dropped.length, FILES_MAX + 1)
  assert.equal(pickVideos(thousand).length, 1000)
})
