import { ProofModel, type ProofRecord } from '#lib/db/models/proof'

/** Writes what a reading came to, and ends it. */
export async function settleProof(
  videoId: string,
  facts: Partial<
    Pick<ProofRecord, 'verdict' | 'verifiedAt' | 'sentence' | 'flaws' | 'restores' | 'encodedFor'>
  >,
): Promise<void> {
  const ended = { cursor: null, requestedAt: null, checkedAt: new Date(), flaws: [], restores: [] }
  await ProofModel.updateOne({ _id: videoId }, { $set: { ...ended, ...facts } })
}

export async function getProof(videoId: string): Promise<ProofRecord | null> {
  return ProofModel.findById(videoId).lean()
}
