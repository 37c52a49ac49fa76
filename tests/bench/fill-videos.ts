import type { Collection, Db, Document, IndexSpecification } from 'mongodb'
import { buildWords } from '#lib/db/keep-searchable'
import { VideoModel } from '#lib/db/models/video'

export type BenchVideo = Document & { _id: string }

const SYLLABLES = [
  'ba',
  'den',
  'fi',
  'gor',
  'ku',
  'las',
  'me',
  'nit',
  'po',
  'rus',
  'sa',
  'tem',
  'vi',
  'wo',
  'zu',
  'cha',
]

/** Of that many words titles and descriptions are made, few of them often and most of them seldom, as in a language. */
export const VOCABULARY = Array.from({ length: 4_000 }, (_, i) => buildName(i))

const MINUTE_MS = 60_000

/** A collection of videos with the indexes Peekr makes, filled. */
export async function fillVideos(db: Db, count: number): Promise<Collection<BenchVideo>> {
  const videos = await db.createCollection<BenchVideo>('videos')
  await videos.createIndexes(
    VideoModel.schema.indexes().map(([key, options]) => {
      const { unique, weights, default_language } = options
      return {
        key: key as Exclude<IndexSpecification, string>,
        ...(unique ? { unique: true } : {}),
        ...(weights ? { weights, default_language: String(default_language) } : {}),
      } as never
    }),
  )
  const now = Date.now()
  for (let at = 0; at < count; at += 1000) {
    const size = Math.min(1000, count - at)
    const batch = Array.from({ length: size }, (_, i) => ({
      ...buildVideo(at + i, 'base'),
      // A video every ten minutes: 100,000 are almost two years.
      createdAt: new Date(now - (count - at - i) * 10 * MINUTE_MS),
    }))
    await videos.insertMany(batch)
  }
  return videos
}

const ID_CHARACTERS = '23456789abcdefghijkmnpqrstuvwxyz'

/** An id like those Peekr gives. */
export function buildVideoId(n: number, kind: string): string {
  let [rest, id] = [n, '']
  while (id.length < 12) {
    id = `${ID_CHARACTERS[rest % 32]}${id}`
    rest = Math.floor(rest / 32)
  }
  return `${kind
    .padEnd(4, 'x')
    .slice(0, 4)
    .replace(/[lo10]/g, 'z')}${id}`
}

/** The `n`th video; the same for the same `n`. */
export function buildVideo(n: number, kind: string): BenchVideo {
  const createdAt = new Date(Date.UTC(2026, 0, 1) + n * 1000)
  const texts = {
    title: `Our holiday ${n} ${pickWords(n, 3).join(' ')}`,
    description: `${pickWords(n + 0.5, 20).join(' ')}, with the dog and far too much luggage.`,
    tags: ['holiday', `year-${n % 10}`],
  }
  return {
    _id: buildVideoId(n, kind),
    ownerId: `owner-${n % 100}`,
    uploadId: `${kind}-upload-${n}`,
    ...texts,
    search: buildWords(texts),
    state: 'ready',
    visibility: n % 3 === 0 ? 'private' : 'public',
    playable: true,
    progress: 1,
    failure: null,
    durationSeconds: 60 + (n % 500),
    width: 1920,
    height: 1080,
    source: { filename: `clip-${n}.mp4`, sizeBytes: 1_000_000 + n, sha256: n.toString(16).padStart(64, '0') },
    revision: {
      id: `revision-${n}`,
      segmentFormat: 'fmp4',
      renditions: [1080, 720, 480].map((height) => ({
        name: `${height}p`,
        width: (height / 9) * 16,
        height,
        bitrateBps: height * 3000,
        codecs: 'avc1.640028',
      })),
      audio: null,
      poster: true,
    },
    views: 0,
    deletedAt: null,
    publishedAt: createdAt,
    createdAt,
    updatedAt: createdAt,
  }
}

function pickWords(seed: number, count: number): string[] {
  let state = Math.floor(seed * 2) + 1
  return Array.from({ length: count }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39
    const share = ((state >>> 0) % 100_000) / 100_000
    return VOCABULARY[Math.floor(VOCABULARY.length * share ** 3)] ?? ''
  })
}

/** One to four syllables, as words have. */
function buildName(n: number): string {
  let [rest, name] = [n, '']
  do {
    name += SYLLABLES[rest % SYLLABLES.length]
    rest = Math.floor(rest / SYLLABLES.length)
  } while (rest > 0)
  return name
}
