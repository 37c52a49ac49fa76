import { MongoError } from '#lib/db/embedded/mongo-error'
import { requireId } from '#lib/db/embedded/storage/write-document'
import { parseArrayFilters } from '#lib/db/embedded/update/array-filters'
import { compileOperators } from '#lib/db/embedded/update/compile-operators'
import { compilePipelineUpdate } from '#lib/db/embedded/update/compile-pipeline-update'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'
import { isDocument } from '#lib/db/embedded/values/bson-type'
import { valuesEqual } from '#lib/db/embedded/values/compare-values'

export interface UpdateRequest {
  filter: BsonDocument
  /** Operators, a replacement document, or a pipeline. */
  update: unknown
  arrayFilters?: unknown
}

export interface CompiledUpdate {
  /** A replacement may change one document only. */
  replacement: boolean
  /**
   * The changed document; the given one is left as it is. `inserting` adds what `$setOnInsert` says.
   * @throws MongoDB's codes for operators that do not fit the document.
   */
  apply(document: BsonDocument, inserting: boolean): BsonDocument
}

/** @throws FailedToParse and MongoDB's other codes for an update that cannot be. */
export function compileUpdate({ filter, update, arrayFilters }: UpdateRequest): CompiledUpdate {
  if (Array.isArray(update)) {
    if (arrayFilters !== undefined) {
      throw new MongoError(9, 'arrayFilters may not be specified for pipeline-style updates')
    }
    return protectId({ replacement: false, apply: compilePipelineUpdate(update) })
  }
  if (!isDocument(update)) throw new MongoError(9, 'Update argument must be either an object or an array')
  if (Object.keys(update)[0]?.startsWith('$')) {
    const filters = parseArrayFilters(arrayFilters)
    return protectId({ replacement: false, apply: compileOperators(update, filter, filters) })
  }
  const dollar = Object.keys(update).find((name) => name.startsWith('$'))
  if (dollar) {
    throw new MongoError(
      52,
      `The dollar ($) prefixed field '${dollar}' in '${dollar}' is not allowed in the context of an update's replacement document.`,
    )
  }
  return protectId({
    replacement: true,
    apply: (document) => {
      if (!Object.hasOwn(document, '_id') || Object.hasOwn(update, '_id')) return { ...update }
      return { _id: document._id, ...update }
    },
  })
}

/** `_id` never changes, and stays first. */
function protectId({ replacement, apply }: CompiledUpdate): CompiledUpdate {
  return {
    replacement,
    apply(document, inserting) {
      const changed = apply(document, inserting)
      if (!Object.hasOwn(document, '_id')) {
        if (Object.hasOwn(changed, '_id')) requireId(changed._id)
        return changed
      }
      if (!Object.hasOwn(changed, '_id')) return { _id: document._id, ...changed }
      if (!valuesEqual(document._id, changed._id)) {
        throw new MongoError(
          66,
          replacement
            ? `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${String(changed._id)}`
            : "Performing an update on the path '_id' would modify the immutable field '_id'",
        )
      }
      return changed
    },
  }
}
