import { MongoError } from '#lib/db/embedded/mongo-error'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/** Under this a found document carries its score from stage to stage; it is no field, so it is never stored or sent. */
const TEXT_SCORE = Symbol('textScore')

type Scored = BsonDocument & { [TEXT_SCORE]?: number }

export function setTextScore(document: BsonDocument, score: number): void {
  ;(document as Scored)[TEXT_SCORE] = score
}

export function findTextScore(document: BsonDocument): number | undefined {
  return (document as Scored)[TEXT_SCORE]
}

/** @throws 40218 for a document that no `$text` found, or that was computed from several. */
export function getTextScore(document: BsonDocument): number {
  const score = findTextScore(document)
  if (score === undefined) throw noTextScore()
  return score
}

/** What was made of a document keeps its score. */
export function keepTextScore(from: BsonDocument, to: BsonDocument): BsonDocument {
  const score = findTextScore(from)
  if (score !== undefined && from !== to) setTextScore(to, score)
  return to
}

/** Whether a projection, a sort or a pipeline asks for the score anywhere. @throws 17308 for other metadata */
export function usesTextScore(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(usesTextScore)
  if (!isDocument(value)) return false
  return Object.entries(value).some(([name, inner]) => {
    if (name === '$literal') return false
    if (name !== '$meta') return usesTextScore(inner)
    if (inner === 'textScore') return true
    throw new MongoError(17308, `Unsupported argument to $meta: ${String(inner)}`)
  })
}

export function noTextScore(): MongoError {
  return new MongoError(40218, 'query requires text score metadata, but it is not available')
}
