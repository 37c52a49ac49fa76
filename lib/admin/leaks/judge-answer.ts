import type { SampledFile, SampledVideo } from '#lib/admin/leaks/sample-videos'
import type { RawAnswer } from '#lib/admin/leaks/send-raw'

/** Fewer bytes could be in any answer by chance. */
const HEAD_BYTES_MIN = 16

/** Something that must not come out, and how it is known in an answer. */
export interface Treasure {
  /** Where it is. */
  path: string
  /** What is wrong with an answer to a request for `path` itself, or null. */
  findInOwn(answer: RawAnswer): string | null
  /** The same for an answer to a request for anything else. */
  findInAny(answer: RawAnswer): string | null
}

/** A media file: any success at its own address, its bytes anywhere. */
export function treasureFile(path: string, { head }: Pick<SampledFile, 'head'>): Treasure {
  // Two playlists may well be the same, sign for sign; only other files are known by their bytes.
  const isTelling = head.length >= HEAD_BYTES_MIN && !path.endsWith('.m3u8')
  const findInAny = ({ body }: RawAnswer) =>
    isTelling && body.includes(head) ? 'the bytes of the file are in the answer' : null
  return {
    path,
    findInAny,
    findInOwn: (answer) => findInAny(answer) ?? (tells(answer.status) ? 'the file is handed out' : null),
  }
}

/**
 * What the REST API says of a video: any success with a body at its own address, its revision anywhere. (An OPTIONS
 * request is answered 204 with the methods of the route, whatever the id.)
 */
export function treasureApi(path: string, video: SampledVideo): Treasure {
  const findInAny = findRevision(video)
  return {
    path,
    findInAny,
    findInOwn: (answer) =>
      findInAny(answer) ??
      (tells(answer.status) && answer.status !== 204 ? 'the API tells of the video' : null),
  }
}

/** A page: 200 alone says nothing (it may ask for a password), so it is known by what is on it. */
export function treasurePage(path: string, video: SampledVideo): Treasure {
  const title = escapeHtml(video.record.title)
  const findIn = (answer: RawAnswer) => {
    const text = answer.body.toString('utf8')
    const heading = /<title>([^<]*)<\/title>/.exec(text)?.[1] ?? ''
    return findRevision(video)(answer) ?? (heading === `${title} · Peekr` ? 'the page tells the title' : null)
  }
  return { path, findInOwn: findIn, findInAny: findIn }
}

/** A listing that everybody may ask for: this video's id must not be in it. */
export function treasureListing(path: string, { record }: SampledVideo): Treasure {
  const findIn = ({ body }: RawAnswer) => (body.includes(record._id) ? 'the video is listed' : null)
  return { path, findInOwn: findIn, findInAny: findIn }
}

/** A revision's id is in no address that was asked for, and in everything that tells of playing. */
function findRevision({ revisionId }: SampledVideo): (answer: RawAnswer) => string | null {
  return ({ body }) => (body.includes(revisionId) ? 'the address of its media is in the answer' : null)
}

/** 304 says that a cached copy is right, 412 and 416 that there is something to be wrong about. */
function tells(status: number): boolean {
  return (status >= 200 && status < 300) || status === 304 || status === 412 || status === 416
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#x27;')
}
