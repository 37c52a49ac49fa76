import { buildWords, SEARCH_VERSION } from '#lib/db/keep-searchable'
import { VideoModel } from '#lib/db/models/video'

const BATCH_COUNT = 500

/** Makes the search words of videos that were stored before there were any, or by another version. Safe to call at every start. */
export async function indexOldVideos(): Promise<void> {
  for (;;) {
    const old = await VideoModel.find(
      { 'search.version': { $in: OLD_VERSIONS } },
      { title: 1, description: 1, tags: 1 },
    )
      .limit(BATCH_COUNT)
      .setOptions({ sanitizeFilter: false })
      .lean()
    if (old.length === 0) return
    const { modifiedCount } = await VideoModel.bulkWrite(
      old.map(({ _id, title, description, tags }) => ({
        // What was changed since it was read has its words already.
        updateOne: {
          filter: { _id, title, description, tags, 'search.version': { $in: OLD_VERSIONS } },
          update: { $set: { search: buildWords({ title, description, tags }) } },
        },
      })),
      { timestamps: false, strict: false },
    )
    // Whatever is left then changes faster than this, and gets its words with each change.
    if (modifiedCount === 0) return
  }
}

/** Null is none at all. */
const OLD_VERSIONS: (number | null)[] = [null, ...Array.from({ length: SEARCH_VERSION - 1 }, (_, i) => i + 1)]
