import { requireEditableVideo } from '#lib/catalog/get-video'
import { addMissingProofs } from '#lib/catalog/proof/add-missing-proofs'
import { presentProof } from '#lib/catalog/proof/present-proof'
import { ProofModel } from '#lib/db/models/proof'
import { requestProof } from '#lib/db/request-proof'
import type { Viewer } from '#lib/domain/permissions'
import type { ProofView } from '#lib/domain/proof-view'
import { PeekrError } from '#lib/errors'

interface Asked {
  viewer: Viewer | null
  videoId: string
}

/**
 * Has a video verified before its turn, for its owner and administrators. Answers at once. Safe to repeat.
 * @throws not_found, sign_in_required, forbidden; conflict for one that was never published
 */
export async function askForProof(asked: Asked): Promise<ProofView> {
  const { revision, publishedAt } = await requireEditableVideo(asked)
  if (revision === null || publishedAt === null) {
    throw new PeekrError('conflict', {
      message: 'There is nothing to verify of this video yet. Try again once it is ready.',
    })
  }
  await requestProof(asked.videoId, revision.id)
  return getProofView(asked)
}

/** What is known of a video's bytes. @throws not_found, sign_in_required, forbidden */
export async function getProofView(asked: Asked): Promise<ProofView> {
  return presentProof(await requireEditableVideo(asked))
}

/** Has all videos verified, in the order of their last turn. The caller has checked who asks. @returns how many */
export async function askForAllProofs(): Promise<number> {
  await addMissingProofs({ now: true })
  const asked = await ProofModel.updateMany({ requestedAt: null }, { $set: { requestedAt: new Date() } })
  return asked.modifiedCount
}
