import type { Command, CommandContext } from '#lib/db/embedded/commands/command'
import { readCollectionName, readDocument, refuseUnsupported } from '#lib/db/embedded/commands/read-arguments'
import { runStatements } from '#lib/db/embedded/commands/run-statements'
import { updateDocuments } from '#lib/db/embedded/commands/update-documents'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { type Find, findDocuments } from '#lib/db/embedded/query/find-documents'
import { insertDocument, removeDocument } from '#lib/db/embedded/storage/write-document'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'
import { toFlag, toNumber } from '#lib/db/embedded/values/to-number'

export const WRITE_COMMANDS: Record<string, Command> = {
  insert: { writes: true, run: insert },
  update: { writes: true, run: update },
  delete: { writes: true, run: remove },
}

function insert(command: BsonDocument, context: CommandContext): BsonDocument {
  const collection = context.catalog.create(context.db, readCollectionName(command))
  const raw = context.sequences.get('documents')
  const { done, writeErrors } = runStatements(command, context, 'documents', (document, i) => {
    insertDocument(context, collection, document, raw?.[i] ?? null)
  })
  return { n: done, ...writeErrors }
}

function update(command: BsonDocument, context: CommandContext): BsonDocument {
  const name = readCollectionName(command)
  const totals = { n: 0, nModified: 0 }
  const upserted: BsonDocument[] = []
  const { writeErrors } = runStatements(command, context, 'updates', (statement, index) => {
    refuseUnsupported(statement)
    const result = updateDocuments(context, name, {
      filter: readDocument(statement, 'q'),
      update: statement.u,
      arrayFilters: statement.arrayFilters,
      multi: toFlag(statement.multi),
      upsert: toFlag(statement.upsert),
      sort: statement.sort,
      hint: statement.hint,
      variables: readDocument(command, 'let'),
    })
    totals.n += result.matched
    totals.nModified += result.modified
    if (result.upsertedId !== undefined) {
      totals.n++
      upserted.push({ index, _id: result.upsertedId })
    }
  })
  return {
    n: totals.n,
    nModified: totals.nModified,
    ...(upserted.length > 0 ? { upserted } : {}),
    ...writeErrors,
  }
}

function remove(command: BsonDocument, context: CommandContext): BsonDocument {
  const name = readCollectionName(command)
  let n = 0
  const { writeErrors } = runStatements(command, context, 'deletes', (statement) => {
    refuseUnsupported(statement)
    const limit = toNumber(statement.limit)
    if (limit !== 0 && limit !== 1)
      throw new MongoError(9, 'The limit field in delete objects must be 0 or 1.')
    const { hint } = statement
    const filter = readDocument(statement, 'q')
    n += removeDocuments(context, name, { filter, limit, hint, variables: readDocument(command, 'let') })
  })
  return { n, ...writeErrors }
}

/** Removes what a query finds. @returns how many */
export function removeDocuments(context: CommandContext, name: string, find: Find): number {
  const collection = context.catalog.find(context.db, name)
  if (!collection) return 0
  // Read first, then remove: the search must not run over rows that are going away.
  const found = [...findDocuments(context, collection, find)]
  for (const document of found) removeDocument(context, collection, document)
  return found.length
}
