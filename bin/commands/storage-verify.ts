import { setTimeout as sleep } from 'node:timers/promises'
import { addMissingProofs } from '#lib/catalog/proof/add-missing-proofs'
import { proveVideo } from '#lib/catalog/proof/prove-video'
import { getVideoToRestore } from '#lib/catalog/snapshots/restore-snapshot'
import { ProofModel, type ProofRecord } from '#lib/db/models/proof'
import { withStorageLease } from '#lib/db/with-storage-lease'
import { withLibrary } from './with-library.ts'

const POLL_MS = 1_000

interface Verified {
  videoId: string
  verdict: ProofRecord['verdict']
  sentence: string
}

/**
 * `peekr storage verify [VIDEO]`: reads every byte of what is published, whether or not a server runs; one that is verifying
 * comes to its end first. Status 1 when a video is not whole.
 */
export async function verifyStorage(video: string | undefined, { json }: { json?: boolean }): Promise<void> {
  const say = json ? () => {} : (line: string) => console.log(line)
  const verified = await withLibrary(() => verifyAll(video, say))
  if (verified.some(({ verdict }) => verdict === 'quarantined' || verdict === 'reencoding'))
    process.exitCode = 1
  if (json) console.log(JSON.stringify({ videos: verified }))
  else console.log(`${verified.length} videos read.`)
}

async function verifyAll(video: string | undefined, say: (line: string) => void): Promise<Verified[]> {
  if (video !== undefined) await getVideoToRestore(video)
  await addMissingProofs({ now: true })
  const all = await ProofModel.find({}, { _id: 1 }).sort({ checkedAt: 1 }).lean()
  const wanted = video === undefined ? all.map(({ _id }) => _id) : [video]
  const verified: Verified[] = []
  const work = async (signal: AbortSignal) => {
    for (const videoId of wanted) {
      const proof = await proveVideo(videoId, signal)
      if (proof === null) continue
      const { verdict, sentence } = proof
      verified.push({ videoId, verdict, sentence })
      say(`${videoId}  ${verdict}${sentence === '' ? '' : `: ${sentence}`}`)
    }
  }
  const never = new AbortController().signal
  for (let waited = false; !(await withStorageLease('proof', never, work)); waited = true) {
    if (!waited) say('The server is verifying at the moment; this goes on when it is done.')
    await sleep(POLL_MS)
  }
  return verified
}
