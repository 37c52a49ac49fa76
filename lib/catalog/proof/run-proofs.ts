import { getSettings } from '#lib/admin/settings'
import { addMissingProofs } from '#lib/catalog/proof/add-missing-proofs'
import { proveVideo } from '#lib/catalog/proof/prove-video'
import { ProofModel } from '#lib/db/models/proof'
import { VideoModel } from '#lib/db/models/video'
import { withStorageLease } from '#lib/db/with-storage-lease'
import { isPeekrError } from '#lib/errors'
import { getLog } from '#lib/log'

const DAY_MS = 86_400_000

/**
 * Verifies every video whose turn it is: what somebody asked for, what was to be encoded anew, then what was longest not
 * looked at, each as often as the settings say. One process at a time; another one's call ends at once. What is cut off goes
 * on with the next call.
 */
export async function runProofs(signal: AbortSignal): Promise<void> {
  await addMissingProofs()
  if ((await findNextDue()) === null) return
  await withStorageLease('proof', signal, async (leased) => {
    const failed: string[] = []
    for (;;) {
      const videoId = leased.aborted ? null : await findNextDue(failed)
      if (videoId === null) return
      try {
        await proveVideo(videoId, leased)
      } catch (error) {
        if (leased.aborted || (isPeekrError(error) && error.code === 'cancelled')) return
        // One video's trouble is not another's; the next call tries again.
        failed.push(videoId)
        getLog('storage').warn({ err: error, videoId }, 'this video could not be verified')
      }
    }
  })
}

/** Whose turn it is. @param except what cannot be verified at the moment */
export async function findNextDue(except: readonly string[] = []): Promise<string | null> {
  const others = { _id: { $nin: except } }
  const find = async (filter: object, sort: Record<string, 1>) => {
    const query = ProofModel.findOne({ ...others, ...filter }, { _id: 1 }).sort(sort)
    return (await query.setOptions({ sanitizeFilter: false }).lean())?._id ?? null
  }
  const asked = await find({ requestedAt: { $ne: null } }, { requestedAt: 1 })
  if (asked !== null) return asked
  const left = await findUnhealed(except)
  if (left !== null) return left
  const { verifyDays } = await getSettings()
  if (verifyDays === 0) return null
  return find({ checkedAt: { $lt: new Date(Date.now() - verifyDays * DAY_MS) } }, { checkedAt: 1 })
}

/** One that was to be encoded anew, and still plays the damaged version although nothing is being made of it. */
async function findUnhealed(except: readonly string[]): Promise<string | null> {
  const proofs = await ProofModel.find(
    { verdict: 'reencoding', _id: { $nin: except } },
    { _id: 1, revisionId: 1 },
  )
    .setOptions({ sanitizeFilter: false })
    .lean()
  for (const { _id, revisionId } of proofs) {
    const stuck = { _id, state: 'ready' as const, 'revision.id': revisionId, deletedAt: null }
    if ((await VideoModel.exists(stuck)) !== null) return _id
  }
  return null
}
