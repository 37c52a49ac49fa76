import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseMediaPlaylist } from '#lib/hls/media-playlist'
import { openPeekrClient, type PeekrClient } from '../support/peekr-client.ts'
import { startPeekr } from '../support/server.ts'
import { createTusUpload, patchTus } from '../support/upload-test.ts'
import { makeFilm } from './make-film.ts'
import type { Measurement } from './serve.ts'
import { median } from './statistics.ts'

/** The first one of the long film also meets a server that has just started; of three the median would be the slower of two. */
const ROUNDS = 5
const CHUNK_BYTES = 32 * 1024 ** 2
/** The last piece is so short that its beginning is the last byte. */
const LAST_BYTES = 4096
const LOOK_MS = 10
const PATIENCE_MS = 120_000

/**
 * P4 and P5: from the last byte of an upload to the production server until the first media segment has been fetched. The
 * film of 20 minutes has 1.5 GB; it and the one of a minute are copied, the one of ten minutes has to be encoded.
 */
export async function runBench(emit: (measurement: Measurement) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-bench-playable-'))
  const peekr = await startPeekr({ env: { PEEKR_RESERVE: '0' } })
  try {
    const client = await openPeekrClient(peekr)
    const size = { folder, height: 1080, bitrateBps: 10_000_000 }
    const films = {
      long: await makeFilm({ ...size, name: 'long.mp4', seconds: 1200, kind: 'copyable' }),
      short: await makeFilm({ ...size, name: 'short.mp4', seconds: 60, kind: 'copyable' }),
      foreign: await makeFilm({ ...size, name: 'foreign.mp4', seconds: 600, kind: 'foreign' }),
    }
    const samples: Record<keyof typeof films, number[]> = { long: [], short: [], foreign: [] }
    const whole: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const name of ['long', 'short', 'foreign'] as const) {
        const measured = await measure(client, films[name], name === 'long')
        samples[name].push(measured.firstSeconds)
        if (measured.wholeSeconds !== null) whole.push(measured.wholeSeconds)
      }
    }
    const { size: sizeBytes } = await stat(films.long)
    const note = `seconds from the last PATCH's last byte to the first segment; ${ROUNDS} rounds in turn, median`
    const commands = {
      peekr: 'peekr start, tus in pieces of 32 MiB, then GET of video, playlists and segment',
    }
    const about = `20 minutes, ${(sizeBytes / 1e9).toFixed(2)} GB`
    emit({
      metric: 'playable.copy.seconds',
      value: Number(median(samples.long).toFixed(2)),
      unit: 's',
      note: `${about}; ${note}`,
      samples: samples.long,
      commands,
    })
    emit({
      metric: 'playable.copy.length_ratio',
      value: Number((median(samples.long) / median(samples.short)).toFixed(2)),
      ...{ unit: 'ratio', note: `20 minutes ÷ 1 minute; ${note}` },
      samples: { long: samples.long, short: samples.short },
      commands,
    })
    emit({
      metric: 'playable.copy.whole_seconds',
      value: Number(median(whole).toFixed(2)),
      unit: 's',
      note: `${about}, until all of it can be played`,
      samples: whole,
      commands,
    })
    emit({
      metric: 'playable.encode.seconds',
      value: Number(median(samples.foreign).toFixed(2)),
      unit: 's',
      note: `10 minutes of MPEG-4 part 2 in 1080p; ${note}`,
      samples: samples.foreign,
      commands,
    })
  } finally {
    await peekr.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(
  client: PeekrClient,
  path: string,
  untilWhole: boolean,
): Promise<{ firstSeconds: number; wholeSeconds: number | null }> {
  const { videoId, lastByteAtMs } = await upload(client, path)
  const firstAtMs = await waitFor(client, videoId, (count) => count > 0)
  const wholeAtMs = untilWhole ? await waitFor(client, videoId, (_count, closed) => closed) : null
  await client.call('DELETE', `/api/videos/${videoId}`)
  await sleep(3000) // what was begun of it ends
  return {
    firstSeconds: (firstAtMs - lastByteAtMs) / 1000,
    wholeSeconds: wholeAtMs === null ? null : (wholeAtMs - lastByteAtMs) / 1000,
  }
}

async function upload(
  { url, authorization }: PeekrClient,
  path: string,
): Promise<{ videoId: string; lastByteAtMs: number }> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const made = await createTusUpload(url, authorization, size, { filename: basename(path) })
    let lastByteAtMs = 0
    const lastAt = size - LAST_BYTES
    for (let offset = 0; offset < size; ) {
      const length = Math.min(CHUNK_BYTES, (offset < lastAt ? lastAt : size) - offset)
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset)
      lastByteAtMs = performance.now()
      const sent = await patchTus(made.url, authorization, offset, buffer)
      if (sent.status !== 204) throw new Error(`PATCH answered ${sent.status}`)
      offset += length
    }
    return { videoId: made.videoId, lastByteAtMs }
  } finally {
    await file.close()
  }
}

/** When a segment of the first media playlist could be fetched and the playlist was as wanted. */
async function waitFor(
  client: PeekrClient,
  videoId: string,
  isEnough: (count: number, closed: boolean) => boolean,
): Promise<number> {
  const headers = { authorization: client.authorization }
  const get = (url: URL | string) => fetch(new URL(url, client.url), { headers })
  for (
    const deadlineMs = performance.now() + PATIENCE_MS;
    performance.now() < deadlineMs;
    await sleep(LOOK_MS)
  ) {
    const { playable, playback, state, error } = await client.getVideo(videoId)
    if (state === 'failed') throw new Error(`The video failed: ${error?.message}`)
    if (!playable || playback === null) continue
    const multivariant = new URL(playback.hls, client.url)
    const uri = (await (await get(multivariant)).text())
      .split('\n')
      .find((line) => line && !line.startsWith('#'))
    if (uri === undefined) continue
    const media = new URL(uri, multivariant)
    const text = await (await get(media)).text()
    const { segments } = parseMediaPlaylist(text)
    const [first] = segments
    if (first === undefined || !isEnough(segments.length, text.includes('#EXT-X-ENDLIST'))) continue
    const answer = await get(new URL(first.name, media))
    if (answer.status === 200 && (await answer.arrayBuffer()).byteLength > 0) return performance.now()
  }
  throw new Error(`Not playable within ${PATIENCE_MS / 1000} s.`)
}
