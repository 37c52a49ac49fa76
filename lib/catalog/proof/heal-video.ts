import { type Damage, describeFlaws } from '#lib/catalog/proof/damage'
import { healByEncoding, isSourceWhole } from '#lib/catalog/proof/heal-by-encoding'
import { healFromMirror } from '#lib/catalog/proof/heal-from-mirror'
import { healFromSnapshots } from '#lib/catalog/proof/heal-from-snapshots'
import { quarantineVideo, releaseVideo } from '#lib/catalog/proof/quarantine-video'
import { replaceManifest } from '#lib/catalog/proof/replace-manifest'
import { getProof, settleProof } from '#lib/catalog/proof/settle-proof'
import { startReencoding } from '#lib/catalog/start-reencoding'
import { recordStorageEvent } from '#lib/db/record-storage-event'
import { plural } from '#lib/domain/format'
import { getLibrary } from '#lib/jobs/library'
import { dropCached } from '#lib/stream/media-cache'

/**
 * Repairs what a reading found damaged, by the gentlest way that works: the mirror; the same file in a snapshot; the same
 * unit, encoded again from the original; all of it, encoded again; and where none does, the video plays no more and its
 * owner is offered earlier versions. Whatever is put back has been compared with the manifest. Each step is recorded.
 * @throws cancelled, disk_full
 */
export async function healVideo(damage: Damage): Promise<void> {
  const { video, found, signal } = damage
  const { _id: videoId, title } = video
  const before = await getProof(videoId)
  if (before?.verdict !== 'quarantined' && before?.verdict !== 'reencoding') {
    await recordStorageEvent('damage-found', `“${title}”: ${describeFlaws(damage.flaws)}.`, videoId)
  }
  const steps: { kind: 'mirror' | 'snapshot' | 'encoding'; run: typeof healFromMirror }[] = [
    { kind: 'mirror', run: healFromMirror },
    { kind: 'snapshot', run: healFromSnapshots },
    { kind: 'encoding', run: healByEncoding },
  ]
  let { flaws } = damage
  for (const { kind, run } of found === null ? [] : steps) {
    if (flaws.length === 0) break
    const left = await run({ ...damage, flaws })
    const healedCount = flaws.length - left.length
    if (healedCount > 0) {
      dropCached(videoId)
      await recordStorageEvent(
        EVENTS[kind].kind,
        `“${title}”: ${plural(healedCount, 'file')} ${EVENTS[kind].did}.`,
        videoId,
      )
    }
    flaws = left
    signal.throwIfAborted()
  }
  if (found !== null && flaws.length === 0) {
    const library = await getLibrary()
    if (found.folderPath !== library.revisionPath(videoId, video.revision.id))
      await replaceManifest(video, found)
    const sentence = `${describeFlaws(damage.flaws)}; all of it was repaired.`
    await settleProof(videoId, { verdict: 'repaired', verifiedAt: new Date(), sentence })
    if (video.quarantine) await releaseVideo(video)
    return
  }
  if (before?.encodedFor !== video.revision.id && (await isSourceWhole(video, signal))) {
    if ((await startReencoding(videoId)).started) {
      const sentence = `${describeFlaws(flaws)}. It is being encoded anew from the original; until that is done the damaged places may stop or show nothing.`
      await settleProof(videoId, { verdict: 'reencoding', sentence, flaws, encodedFor: video.revision.id })
      return recordStorageEvent('reencoding', `“${title}”: ${sentence}`, videoId)
    }
  }
  await quarantineVideo({ ...damage, flaws })
}

const EVENTS = {
  mirror: { kind: 'repaired-from-mirror', did: 'could be read again from the other copy' },
  snapshot: { kind: 'repaired-from-snapshot', did: 'brought back from a snapshot' },
  encoding: { kind: 'repaired-by-encoding', did: 'encoded again from the original, to the same bytes' },
} as const
