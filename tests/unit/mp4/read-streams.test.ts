import assert from 'node:assert/strict'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { CopyRefused } from '#lib/domain/copy-refusal'
import { layOutPictures } from '#lib/mp4/lay-out-pictures'
import { planSegments } from '#lib/mp4/plan-segments'
import { readStreams } from '#lib/mp4/read-streams'
import { makeMp4, type TinyMovie } from '../../support/make-mp4.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-mp4-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const WISHES = { firstSeconds: 2, seconds: 4, secondsMax: 10, bytesMax: 1e6, frameSeconds: 1 / 30 }
const SECOND = 90_000

async function readBytes(bytes: Buffer) {
  const path = join(folder, 'film.mp4')
  await writeFile(path, bytes)
  const file = await open(path)
  try {
    return await readStreams(file, bytes.length, { video: 0, audio: null })
  } finally {
    await file.close()
  }
}

/** Everything that is done with an index before a byte is copied. */
async function layOut(movie: TinyMovie, startSeconds = 0) {
  const { video } = await readBytes(makeMp4(movie))
  const pictures = layOutPictures(video, { startSeconds: 0, videoStartSeconds: startSeconds })
  return { video, pictures, segments: planSegments(pictures, video.table.sizes, WISHES) }
}

const refused = (refusal: string) => (error: unknown) =>
  error instanceof CopyRefused && error.refusal === refusal

/** `seconds` of 30 pictures a second, a key frame each second. */
function film(seconds: number, changes: Partial<TinyMovie> = {}): TinyMovie {
  const count = Math.round(seconds * 30)
  return {
    sizes: Array.from({ length: count }, (_, index) => 20 + (index % 7)),
    durations: [[count, 1]],
    syncs: Array.from({ length: Math.ceil(seconds) }, (_, second) => second * 30 + 1),
    ...changes,
  }
}

describe('the index of an MP4', () => {
  test('gives every packet its place, size and time, with 32 and with 64 bits', async () => {
    for (const large of [false, true]) {
      const { video } = await layOut(film(2, { large }))
      const { table } = video
      assert.equal(table.count, 60)
      assert.deepEqual([...table.sizes.subarray(0, 3)], [20, 21, 22])
      assert.equal((table.offsets[2] ?? 0) - (table.offsets[0] ?? 0), 41)
      assert.equal(table.decodeTimes[59], 59)
    }
  })

  test('is cut at the key frames nearest 2 s and then every 4 s', async () => {
    const { segments } = await layOut(film(20))
    assert.deepEqual(
      segments.map(({ startTicks, durationTicks }) => [startTicks / SECOND, durationTicks / SECOND]),
      [
        [0, 2],
        [2, 4],
        [6, 4],
        [10, 4],
        [14, 4],
        [18, 2],
      ],
    )
    assert.equal(segments.at(-1)?.to, 600)
  })

  test('with reordered pictures keeps their times, and the first is where the edit list puts it', async () => {
    // Decoded I P B B: shown I B B P, two pictures later than decoded.
    const offsets = Array.from({ length: 60 }, (_, index): [number, number] => [
      1,
      index === 0 ? 2 : [3, 1, 1][(index - 1) % 3] === 3 ? 4 : 1,
    ])
    const movie = film(2, { syncs: [1], offsets, edits: [[0, 2]] })
    const { pictures } = await layOut(movie)
    assert.deepEqual([...pictures.showTicks.subarray(0, 4)], [0, 9000, 3000, 6000])
    assert.equal(pictures.decodeTicks[0], -6000)
    assert.deepEqual([...pictures.cuts].filter((cut) => cut === 1).length, 1)
  })

  test('of a picture that starts after the sound shows the first from zero', async () => {
    const { pictures } = await layOut(film(2, { edits: [[500, -1], [0, 0]] }), 0.5) // biome-ignore format: a table
    assert.deepEqual([...pictures.showTicks.subarray(0, 2)], [0, 48_000])
    assert.deepEqual([...pictures.decodeTicks.subarray(0, 2)], [0, 48_000])
  })

  test('whose edit list ends early loses what is behind, as in players', async () => {
    const { pictures } = await layOut(film(2, { edits: [[1500, 0]] }))
    assert.equal(pictures.showTicks.length, 45)
  })

  test('is refused when an edit list does more than delay and cut', async () => {
    await assert.rejects(layOut(film(2, { edits: [[500, 0], [500, 30]] })), refused('edited')) // biome-ignore format: a table
    await assert.rejects(layOut(film(2, { edits: [[0, 15]] })), refused('edited'))
  })

  test('is refused when key frames are over 10 s apart, or none is at the beginning', async () => {
    await assert.rejects(layOut(film(12, { syncs: [1] })), refused('few_keyframes'))
    await assert.rejects(layOut(film(12, { syncs: [2, 30] })), refused('open_gop'))
  })

  test('is not cut where a picture behind the key frame is shown before it', async () => {
    // A leading picture: decoded after the key frame at 30, shown before.
    const offsets: [number, number][] = [[30, 2], [1, 3], [1, 1], [28, 2]] // biome-ignore format: a table
    const { pictures } = await layOut(film(2, { offsets, edits: [[0, 2]] }))
    assert.deepEqual([pictures.cuts[0], pictures.cuts[30]], [1, 0])
  })

  test('that points outside the file means that part of it is missing', async () => {
    await assert.rejects(layOut(film(2, { chunkOffset: 4_000_000_000 })), refused('truncated'))
    const bytes = makeMp4(film(2))
    await assert.rejects(readBytes(bytes.subarray(0, bytes.length - 9)), refused('truncated'))
  })

  test('that claims more than is there is refused without making room for it', async () => {
    const claims = film(2, { durations: [[2 ** 32 - 1, 1]] })
    assert.equal((await layOut(claims)).video.table.count, 60)
    const bytes = makeMp4(film(2))
    const at = bytes.indexOf('stsz')
    for (const [same, count] of [
      [0, 2 ** 32 - 1],
      [1, 2 ** 32 - 1],
      [0, 100_000],
      [70, 1_999_999],
    ]) {
      // biome-ignore format: a table
      bytes.writeUInt32BE(same ?? 0, at + 8)
      bytes.writeUInt32BE(count ?? 0, at + 12)
      await assert.rejects(readBytes(bytes), CopyRefused)
    }
  })

  test('with any bytes changed is read or refused, and never takes long', async () => {
    const good = makeMp4(film(3, { offsets: [[90, 2]], edits: [[0, 2]], large: true }))
    const index = good.indexOf('moov')
    const change = fc.record({
      at: fc.integer({ min: index, max: good.indexOf('mdat') + 40 }),
      value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
      length: fc.integer({ min: 1, max: 8 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(good)
        for (const { at, value, length } of changes) bytes.fill(value, at, at + length)
        const startedAtMs = performance.now()
        try {
          const { video } = await readBytes(bytes)
          const pictures = layOutPictures(video, { startSeconds: 0, videoStartSeconds: 0 })
          const segments = planSegments(pictures, video.table.sizes, WISHES)
          assert.equal(segments[0]?.from, 0)
          assert.equal(segments.at(-1)?.to, pictures.showTicks.length)
        } catch (error) {
          if (!(error instanceof CopyRefused)) throw error
        }
        assert.ok(performance.now() - startedAtMs < 5000)
      }),
      { seed: 4, numRuns: 1500 },
    )
  })

  test('made of random bytes is refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom('ftyp', 'moov', ''),
        async (bytes, type) => {
          const head = type === '' ? Buffer.alloc(0) : Buffer.from(`\0\0\0\0${type}`, 'latin1')
          await assert.rejects(readBytes(Buffer.concat([head, bytes])), CopyRefused)
        },
      ),
      { seed: 4, numRuns: 300 },
    )
  })
})
