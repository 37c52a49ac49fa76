import { type Document, Double, Int32, Long } from 'mongodb'

type Random = () => number

const FIELDS = ['a', 'b', 'c.d', 'e']

/** One command on the collection `c`, of those both servers know; the seed decides everything in it. */
export function buildRandomCommand(random: Random): Document {
  const kind = random()
  if (kind < 0.3) return { insert: 'c', documents: [buildDocument(random)] }
  if (kind < 0.45) {
    // Which of several a single update takes is the server's own choice, so it names one.
    const multi = random() < 0.5
    const q = multi ? buildFilter(random) : { _id: Math.floor(random() * 30) }
    const update = { q, u: buildUpdate(random), multi }
    return { update: 'c', updates: [update] }
  }
  if (kind < 0.5) return { delete: 'c', deletes: [{ q: buildFilter(random), limit: 0 }] }
  if (kind < 0.58) {
    const query = { _id: Math.floor(random() * 30) }
    return { findAndModify: 'c', query, update: buildUpdate(random), new: random() < 0.5 }
  }
  // Without a condition DocumentDB estimates (and MongoDB's manual lets a server count from its metadata).
  if (kind < 0.66) return { count: 'c', query: { ...buildFilter(random), _id: { $gte: 0 } } }
  if (kind < 0.72) return { distinct: 'c', key: pick(random, ['a', 'b', 'e']), query: buildFilter(random) }
  if (kind < 0.88) {
    return { find: 'c', filter: buildFilter(random), sort: { _id: random() < 0.5 ? 1 : -1 }, limit: 20 }
  }
  const group = { _id: '$a', n: { $sum: 1 } }
  return { aggregate: 'c', pipeline: [{ $match: buildFilter(random) }, { $group: group }], cursor: {} }
}

/** What must be the same in both replies: counts and documents, in an order that is not left to the server. */
export function normalizeReply(command: Document, reply: Document): unknown {
  const { n, nModified, value, values, cursor } = reply
  if (cursor) {
    const documents = cursor.firstBatch
    return command.aggregate ? sorted(documents) : documents
  }
  if (values) return sorted(values)
  if (command.findAndModify) return { value: value ?? null }
  return { n, ...(nModified === undefined ? {} : { nModified }) }
}

function sorted(items: unknown[]): string[] {
  return items.map((item) => JSON.stringify(item)).sort()
}

function pick<T>(random: Random, items: T[]): T {
  return items[Math.floor(random() * items.length)] as T
}

function buildDocument(random: Random): Document {
  return {
    _id: new Int32(Math.floor(random() * 30)),
    a: buildValue(random, 1),
    b: buildValue(random, 1),
    ...(random() < 0.5 ? { c: { d: buildValue(random, 0) } } : {}),
    ...(random() < 0.5 ? { e: [buildValue(random, 0), buildValue(random, 0)] } : {}),
  }
}

function buildValue(random: Random, depth: number): unknown {
  const small = Math.floor(random() * 5)
  const values = [
    new Int32(small),
    new Double(small + 0.5),
    Long.fromNumber(small),
    'abcde'.slice(0, small),
    random() < 0.5,
    null,
    new Date(small * 1000),
  ]
  const chosen = Math.floor(random() * (values.length + (depth > 0 ? 2 : 0)))
  if (chosen < values.length) return values[chosen]
  return chosen === values.length
    ? { d: buildValue(random, depth - 1) }
    : [buildValue(random, depth - 1), buildValue(random, depth - 1)]
}

function buildFilter(random: Random): Document {
  if (random() < 0.2) return {}
  if (random() < 0.2) {
    const parts = [buildFilter(random), buildFilter(random)]
    return random() < 0.5 ? { $or: parts } : { $and: parts }
  }
  const field = pick(random, [...FIELDS, '_id'])
  const value = buildValue(random, 0)
  switch (Math.floor(random() * 9)) {
    case 0:
      return { [field]: { $gt: value } }
    case 1:
      return { [field]: { $lte: value } }
    case 2:
      return { [field]: { $in: [value, buildValue(random, 0)] } }
    case 3:
      return { [field]: { $ne: value } }
    case 4:
      return { [field]: { $exists: random() < 0.5 } }
    case 5:
      return {
        [field]: { $type: pick(random, ['int', 'double', 'string', 'null', 'array', 'object', 'number']) },
      }
    case 6:
      return { [field]: { $size: Math.floor(random() * 3) } }
    default:
      return { [field]: value }
  }
}

function buildUpdate(random: Random): Document {
  const field = pick(random, FIELDS)
  const value = buildValue(random, 0)
  switch (Math.floor(random() * 7)) {
    case 0:
      return { $inc: { [field]: new Int32(1) } }
    case 1:
      return { $unset: { [field]: '' } }
    case 2:
      return { $push: { e: value } }
    case 3:
      return { $addToSet: { e: value } }
    case 4:
      return { $min: { [field]: value } }
    case 5:
      return { $pull: { e: value } }
    default:
      return { $set: { [field]: value } }
  }
}
