import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { controlStorage } from '#lib/admin/control-storage'
import { getStorageReport } from '#lib/admin/get-storage-report'
import { updateSettings } from '#lib/admin/settings'
import { watchStorage } from '#lib/admin/watch-storage'
import { getProofView } from '#lib/catalog/proof/ask-for-proof'
import { proveVideo } from '#lib/catalog/proof/prove-video'
import { restoreState } from '#lib/catalog/snapshots/restore-snapshot'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { sumErrors } from '#lib/domain/storage-health'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import { dropCached } from '#lib/stream/media-cache'
import { streamResponse } from '#lib/stream/stream-response'
import { whyNoBtrfsLoop } from '../support/btrfs-loop.ts'
import { dropKernelCaches, withBtrfsMirror, zeroFileIn } from '../support/btrfs-mirror.ts'
import { openPipelineTest, until } from '../support/pipeline-test.ts'
import { fileOf, publishSigned, seedProvedVideo, segmentPath } from '../support/seed-signed-video.ts'
import { createRandom, type FaultCase } from './fault-case.ts'

const VIDEOS = 3
const SEGMENTS = 4
const SEGMENT_BYTES = 600_000
const WATCH_MS_MAX = 120_000
const never = new AbortController().signal

/** Zeroes copies of what is being played on a mirror of two disks: one copy round after round, and at last both of one video. */
export const badCopies: FaultCase = {
  promise:
    'One bad RAID1 copy: 0 viewer errors, an alert at the next scrub, all repaired. Both copies bad: that one video is quarantined, named, and offered a restore.',
  async run({ seed, kills, onProgress }) {
    const why = whyNoBtrfsLoop()
    if (why !== false) return { figures: { skipped: why }, violations: [] }
    const random = createRandom(seed)
    const pick = (count: number) => Math.floor(random() * count)
    const violations: string[] = []
    const figures = {
      'copies zeroed': 0,
      'segments watched meanwhile': 0,
      'viewer errors': 0,
      'errors the disks counted': 0,
      'blocks repaired by scrubs': 0,
      'blocks not repaired': 0,
      'videos quarantined': 0,
    }
    const mirror = await withBtrfsMirror({ sizeMib: 1024 })
    const database = await startEmbeddedDatabase({ dataPath: mirror.folder })
    const peekr = await openPipelineTest({
      dataPath: join(mirror.path, 'data'),
      settings: { MONGODB_URI: database.uri },
    })
    try {
      await updateSettings({ verifyMbps: 0 })
      const videos: VideoRecord[] = []
      const sizes = { segmentCount: SEGMENTS, segmentBytes: SEGMENT_BYTES }
      for (let count = 0; count < VIDEOS; count += 1) videos.push(await seedProvedVideo(peekr.owner, sizes))
      await watchStorage(never)
      for (let round = 1; round <= kills; round += 1) {
        const playing = watchOn(videos)
        for (const video of videos) {
          const copy = pick(2)
          const path = await fileOf(video, segmentPath(pick(SEGMENTS)))
          await zeroFileIn(mirror, copy, path)
          figures['copies zeroed'] += 1
        }
        await dropKernelCaches()
        await sleep(300)
        const { correctedCount, uncorrectableCount } = await scrub()
        const { count, wrong } = await playing.stop()
        figures['segments watched meanwhile'] += count
        figures['viewer errors'] += wrong.length
        figures['blocks repaired by scrubs'] += correctedCount
        figures['blocks not repaired'] += uncorrectableCount
        const { health, alerts } = await getStorageReport({ fresh: true })
        const counted = health?.devices.reduce((sum, device) => sum + sumErrors(device), 0) ?? 0
        figures['errors the disks counted'] += counted
        violations.push(...wrong.map((line) => `round ${round}: a viewer got ${line}`))
        if (uncorrectableCount > 0) violations.push(`round ${round}: ${uncorrectableCount} not repaired`)
        if (counted === 0 || !alerts.some(({ kind }) => kind === 'device-errors'))
          violations.push(`round ${round}: nobody was told`)
        await dropKernelCaches()
        if ((await scrub()).errorCount > 0) violations.push(`round ${round}: a second scrub found errors`)
        await controlStorage({ action: 'reset-counters' })
        onProgress(`round ${round}: ${counted} errors counted, ${correctedCount} repaired`)
      }
      violations.push(...(await loseBoth()))

      async function loseBoth(): Promise<string[]> {
        const said: string[] = []
        const lost = pick(VIDEOS)
        const video = await publishSigned((videos[lost] as VideoRecord)._id, sizes)
        const others = videos.filter((_, index) => index !== lost)
        const path = await fileOf(video, segmentPath(pick(SEGMENTS)))
        for (const copy of [0, 1]) await zeroFileIn(mirror, copy, path)
        await dropKernelCaches()
        const playing = watchOn(others)
        const proof = await proveVideo(video._id, never)
        const { wrong } = await playing.stop()
        said.push(...wrong.map((line) => `both copies: a viewer of another video got ${line}`))
        if (proof?.verdict === 'quarantined') figures['videos quarantined'] += 1
        else said.push(`both copies: the video is ${proof?.verdict}`)
        const { restores } = await getProofView({ viewer: peekr.owner, videoId: video._id })
        if (restores[0] === undefined) return [...said, 'both copies: no restore is offered']
        const { alerts } = await getStorageReport({ fresh: true })
        if (!alerts.some(({ kind }) => kind === 'quarantined')) said.push('both copies: nobody was told')
        await restoreState(video._id, restores[0].name, 'all')
        const restored = await VideoModel.findById(video._id).lean()
        const played = restored === null ? ['nothing'] : await watch(restored)
        if ((await proveVideo(video._id, never))?.verdict !== 'intact')
          said.push('the restored video is not whole')
        return [...said, ...played.map((line) => `the restored video plays ${line}`)]
      }
    } finally {
      await peekr.close()
      await closePool()
      await database.stop()
      await mirror.close()
    }
    return { figures, violations }
  },
}

/** Every segment of a video as a viewer gets it, from the disk. @returns what went wrong */
async function watch({ _id: videoId, revision }: VideoRecord): Promise<string[]> {
  const wrong: string[] = []
  dropCached(videoId)
  for (let number = 0; number < SEGMENTS; number += 1) {
    const url = `http://peekr.test/stream/${videoId}/${revision?.id}/${segmentPath(number)}`
    const response = await streamResponse(new Request(url))
    const { length } = await response.arrayBuffer().then(
      (body) => new Uint8Array(body),
      () => new Uint8Array(0),
    )
    if (response.status !== 200 || length !== SEGMENT_BYTES) wrong.push(`${response.status}, ${length} bytes`)
  }
  return wrong
}

/** Watches videos over and over until told to stop. */
function watchOn(videos: readonly VideoRecord[]) {
  const found = { count: 0, wrong: [] as string[] }
  let stopped = false
  const playing = (async () => {
    // Whatever fails before it is stopped, it ends.
    for (const untilMs = performance.now() + WATCH_MS_MAX; !stopped && performance.now() < untilMs; ) {
      for (const video of videos) found.wrong.push(...(await watch(video)))
      found.count += videos.length * SEGMENTS
      await sleep(20)
    }
  })()
  return {
    async stop() {
      stopped = true
      await playing
      return found
    },
  }
}

async function scrub() {
  await controlStorage({ action: 'start-scrub' })
  return until('the end of the scrub', async () => {
    const { scrub: status } = await (await getLibrary()).health()
    return status?.state === 'finished' && status
  })
}
