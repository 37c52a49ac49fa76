import type { Model } from 'mongoose'

/**
 * Makes a model's collection and those of its indexes that are not there yet. Safe to call at every start.
 * Only what is missing is asked for: DocumentDB makes no collection by itself for an index, answers a request that
 * changes nothing with an error (code 8), and takes up to a second for each request that does.
 */
export async function createIndexes(model: Model<unknown>): Promise<void> {
  await model.createCollection() // an existing one is fine
  const present = new Set((await model.collection.indexes()).map(({ key }) => JSON.stringify(key)))
  const missing = model.schema.indexes().filter(([key]) => !present.has(JSON.stringify(key)))
  if (missing.length === 0) return
  await model.collection.createIndexes(
    missing.map(([key, { unique, expireAfterSeconds }]) => ({
      key: key as Record<string, 1 | -1>,
      ...(unique && { unique: true }),
      ...(expireAfterSeconds !== undefined && { expireAfterSeconds }),
    })),
  )
}
