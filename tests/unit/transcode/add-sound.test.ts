import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { addSound } from '#lib/transcode/add-sound'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-sound-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const PLAYLIST = [
  '#EXTM3U',
  '#EXT-X-TARGETDURATION:4',
  '#EXTINF:4.0,',
  'segment00000.ts',
  '#EXTINF:4.0,',
  'segment00001.ts',
  '',
].join('\n')

async function makeAttempt(name: string, segments: string[]): Promise<string> {
  const attemptPath = join(folder, name)
  await mkdir(join(attemptPath, 'audio'), { recursive: true })
  await writeFile(join(attemptPath, 'audio', 'media.m3u8'), PLAYLIST)
  for (const [index, bytes] of segments.entries())
    await writeFile(join(attemptPath, 'audio', `segment0000${index}.ts`), bytes)
  return attemptPath
}

test('a segment that an attempt left short on a full disk is replaced by the whole one of the next attempt', async () => {
  const revisionPath = join(folder, 'revision')
  const read = (index: number) => readFile(join(revisionPath, 'audio', `segment0000${index}.ts`), 'utf8')
  const first = await makeAttempt('first', ['whole', ''])
  assert.equal(await addSound({ attemptPath: first, revisionPath, proved: false }), 2)
  const second = await makeAttempt('second', ['whole', 'whole too'])
  assert.equal(await addSound({ attemptPath: second, revisionPath, proved: false }), 2)
  assert.equal(await read(1), '', 'what viewers may have read already changed while nothing was proved')
  assert.equal(await addSound({ attemptPath: second, revisionPath, proved: true }), 2)
  assert.deepEqual([await read(0), await read(1)], ['whole', 'whole too'])
  // Once more of the very files that are there: nothing of theirs is left beside them, to be signed as part of the video.
  assert.equal(await addSound({ attemptPath: second, revisionPath, proved: true }), 2)
  assert.deepEqual((await readdir(join(revisionPath, 'audio'))).sort(), [
    'media.m3u8',
    'segment00000.ts',
    'segment00001.ts',
  ])
})
