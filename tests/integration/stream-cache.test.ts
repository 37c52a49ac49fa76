import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { parseConfig } from '#lib/config'
import { createId } from '#lib/domain/id'
import { singleton } from '#lib/singleton'
import {
  countCachedBytes,
  dropCached,
  getMedia,
  holdMedia,
  isCached,
  type KeptMedia,
} from '#lib/stream/media-cache'
import type { MediaPath } from '#lib/stream/open-media-file'

const KIB = 1024
const dataPath = mkdtempSync(join(tmpdir(), 'peekr-cache-'))
singleton('config', () => parseConfig({ PEEKR_DATA: dataPath, PEEKR_CACHE: '1200K' }))
after(() => rmSync(dataPath, { recursive: true }))

const video = addVideo()

function addVideo(): { videoId: string; revisionId: string; folder: string } {
  const [videoId, revisionId] = [createId(), createId()]
  const folder = join(dataPath, 'library', videoId, 'revisions', revisionId)
  mkdirSync(join(folder, '720p'), { recursive: true })
  return { videoId, revisionId, folder }
}

function write(number: number, sizeBytes: number, { videoId, revisionId, folder } = video): MediaPath {
  const path = `720p/segment-${String(number).padStart(5, '0')}.m4s`
  writeFileSync(join(folder, path), randomBytes(sizeBytes))
  return { videoId, revisionId, path }
}

async function getKept(media: MediaPath): Promise<KeptMedia> {
  const found = await getMedia(media)
  assert.ok(isCached(found))
  return found
}

/** Whether a file is in memory: asking for it then needs no file any more. */
function isInMemory(media: MediaPath): boolean {
  const found = getMedia(media)
  if (!(found instanceof Promise)) return true
  found.catch(() => {}) // it was only asked for to see whether it has to be read
  return false
}

test('however many wait for a file, it is read once, and once only', async () => {
  const media = write(1, 50 * KIB)
  const answers = await Promise.all(Array.from({ length: 100 }, () => getMedia(media)))
  assert.equal(new Set(answers).size, 1)
  rmSync(join(video.folder, media.path))
  assert.equal(await getMedia(media), answers[0])
})

test('memory stays within its bound, and the file used last stays', async () => {
  const files = Array.from({ length: 30 }, (_, index) => write(100 + index, 60 * KIB))
  for (const media of files) await getMedia(media)
  assert.ok(countCachedBytes() <= 600 * KIB && countCachedBytes() > 450 * KIB, `${countCachedBytes()} bytes`)
  assert.ok(isInMemory(files.at(-1) ?? write(0, 1)))
})

test('one long video, played through once, leaves in memory what several people watch', async () => {
  const popular = Array.from({ length: 6 }, (_, index) => write(index, 50 * KIB, addVideo()))
  for (let viewer = 0; viewer < 8; viewer++) for (const media of popular) await getMedia(media)
  const long = addVideo()
  for (let number = 0; number < 400; number++) await getMedia(write(number, 50 * KIB, long))
  assert.equal(popular.filter(isInMemory).length, popular.length)
  // What becomes popular later takes the place of what nobody watches any more.
  const next = Array.from({ length: 6 }, (_, index) => write(index, 50 * KIB, addVideo()))
  for (let viewer = 0; viewer < 20; viewer++) for (const media of next) await getMedia(media)
  assert.equal(next.filter(isInMemory).length, next.length)
})

test('what is being sent counts until it is let go; then there is room again', async () => {
  const held: (() => void)[] = []
  const watched = addVideo()
  let refused = 0
  for (let number = 0; number < 30; number++) {
    const found = await getMedia(write(number, 60 * KIB, watched))
    if (isCached(found)) held.push(holdMedia(found))
    else refused += 1
    assert.ok(countCachedBytes() <= 600 * KIB)
  }
  assert.ok(refused >= 15, `${refused} of 30 were left to be read in pieces`)
  dropCached(watched.videoId)
  const whileHeld = countCachedBytes()
  for (const release of [...held, ...held]) release()
  assert.ok(whileHeld - countCachedBytes() >= held.length * 60 * KIB)
  assert.ok(isCached(await getMedia(write(99, 60 * KIB))))
})

test('a file over an eighth of the memory is not kept, and its ETag stays the same', async () => {
  const media = write(200, 151 * KIB)
  const [first, second] = [await getMedia(media), await getMedia(media)]
  assert.ok(!isCached(first) && !isCached(second))
  assert.equal(first.etag, second.etag)
})

test('what is dropped is gone, also while it is being read', async () => {
  const [kept, underWay] = [write(300, KIB), write(301, KIB)]
  await getMedia(kept)
  const reading = getMedia(underWay)
  dropCached(video.videoId)
  await reading
  assert.equal(isInMemory(kept), false)
  assert.equal(isInMemory(underWay), false)
})

test('a file that is not there is not_found, and is found once it is', async () => {
  const media = { videoId: video.videoId, revisionId: video.revisionId, path: '720p/segment-00400.m4s' }
  await assert.rejects(async () => getMedia(media), { code: 'not_found' })
  write(400, KIB)
  assert.ok(isCached(await getMedia(media)))
})

test('the ETag is the hash the manifest names, for files in memory and for large ones', async () => {
  const listed = addVideo()
  const files = [write(1, KIB, listed), write(2, 200 * KIB, listed)]
  const hashes = files.map((_, index) => createHash('sha256').update(`file ${index}`).digest('hex'))
  const entries = files.map(({ path }, index) => ({ path, sizeBytes: 1, sha256: hashes[index] }))
  writeFileSync(join(listed.folder, 'manifest.json'), JSON.stringify({ files: entries }))
  const etags = await Promise.all(
    files.map(async (media) => {
      const found = await getMedia(media)
      return isCached(found) ? found.value.etag : found.etag
    }),
  )
  assert.deepEqual(
    etags,
    hashes.map((hash) => `"${hash.slice(0, 32)}"`),
  )
})

test('a playlist is kept compressed in both ways, a segment in none', async () => {
  const text = `#EXTM3U\n${'#EXTINF:4.0,\nsegment-00001.m4s\n'.repeat(50)}`
  writeFileSync(join(video.folder, '720p/media.m3u8'), text)
  const { encoded } = (await getKept({ ...video, path: '720p/media.m3u8' })).value
  assert.ok(encoded.br && encoded.gzip && encoded.br.length < text.length / 4)
  assert.equal(brotliDecompressSync(encoded.br).toString(), text)
  assert.equal(gunzipSync(encoded.gzip).toString(), text)
  assert.deepEqual((await getKept(write(500, KIB))).value.encoded, { br: null, gzip: null })
})

test('a file of a revision that is still being made is never answered as it was before', async () => {
  const growing = addVideo()
  const media = { ...growing, path: '720p/media.m3u8', growing: true }
  const place = join(growing.folder, media.path)
  writeFileSync(place, '#EXTM3U\nfirst')
  const first = await getKept(media)
  assert.equal(await getMedia(media), first, 'unchanged, it comes from memory')
  writeFileSync(place, '#EXTM3U\nother')
  const second = await getKept(media)
  assert.equal(second.value.body.toString(), '#EXTM3U\nother')
  assert.notEqual(second.value.etag, first.value.etag)
  writeFileSync(place, '#EXTM3U\nfinal')
  assert.equal((await getKept({ ...media, growing: false })).value.body.toString(), '#EXTM3U\nfinal')
})
