import { EventEmitter } from 'node:events'
import { singleton } from '#lib/singleton'

/** An upload of which more bytes are on disk and acknowledged than before. */
export interface StoredBytes {
  uploadId: string
  videoId: string
  storedBytes: number
  sizeBytes: number
}

const bus = () => singleton('jobs.stored-bytes', () => new EventEmitter())

/** Says how far an upload has come, to whoever in this process plays it meanwhile. */
export function noteStoredBytes(stored: StoredBytes): void {
  bus().emit('stored', stored)
}

/** Calls `listener` at each note; returns what takes it off again. */
export function onStoredBytes(listener: (stored: StoredBytes) => void): () => void {
  bus().on('stored', listener)
  return () => bus().off('stored', listener)
}
