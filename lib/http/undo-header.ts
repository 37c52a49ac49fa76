/** The header of a change's answer that names the snapshot which undoes it. */
const UNDO_HEADER = 'peekr-undo-snapshot'

/** No header where there is nothing to undo with. */
export function buildUndoHeader(undo: { name: string } | null): Record<string, string> {
  return undo === null ? {} : { [UNDO_HEADER]: undo.name }
}
