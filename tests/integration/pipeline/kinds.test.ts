import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { SEGMENT_FORMATS } from '#lib/domain/rendition'
import type { VideoView } from '#lib/domain/video-view'
import { makeClip, runFfmpeg } from '../../support/make-clip.ts'
import { requireTestMedia, type TestMedia } from '../../support/media.ts'
import { openPeekrClient, type PeekrClient } from '../../support/peekr-client.ts'
import { type RunningPeekr, startPeekr } from '../../support/server.ts'

interface Kind {
  name: string
  make(): Promise<string>
  seconds: number
  /** As shown, of the largest rendition. */
  size: [number, number]
  sound: boolean
}

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-kinds-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const KINDS: Kind[] = [
  {
    name: 'real footage',
    make: () => cutFootage('cup.mp4', 4),
    seconds: 4,
    size: [640, 360],
    sound: true,
  },
  {
    name: 'MP3 sound and broken frames',
    make: () => cutFootage('box.mp4', 5),
    seconds: 5,
    size: [640, 360],
    sound: true,
  },
  {
    name: 'an old AVI',
    make: () => cutFootage('vtest.avi', 4),
    seconds: 4,
    size: [768, 576],
    sound: false,
  },
  {
    name: 'a portrait phone clip with its rotation as metadata',
    make: () => makeClip({ folder, name: 'portrait.mp4', seconds: 3, width: 320, height: 240, rotation: 90 }),
    seconds: 3,
    size: [240, 320],
    sound: true,
  },
  {
    name: 'a silent clip',
    make: () => makeClip({ folder, name: 'silent.mp4', seconds: 3, audio: null }),
    seconds: 3,
    size: [320, 240],
    sound: false,
  },
]

for (const format of SEGMENT_FORMATS) {
  describe(`published as ${format}`, () => {
    let peekr: RunningPeekr
    let client: PeekrClient
    const uploaded = new Map<string, string>()
    before(async () => {
      peekr = await startPeekr({ env: { PEEKR_SEGMENT_FORMAT: format } })
      client = await openPeekrClient(peekr)
      // All at once, so that one is published while the next is encoded.
      for (const kind of KINDS) uploaded.set(kind.name, await client.upload(await kind.make()))
    })
    after(() => peekr?.stop())

    for (const kind of KINDS) {
      test(`${kind.name} ends ready and plays to its end over HTTP`, async () => {
        const video = await client.waitForEnd(uploaded.get(kind.name) ?? '')
        assert.equal(video.state, 'ready', JSON.stringify(video.error))
        assert.ok(Math.abs((video.durationSeconds ?? 0) - kind.seconds) < 0.7, `${video.durationSeconds} s`)
        assertSizes(video, kind)
        assert.match(video.playback?.hls ?? '', /^\/stream\/t\//)
        const played = await play(client.url + video.playback?.hls)
        assert.ok(Math.abs(played.seconds - (video.durationSeconds ?? 0)) < 0.2, `played ${played.seconds} s`)
        assert.equal(played.sound, kind.sound)
      })
    }

    test('a file with sound only is refused for that reason', async () => {
      const videoId = await client.upload(
        await makeClip({ folder, name: 'sound.m4a', seconds: 2, video: null }),
      )
      const { state, error } = await client.waitForEnd(videoId)
      assert.equal(state, 'failed')
      assert.equal(error?.code, 'source_audio_only')
      assert.match(error?.message ?? '', /no (?:moving )?picture/)
    })
  })
}

/** The first seconds, packet by packet; tests/integration/media/real-footage.test.ts takes the whole of each. */
async function cutFootage(name: TestMedia, seconds: number): Promise<string> {
  const path = join(folder, `cut-${name}`)
  const whole = await requireTestMedia(name, folder)
  await runFfmpeg(['-i', whole, '-t', String(seconds), '-c', 'copy', '-y', path])
  return path
}

/** The largest rendition is the source as shown, and none is larger. */
function assertSizes({ renditions, width, height }: VideoView, { size }: Kind): void {
  const isPortrait = size[0] < size[1]
  assert.equal((width ?? 0) < (height ?? 0), isPortrait)
  for (const rendition of renditions) {
    assert.equal(rendition.width < rendition.height, isPortrait)
    assert.ok(rendition.width <= (width ?? 0) + 1 && rendition.height <= (height ?? 0) + 1)
    assert.match(rendition.codecs, /^avc1\./)
  }
}

/** Plays the largest rendition and its sound with FFmpeg, as fast as it goes; any complaint of FFmpeg's is a failure. */
async function play(url: string): Promise<{ seconds: number; sound: boolean }> {
  const args = [
    '-hide_banner',
    '-nostdin',
    '-v',
    'error',
    '-xerror',
    '-i',
    url,
    '-map',
    '0:v:0',
    '-map',
    '0:a:0?',
    // The source's own clock: on that of its average rate, two frames of a phone's clip can round to one time.
    '-enc_time_base',
    '-1',
    '-fps_mode',
    'passthrough',
  ]
  const { stdout, stderr } = await promisify(execFile)(
    '/usr/bin/ffmpeg',
    [...args, '-progress', 'pipe:1', '-f', 'null', '-'],
    { timeout: 60_000 },
  )
  assert.equal(stderr, '')
  const [, micros = '0'] = [...stdout.matchAll(/out_time_us=(\d+)/g)].at(-1) ?? []
  const probe = [
    '-v',
    'error',
    '-select_streams',
    'a',
    '-show_entries',
    'stream=codec_name',
    '-of',
    'csv=p=0',
    url,
  ]
  const { stdout: sounds } = await promisify(execFile)('/usr/bin/ffprobe', probe, { timeout: 60_000 })
  return { seconds: Number(micros) / 1e6, sound: sounds.trim() !== '' }
}
