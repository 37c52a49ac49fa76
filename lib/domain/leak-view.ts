/** One way of asking that was tried on videos of one visibility, through one door. */
export interface LeakRow {
  visibility: string
  attempt: string
  door: LeakDoor
  askedCount: number
  leakedCount: number
}

/** `front` is the server's own, `handler` the route handler behind it; pages and REST have one. */
export type LeakDoor = 'front' | 'handler'

/** Something that came out to somebody who may not have it. The address has no token in it. */
export interface Leak {
  videoId: string
  visibility: string
  attempt: string
  door: LeakDoor
  request: string
  status: number
  reason: string
}

export interface LeakReport {
  /** Nothing leaked, and what was asked for is really there: administrators got it. */
  passed: boolean
  askedCount: number
  tookMs: number
  /** How many of each visibility were tried: videos, their versions before that are still watched, uploads that play early. */
  videos: Record<string, number>
  rows: LeakRow[]
  /** The first hundred. */
  leaks: Leak[]
  /** What could not be tried, and why. */
  notes: string[]
}
