const REASONS: Record<string, string> = {
  publish: 'After publishing',
  manual: 'Kept by hand',
  'before-edit': 'Before its details were changed',
  'before-reencode': 'Before it was encoded anew',
  'before-delete': 'Before it was deleted',
  'before-restore': 'Before something was restored',
  'before-replace': 'Before its file was replaced',
  'before-captions': 'Before its captions were changed',
  'before-trim': 'Before it was trimmed',
}

/** Why a snapshot was taken, in words. One of a newer version of Peekr keeps its own. */
export function describeReason(reason: string): string {
  return REASONS[reason] ?? reason.replaceAll('-', ' ')
}

/** When it was taken, in this reader's language and time zone. */
export function describeTime(createdAt: string): string {
  return new Date(createdAt).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
}
