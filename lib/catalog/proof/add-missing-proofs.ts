import { ProofModel } from '#lib/db/models/proof'
import { VideoModel } from '#lib/db/models/video'
import { singleton } from '#lib/singleton'

const EVERY_MS = 3_600_000
const PAGE = 500

/**
 * Puts published videos on the schedule that are not: those from before there was one, and those of a library that was
 * rebuilt. Looks once an hour in a process.
 * @param options.now looks whenever it looked last
 */
export async function addMissingProofs({ now = false }: { now?: boolean } = {}): Promise<void> {
  const last = singleton('catalog.proofs-added', () => ({ atMs: Number.NEGATIVE_INFINITY }))
  if (!now && performance.now() - last.atMs < EVERY_MS) return
  last.atMs = performance.now()
  for (let after = ''; ; ) {
    const videos = await VideoModel.find(
      { _id: { $gt: after }, deletedAt: null, publishedAt: { $ne: null }, revision: { $ne: null } },
      { revision: 1, publishedAt: 1 },
    )
      .sort({ _id: 1 })
      .limit(PAGE)
      .setOptions({ sanitizeFilter: false })
      .lean()
    const ids = videos.map(({ _id }) => _id)
    const known = await ProofModel.find({ _id: { $in: ids } }, { _id: 1 })
      .setOptions({ sanitizeFilter: false })
      .lean()
    const there = new Set(known.map(({ _id }) => _id))
    for (const { _id, revision, publishedAt } of videos) {
      if (there.has(_id) || revision === null || publishedAt === null) continue
      await ProofModel.updateOne(
        { _id },
        { $setOnInsert: { revisionId: revision.id, checkedAt: publishedAt } },
        { upsert: true },
      )
    }
    const last = ids.at(-1)
    if (last === undefined || ids.length < PAGE) return
    after = last
  }
}
