import type { Model } from 'mongoose'

/**
 * Makes a model's collection and those of its indexes that are not there yet. Safe to call at every start.
 * Only what is missing is asked for: DocumentDB makes no collection by itself for an index, answers a request that
 * changes nothing with an error (code 8), and takes up to a second for each request that does.
 */
export async function createIndexes(model: Model<unknown>): Promise<void> {
  await model.createCollection() // an existing one is fine
  const indexes = await model.collection.indexes()
  const present = new Set(indexes.map(({ key }) => identify(key)))
  for (const { key, name } of indexes) {
    if (name !== undefined && OBSOLETE.has(`${model.collection.name} ${JSON.stringify(key)}`))
      await model.collection.dropIndex(name)
  }
  const missing = model.schema.indexes().filter(([key]) => !present.has(identify(key)))
  if (missing.length === 0) return
  await model.collection.createIndexes(
    missing.map(([key, { unique, expireAfterSeconds, weights, default_language }]) => ({
      key: key as Record<string, 1 | -1>,
      ...(weights && { weights, default_language: default_language as string }),
      ...(unique && { unique: true }),
      ...(expireAfterSeconds !== undefined && { expireAfterSeconds }),
    })),
  )
}

/** Unique indexes of earlier versions that would refuse what is right by now. */
const OBSOLETE = new Set(['jobs {"videoId":1,"kind":1}'])

/** Servers list a text index under a key of their own; a collection has only one. */
function identify(key: object): string {
  return Object.values(key).includes('text') ? 'text' : JSON.stringify(key)
}
