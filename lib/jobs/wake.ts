import { EventEmitter } from 'node:events'
import { singleton } from '#lib/singleton'

const bus = () => singleton('jobs.wake', () => new EventEmitter())

/** Says that there may be work to do, so that the runner looks at once rather than at its next tick. */
export function wakeJobs(): void {
  bus().emit('wake')
}

/** Calls `listener` at each wake; returns what takes it off again. */
export function onWake(listener: () => void): () => void {
  bus().on('wake', listener)
  return () => bus().off('wake', listener)
}
