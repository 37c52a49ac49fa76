import { EventEmitter } from 'node:events'
import { singleton } from '#lib/singleton'

// As many listeners as there are jobs at work.
const bus = () => singleton('jobs.wake', () => new EventEmitter().setMaxListeners(0))

/** Says that there may be work to do, so that the runner looks at once rather than at its next tick. */
export function wakeJobs(): void {
  bus().emit('wake')
}

/** Calls `listener` at each wake; returns what takes it off again. */
export function onWake(listener: () => void): () => void {
  bus().on('wake', listener)
  return () => bus().off('wake', listener)
}

/** Says that somebody may have lost a job or is to stop, so that holders in this process look at once. */
export function tellHolders(): void {
  bus().emit('leases')
}

/** Calls `listener` whenever holders are to look; returns what takes it off again. */
export function onTold(listener: () => void): () => void {
  bus().on('leases', listener)
  return () => bus().off('leases', listener)
}
