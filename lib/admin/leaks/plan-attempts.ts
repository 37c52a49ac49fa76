import type { Identity } from '#lib/admin/leaks/forge-identities'
import {
  type Treasure,
  treasureApi,
  treasureFile,
  treasureListing,
  treasurePage,
} from '#lib/admin/leaks/judge-answer'
import type { SampledVideo } from '#lib/admin/leaks/sample-videos'
import type { RawAnswer } from '#lib/admin/leaks/send-raw'
import { listHeaderTricks, listSpellings, type Trick } from '#lib/admin/leaks/tricks'

/** One request that must bring nothing out. */
export interface Attempt {
  video: SampledVideo
  name: string
  method: string
  path: string
  headers: Record<string, string>
  /** Whether it is asked of both doors. */
  isMedia: boolean
  find(answer: RawAnswer): string | null
}

/** Of the files of a revision, those that all tricks are tried with: one playlist, one segment, one picture. */
const TRICKED = [/^multivariant/, /segment-/, /\.(?:jpg|webp|vtt|mp4)$/]

/** Everything that is asked for one video, of which nothing may come out. */
export function planAttempts(
  video: SampledVideo,
  identities: Identity[],
  open: { videoId: string; revisionId: string } | null,
): Attempt[] {
  const { record, revisionId, visibility, isClosed, isBeside, files } = video
  const videoId = record._id
  const build = (treasure: Treasure, trick: Trick, isMedia: boolean): Attempt => ({
    video,
    name: trick.name,
    method: trick.method ?? 'GET',
    path: trick.path,
    headers: trick.headers ?? {},
    isMedia,
    find: trick.path === treasure.path ? treasure.findInOwn : treasure.findInAny,
  })
  const asEverybody = (treasure: Treasure, isMedia: boolean) =>
    identities
      .filter(({ token }) => isMedia || token === undefined)
      .map(({ name, headers, token }) => {
        const path =
          token === undefined ? treasure.path : treasure.path.replace('/stream/', `/stream/t/${token}/`)
        return { ...build(treasure, { name, path, headers }, isMedia), find: treasure.findInOwn }
      })
  const withTricks = (treasure: Treasure, isMedia: boolean) =>
    listHeaderTricks(treasure.path).map((trick) => build(treasure, trick, isMedia))

  const api = ['', '/access', '/snapshots'].map((rest) => treasureApi(`/api/videos/${videoId}${rest}`, video))
  const pages = ['watch', 'studio'].map((page) => treasurePage(`/${page}/${videoId}`, video))
  const listings = ['/api/videos?limit=100', '/', `/api/videos?q=${encodeURIComponent(record.title)}`].map(
    (path) => treasureListing(path, video),
  )
  const hidden = [
    'manifest.json',
    'video.json',
    '../../video.json',
    '../../source/original',
    '..%2f..%2fsource%2foriginal',
  ]
    .map((path) => treasureApi(`/stream/${videoId}/${revisionId}/${path}`, video))
    .flatMap((treasure) => asEverybody(treasure, true))
  if (!isClosed && isBeside) return hidden
  if (!isClosed) {
    // Anybody may watch; what stands behind it is still for its owner alone, and an unlisted one is in no list.
    const behind = [...api.slice(1), ...pages.slice(1)].flatMap((treasure) =>
      asEverybody(treasure, false).map((attempt) => ({ ...attempt, find: judgeOpen(treasure) })),
    )
    const unlisted = visibility === 'unlisted' ? listings.flatMap((one) => asEverybody(one, false)) : []
    return [...hidden, ...behind, ...unlisted]
  }
  const treasures = files.map(({ path, head }) =>
    treasureFile(`/stream/${videoId}/${revisionId}/${path}`, { head }),
  )
  const tricked = TRICKED.flatMap((kind) => {
    const index = files.findIndex(({ path }) => kind.test(path))
    const [file, treasure] = [files[index], treasures[index]]
    if (file === undefined || treasure === undefined) return []
    const spellings = listSpellings({ videoId, revisionId, path: file.path, open })
    return [
      ...withTricks(treasure, true),
      ...spellings.map((trick) => ({ ...build(treasure, trick, true), find: treasure.findInOwn })),
    ]
  })
  const media = [...hidden, ...treasures.flatMap((treasure) => asEverybody(treasure, true)), ...tricked]
  if (isBeside) return media
  return [
    ...media,
    ...[...api, ...pages].flatMap((one) => asEverybody(one, false)),
    // Of the pages the one that shows most: each is rendered, and takes its time.
    ...[...api, ...pages.slice(0, 1)].flatMap((one) => withTricks(one, false)),
    ...listings.flatMap((one) => asEverybody(one, false)),
  ]
}

/** The edit page of an open video names its media for its owner only, yet anybody may know them. */
function judgeOpen(treasure: Treasure): Treasure['findInOwn'] {
  return (answer) => (answer.status >= 200 && answer.status < 300 ? treasure.findInOwn(answer) : null)
}
