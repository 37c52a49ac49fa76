import type { Command, CommandContext } from '#lib/db/embedded/commands/command'
import { readCollectionName, readDocument, refuseUnsupported } from '#lib/db/embedded/commands/read-arguments'
import { updateDocuments } from '#lib/db/embedded/commands/update-documents'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { compileProjection } from '#lib/db/embedded/query/compile-projection'
import { findDocuments } from '#lib/db/embedded/query/find-documents'
import { parseSort } from '#lib/db/embedded/query/sort-key'
import { removeDocument } from '#lib/db/embedded/storage/write-document'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'
import { toFlag } from '#lib/db/embedded/values/to-number'

export const findAndModify: Command = { writes: true, run }

/** Finds one document and changes or removes it in the same step; nobody sees it in between. */
function run(command: BsonDocument, context: CommandContext): BsonDocument {
  refuseUnsupported(command)
  const name = readCollectionName(command)
  const filter = readDocument(command, 'query')
  const project = compileProjection(readDocument(command, 'fields'), filter)
  const show = (document: BsonDocument | null) => (document && project ? project(document) : document)
  const wantsNew = toFlag(command.new)
  if (toFlag(command.remove)) {
    if (command.update !== undefined || toFlag(command.upsert) || wantsNew) {
      throw new MongoError(9, "Cannot specify both an update or upsert or 'new' and remove=true")
    }
    return removeOne(command, context, name, filter, show)
  }
  if (command.update === undefined)
    throw new MongoError(9, 'Either an update or remove=true must be specified')
  const upsert = toFlag(command.upsert)
  const { arrayFilters, sort, update, hint } = command
  const result = updateDocuments(context, name, {
    filter,
    update,
    arrayFilters,
    sort,
    hint,
    variables: readDocument(command, 'let'),
    multi: false,
    upsert,
  })
  const inserted = result.upsertedId !== undefined
  return {
    lastErrorObject: {
      n: inserted ? 1 : result.matched,
      updatedExisting: result.matched > 0,
      ...(inserted ? { upserted: result.upsertedId } : {}),
    },
    value: show(wantsNew ? result.after : result.before),
  }
}

function removeOne(
  command: BsonDocument,
  context: CommandContext,
  name: string,
  filter: BsonDocument,
  show: (document: BsonDocument | null) => BsonDocument | null,
): BsonDocument {
  const collection = context.catalog.find(context.db, name)
  const find = {
    filter,
    sort: parseSort(command.sort),
    limit: 1,
    hint: command.hint,
    variables: readDocument(command, 'let'),
  }
  const [found] = collection ? findDocuments(context, collection, find) : []
  if (collection && found) removeDocument(context, collection, found)
  return { lastErrorObject: { n: found ? 1 : 0 }, value: show(found?.document ?? null) }
}
