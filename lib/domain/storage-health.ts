/** One disk of the library's filesystem. */
export interface DeviceHealth {
  id: number
  /** Null for one that is missing. */
  path: string | null
  /** Counted by the kernel since somebody last set them back: failed writes, reads and flushes, blocks with a wrong checksum or age. */
  errors: { write: number; read: number; flush: number; corruption: number; generation: number }
}

export type ScrubState = 'never' | 'running' | 'finished' | 'stopped'

/** A reading of everything on the disks, which repairs what has another copy. */
export interface ScrubHealth {
  state: ScrubState
  /** ISO 8601, as the tool tells it. */
  startedAt: string | null
  readBytes: number
  /** Found, of which `correctedCount` were repaired. */
  errorCount: number
  correctedCount: number
  uncorrectableCount: number
}

/** What the filesystem says of itself. */
export interface StorageHealth {
  driver: 'btrfs' | 'directory'
  /** Whether damage of one disk can be repaired from another. */
  isMirrored: boolean
  isReadOnly: boolean
  /** `Data: RAID1`, `Metadata: RAID1`; more than one of a kind after writing with a disk missing. */
  profiles: { kind: string; profile: string; sizeBytes: number; usedBytes: number }[]
  /** Null where the filesystem does not tell. */
  space: {
    /** Of all disks together, mirrors counted twice. */
    rawBytes: number
    usedBytes: number
    /** What can really be written, the profile considered; between these two. */
    freeBytes: number
    freeBytesMin: number
    unallocatedBytes: number
    missingBytes: number
  } | null
  devices: DeviceHealth[]
  scrub: ScrubHealth | null
  /** What could be better, in sentences; none of it is urgent. */
  hints: string[]
  /** What this kind of disk cannot do, in sentences. */
  lacks: string[]
}

/** Something about the storage that somebody has to see to. */
export interface StorageAlert {
  kind:
    | 'device-errors'
    | 'device-missing'
    | 'read-only'
    | 'scrub-uncorrectable'
    | 'quarantined'
    | 'space-low'
    | 'unreachable'
  /** What is the matter and what to do. */
  sentence: string
}

/** Errors of a device of any kind. */
export function sumErrors({ errors }: DeviceHealth): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0)
}
