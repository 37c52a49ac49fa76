import { ProofModel } from '#lib/db/models/proof'

/**
 * Asks for a video to be read and verified before its turn. Safe to repeat; what is asked for already stays asked for.
 * Tells nobody: the process that verifies looks every few seconds.
 */
export async function requestProof(videoId: string, revisionId: string): Promise<void> {
  const now = new Date()
  await ProofModel.updateOne(
    { _id: videoId },
    { $set: { requestedAt: now }, $setOnInsert: { revisionId, checkedAt: now } },
    { upsert: true },
  )
}
