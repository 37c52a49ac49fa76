import { getConfig } from '#lib/config'
import { PeekrError } from '#lib/errors'
import { singleton } from '#lib/singleton'

/** A player asks for something every few seconds; one that was silent for this long has stopped, or was paused. */
const SILENCE_MS_MAX = 60_000
const RETRY_AFTER_SECONDS = 10
/** What is played; pictures are for anybody, since a page of the library shows many. */
const PLAYED = /\.(?:m3u8|m4s|ts)$/

/** When each reader last asked, the longest silent first. */
const readers = () => singleton('stream-readers', () => new Map<string, number>())

/**
 * Counts who is watching: a client's address and the video. Up to PEEKR_READERS of them are served at once, so that
 * those who watch go on well. Call it only for requests that are allowed, or strangers could take all the places.
 * @throws too_many_readers for one more, with the time after which to ask again
 */
export function admitReader(reader: { client: string; videoId: string; path: string; nowMs?: number }): void {
  const { client, videoId, path, nowMs = performance.now() } = reader
  const { readersMax } = getConfig()
  if (readersMax === 0 || !PLAYED.test(path)) return
  const lastAskedMs = readers()
  const key = `${client} ${videoId}`
  const isKnown = lastAskedMs.delete(key)
  for (const [silent, atMs] of lastAskedMs) {
    if (nowMs - atMs <= SILENCE_MS_MAX) break
    lastAskedMs.delete(silent)
  }
  if (!isKnown && lastAskedMs.size >= readersMax) {
    throw new PeekrError('too_many_readers', { details: { retryAfterSeconds: RETRY_AFTER_SECONDS } })
  }
  lastAskedMs.set(key, nowMs)
}
