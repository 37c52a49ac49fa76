import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseConfig } from '#lib/config'
import { createId } from '#lib/domain/id'
import { singleton } from '#lib/singleton'
import { dropCached, findCachedMedia, getMedia, isCached } from '#lib/stream/media-cache'

const KIB = 1024
const dataPath = mkdtempSync(join(tmpdir(), 'peekr-cache-'))
singleton('config', () => parseConfig({ PEEKR_DATA: dataPath, PEEKR_CACHE: '800K' }))
after(() => rmSync(dataPath, { recursive: true }))

const [videoId, revisionId] = [createId(), createId()]
const folder = join(dataPath, 'library', videoId, 'revisions', revisionId, '720p')
mkdirSync(folder, { recursive: true })

function write(number: number, sizeBytes: number) {
  const name = `segment-${String(number).padStart(5, '0')}.m4s`
  writeFileSync(join(folder, name), randomBytes(sizeBytes))
  return { videoId, revisionId, path: `720p/${name}` }
}

test('however many wait for a file, it is read once, and once only', async () => {
  const media = write(1, 50 * KIB)
  const answers = await Promise.all(Array.from({ length: 100 }, () => getMedia(media)))
  assert.equal(new Set(answers).size, 1)
  rmSync(join(folder, 'segment-00001.m4s'))
  assert.equal(await getMedia(media), answers[0])
})

test('memory stays within its bound, and the file used last stays', async () => {
  const files = Array.from({ length: 30 }, (_, index) => write(100 + index, 60 * KIB))
  for (const media of files) await getMedia(media)
  const kept = files.map((media) => findCachedMedia(media)).filter((media) => media !== undefined)
  const keptBytes = kept.reduce((sum, media) => sum + media.body.length, 0)
  assert.ok(keptBytes <= 800 * KIB && keptBytes > 600 * KIB, `${keptBytes} bytes are kept`)
  assert.ok(findCachedMedia(files.at(-1) ?? write(0, 1)))
})

test('a file over an eighth of the memory is not kept, and its ETag stays the same', async () => {
  const media = write(200, 101 * KIB)
  const [first, second] = [await getMedia(media), await getMedia(media)]
  assert.equal(isCached(first), false)
  assert.equal(first.etag, second.etag)
})

test('what is dropped is gone, also while it is being read', async () => {
  const [kept, underWay] = [write(300, KIB), write(301, KIB)]
  await getMedia(kept)
  const reading = getMedia(underWay)
  dropCached(videoId)
  await reading
  assert.equal(findCachedMedia(kept), undefined)
  assert.equal(findCachedMedia(underWay), undefined)
})

test('a file that is not there is not_found, and is found once it is', async () => {
  const media = { videoId, revisionId, path: '720p/segment-00400.m4s' }
  await assert.rejects(getMedia(media), { code: 'not_found' })
  write(400, KIB)
  assert.ok(isCached(await getMedia(media)))
})
