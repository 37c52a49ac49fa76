const AWAY_NAMES = new Set([
  'MongoServerSelectionError',
  'MongooseServerSelectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoWaitQueueTimeoutError',
  'MongoOperationTimeoutError',
  'MongoExpiredSessionError',
  'DisconnectedError',
])

/**
 * Whether an error says that the database cannot be reached now, as opposed to having refused something.
 * Goes by name, because two bundles each have their own classes; looks through `cause`.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (AWAY_NAMES.has(error.name)) return true
  // mongoose queues operations while it has no connection and gives up on them with a plain MongooseError.
  if (error.name === 'MongooseError' && /buffering timed out|initial connection/i.test(error.message))
    return true
  return error.cause !== undefined && error.cause !== error && isDatabaseAway(error.cause)
}
