import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { getVideo } from '#lib/catalog/get-video'
import { parseCues } from '#lib/hls/rebuild-captions'
import { getLibrary } from '#lib/jobs/library'
import { makeTracksClip } from '../../support/make-tracks-clip.ts'
import {
  getJobOf,
  importClip,
  openPipelineTest,
  type PipelineTest,
  waitForEnd,
} from '../../support/pipeline-test.ts'

const run = promisify(execFile)
const SECONDS = 5
let pipeline: PipelineTest
let folder = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-tracks-'))
  pipeline = await openPipelineTest()
  await pipeline.start()
})
after(async () => {
  await pipeline.close()
  await rm(folder, { recursive: true, force: true })
})

async function publish(name: string, video?: string[]) {
  const path = await makeTracksClip({ folder, name, seconds: SECONDS, video })
  const videoId = await importClip(pipeline, path)
  const record = await waitForEnd(videoId)
  assert.equal(record.state, 'ready', JSON.stringify(record.failure))
  assert.ok(record.revision)
  const revisionPath = (await getLibrary()).revisionPath(videoId, record.revision.id)
  const read = (file: string) => readFile(join(revisionPath, file), 'utf8')
  return { videoId, record, revisionPath, read }
}

/** The pitch of a rendition's sound, from how often it crosses zero. */
async function hearHertz(playlist: string): Promise<number> {
  const { stdout } = await run(
    '/usr/bin/ffmpeg',
    ['-v', 'error', '-i', playlist, '-ac', '1', '-ar', '48000', '-f', 's16le', '-'],
    { encoding: 'buffer', maxBuffer: 64 << 20 },
  )
  let crossings = 0
  for (let at = 2; at + 1 < stdout.length; at += 2) {
    if (stdout.readInt16LE(at - 2) < 0 && stdout.readInt16LE(at) >= 0) crossings += 1
  }
  return crossings / (stdout.length / 2 / 48_000)
}

const near = (value: number, wanted: number) =>
  assert.ok(Math.abs(value - wanted) < wanted * 0.05, `${value}, not ${wanted}`)

const CASES = [
  ['fmp4', 'encoded.mkv', undefined],
  ['ts', 'encoded.mp4', undefined],
  ['fmp4', 'copied.mp4', ['-c:v', 'libx264', '-s', '640x360', '-g', '30', '-pix_fmt', 'yuv420p']],
] as const

for (const [segmentFormat, name, video] of CASES) {
  test(`both languages and both text subtitles stay, in ${segmentFormat} of ${name}`, async () => {
    pipeline.configure({ PEEKR_SEGMENT_FORMAT: segmentFormat })
    const { videoId, record, revisionPath, read } = await publish(name, video && [...video])
    const multivariant = await read('multivariant.m3u8')
    const media = multivariant.split('\n').filter((line) => line.startsWith('#EXT-X-MEDIA'))
    // MP4 has no place for a track's title that FFmpeg writes.
    const german = name.endsWith('.mkv') ? 'German (Dub II)' : 'German'
    assert.deepEqual(media.map((line) => line.replace(/,CHANNELS="\d"/, '')), [
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="audio/media.m3u8"',
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="${german}",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,URI="audio-1/media.m3u8"`,
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="English",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="subtitles-1/media.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="German",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="subtitles-2/media.m3u8"',
    ]) // biome-ignore format: lines
    near(await hearHertz(join(revisionPath, 'audio/media.m3u8')), 440)
    near(await hearHertz(join(revisionPath, 'audio-1/media.m3u8')), 880)
    const first = await read('subtitles-1/captions.vtt')
    assert.match(first, /^WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00\.000,MPEGTS:900000\n\n/)
    assert.deepEqual(
      parseCues(first, null).map(({ startSeconds, text }) => [Math.round(startSeconds * 10) / 10, text]),
      [[0, 'Good morning'], [1.5, 'Second line'], [3, 'Good night']], // biome-ignore format: a line
    )
    const second = await read('subtitles-2/captions.vtt')
    assert.match(second, /alert\(1\).* Grüße &amp; <i>schräg<\/i> --&gt; hier\n/)
    assert.doesNotMatch(second, /<script/)
    assert.match(await read('subtitles-2/media.m3u8'), /#EXTINF:5\.0\d+,\ncaptions\.vtt\n#EXT-X-ENDLIST/)
    const signed = JSON.parse(await read('manifest.json')).files.map((file: { path: string }) => file.path)
    for (const path of ['audio-1/media.m3u8', 'subtitles-1/captions.vtt', 'subtitles-2/media.m3u8'])
      assert.ok(signed.includes(path), path)
    assert.ok(record.revision?.tracks)
    assert.equal(record.revision.segmentFormat, segmentFormat)

    const view = await getVideo({ viewer: pipeline.owner, videoId })
    assert.deepEqual(view.tracks.sounds.map(({ label }) => label), ['English', german]) // biome-ignore format: a line
    assert.deepEqual(view.playback?.captions.map(({ language, label }) => [language, label]), [['en', 'English'], ['de', 'German']]) // biome-ignore format: a line
    const left = name.endsWith('.mkv') ? 1 : 0
    assert.equal(view.tracks.leftOut.length, left)
    if (left === 0) return
    assert.match(view.tracks.leftOut[0] ?? '', /^The French subtitles are pictures, not text/)
    assert.match((await getJobOf(videoId, 'tracks')).log.join('\n'), /French subtitles are pictures/)
  })
}
