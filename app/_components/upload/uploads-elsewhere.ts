import { isUnderWay } from './upload-item'
import { uploadStore } from './upload-store'

const CHANNEL = 'peekr-uploads'
const QUESTION = 'which'
/** A page that is there answers within a few milliseconds, also in the background. */
const ANSWER_MS = 250

/** Tells the other tabs of this browser, when they ask, which uploads this one is at work on. */
export function answerOtherTabs(): void {
  if (typeof BroadcastChannel === 'undefined') return
  const channel = new BroadcastChannel(CHANNEL)
  channel.addEventListener('message', ({ data }) => {
    if (data !== QUESTION) return
    const items = uploadStore.get().filter((item) => isUnderWay(item) || item.status === 'paused')
    channel.postMessage(items.map(({ key }) => key))
  })
}

/**
 * The uploads that some tab of this browser is at work on now, this one included. To look one up on the server would cut
 * the request that is sending it, since whoever comes back counts for more than who holds a dead line.
 */
export async function findUploadsElsewhere(): Promise<Set<string>> {
  if (typeof BroadcastChannel === 'undefined') return new Set()
  const channel = new BroadcastChannel(CHANNEL)
  const keys = new Set<string>()
  channel.addEventListener('message', ({ data }) => {
    if (Array.isArray(data)) for (const key of data) keys.add(String(key))
  })
  channel.postMessage(QUESTION)
  await new Promise((resolve) => setTimeout(resolve, ANSWER_MS))
  channel.close()
  return keys
}
