import type { Command, CommandContext } from '#lib/db/embedded/commands/command'
import { STATEMENTS_MAX } from '#lib/db/embedded/commands/run-statements'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { DOCUMENT_SIZE_BYTES_MAX } from '#lib/db/embedded/storage/write-document'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { MESSAGE_SIZE_BYTES_MAX } from '#lib/db/embedded/wire/frame-reader'

const VERSION = '8.0.0'

export const SERVER_COMMANDS: Record<string, Command> = {
  hello: { writes: false, run: (command, context) => sayHello(command, context, 'isWritablePrimary') },
  isMaster: { writes: false, run: (command, context) => sayHello(command, context, 'ismaster') },
  ismaster: { writes: false, run: (command, context) => sayHello(command, context, 'ismaster') },
  ping: { writes: false, run: () => ({}) },
  endSessions: { writes: false, run: () => ({}) },
  refreshSessions: { writes: false, run: () => ({}) },
  buildInfo: { writes: false, run: buildInfo },
  buildinfo: { writes: false, run: buildInfo },
  connectionStatus: {
    writes: false,
    run: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } }),
  },
  getParameter: { writes: false, run: getParameter },
  serverStatus: { writes: false, run: serverStatus },
}

/**
 * A standalone server: a replica set would promise an oplog, elections and transactions. Drivers then leave
 * retryable writes off; reads are retried. Wire version 25 is MongoDB 8.0, the first with `bulkWrite`.
 */
function sayHello(command: BsonDocument, _context: CommandContext, writable: string): BsonDocument {
  return {
    ...(command.helloOk === true ? { helloOk: true } : {}),
    [writable]: true,
    maxBsonObjectSize: DOCUMENT_SIZE_BYTES_MAX,
    maxMessageSizeBytes: MESSAGE_SIZE_BYTES_MAX,
    maxWriteBatchSize: STATEMENTS_MAX,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: 1,
    minWireVersion: 0,
    maxWireVersion: 25,
    readOnly: false,
  }
}

function buildInfo(): BsonDocument {
  return {
    version: VERSION,
    versionArray: [8, 0, 0, 0],
    gitVersion: 'peekr-embedded',
    modules: [],
    bits: 64,
    debug: false,
    maxBsonObjectSize: DOCUMENT_SIZE_BYTES_MAX,
    storageEngines: ['peekr'],
  }
}

const PARAMETERS: BsonDocument = {
  featureCompatibilityVersion: { version: '8.0' },
  authenticationMechanisms: [],
}

function getParameter(command: BsonDocument): BsonDocument {
  const all =
    command.getParameter === '*' || (isDocument(command.getParameter) && command.getParameter.allParameters)
  if (all) return PARAMETERS
  const asked = Object.keys(command).filter((name) => Object.hasOwn(PARAMETERS, name))
  if (asked.length === 0) throw new MongoError(72, 'no option found to get')
  return Object.fromEntries(asked.map((name) => [name, PARAMETERS[name]]))
}

function serverStatus(_command: BsonDocument, { startedAt }: CommandContext): BsonDocument {
  const uptimeMs = Date.now() - startedAt.getTime()
  return {
    version: VERSION,
    process: 'peekr-embedded',
    pid: process.pid,
    uptime: Math.floor(uptimeMs / 1000),
    uptimeMillis: uptimeMs,
    localTime: new Date(),
    storageEngine: { name: 'peekr', persistent: true, supportsCommittedReads: true },
    mem: { resident: Math.round(process.memoryUsage.rss() / 2 ** 20) },
  }
}
