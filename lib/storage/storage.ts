import type { StorageHealth } from '#lib/domain/storage-health'

/** Whole bytes of the filesystem the data folder is on, and what its owner should know about it. */
export interface StorageDescription {
  driver: 'btrfs' | 'directory'
  path: string
  totalBytes: number
  /** What can still be written, the disk under an image file included. */
  freeBytes: number
  /** One sentence for the admin, or null when there is nothing to do. */
  advice: string | null
}

/** A read-only picture of a video's published files at one moment. */
export interface Snapshot {
  /** `{time}-{reason}`: the folder's name under snapshots/{videoId}/. */
  name: string
  reason: string
  createdAt: Date
}

/**
 * Where videos live. Nothing above `lib/storage` asks which driver it is talking to.
 *
 * Every method may be called again after a crash in its middle and then finishes the work; what a method has
 * acknowledged survives a power cut. Ids are checked, so no path can leave the data folder. A full disk or quota
 * is always `disk_full`; a disk that is gone or may not be written is `storage_unavailable`.
 */
export interface Storage {
  /** Makes library/{videoId}/ with revisions/ and source/ in it; on Btrfs both the video and its source are subvolumes. */
  createVideo(videoId: string): Promise<void>

  /**
   * Brings a finished upload in as the video's source, moving no bytes where the filesystem allows it: a reflink on
   * Btrfs, a hard link elsewhere. When it returns the source is on disk, and the caller may unlink the upload; on a
   * filesystem without links the upload has been moved, so the caller must put up with its absence.
   * @param uploadId of a file that is to replace the source: it is then put beside it, under this name
   * @throws not_found when there is neither a source nor an upload.
   */
  adoptSource(videoId: string, uploadPath: string, uploadId?: string): Promise<void>

  /** The absolute path of the source, or of one beside it that came with this upload, whether or not it is there. */
  sourcePath(videoId: string, uploadId?: string): string

  /**
   * Puts the sources where the record says they belong: that of `current` is the source, that of `previous` (null when
   * it had none, or it was not kept) lies beside it under its name, and of the others beside it only `kept` stay.
   */
  settleSources(
    videoId: string,
    owners: { current: string; previous: string | null; kept: string[] },
  ): Promise<void>

  /** Removes the source, for good: no snapshot holds its space. */
  removeSource(videoId: string): Promise<void>

  /**
   * An empty folder for what one attempt at a unit writes, beside units/ so that adopting it is one rename.
   * Whatever the same attempt left there is removed.
   */
  createAttempt(videoId: string, attemptId: string): Promise<string>

  /** The absolute path of an attempt's folder, whether or not it exists. */
  attemptPath(videoId: string, attemptId: string): string

  /** Removes attempts' folders, all but `except`. */
  removeAttempts(videoId: string, options?: { except?: string }): Promise<void>

  /** Removes one attempt's folder. */
  removeAttempt(videoId: string, attemptId: string): Promise<void>

  /**
   * Makes the folder of a revision that is under construction, at the place it will be published from, and returns its
   * path. Files appear in it whole, one after the other. Twice is safe.
   */
  openRevision(videoId: string, revisionId: string): Promise<string>

  /**
   * Adopts what an attempt made of a unit in one rename, with every file on disk before it. When another attempt was
   * first, its output stays and this one's is removed.
   * @param key names the unit within the revision: letters, digits and hyphens.
   * @throws conflict when neither is there
   */
  adoptUnit(videoId: string, attemptId: string, unit: { revisionId: string; key: string }): Promise<void>

  /** The absolute path of an adopted unit's folder, whether or not it exists. */
  unitPath(videoId: string, revisionId: string, key: string): string

  /** Removes one adopted unit, or all of them. */
  removeUnits(videoId: string, unit?: { revisionId: string; key: string }): Promise<void>

  /** Puts a revision that is whole on disk with everything in it. Twice is safe. @throws not_found */
  sealRevision(videoId: string, revisionId: string): Promise<void>

  /** The absolute path of a revision's folder, whether or not it exists. */
  revisionPath(videoId: string, revisionId: string): string

  removeRevision(videoId: string, revisionId: string): Promise<void>

  /** Replaces a file directly in the video's folder (`video.json`, `poster.jpg`) in one step: readers see old or new. */
  writeVideoFile(videoId: string, name: string, data: string | Uint8Array): Promise<void>

  /** A file directly in the video's folder, or null when there is none. */
  readVideoFile(videoId: string, name: string): Promise<Buffer | null>

  /**
   * A read-only snapshot of the video without its source. `reason` is lower-case letters, digits and hyphens.
   * Each call makes one more; remove the attempts first, or their space is held as well.
   */
  snapshot(videoId: string, reason: string): Promise<Snapshot>

  /** Oldest first; half-made ones are not listed. */
  listSnapshots(videoId: string): Promise<Snapshot[]>

  /** The absolute path of a snapshot, whether or not it exists. @throws not_found for what is not a snapshot's name. */
  snapshotPath(videoId: string, name: string): string

  /** A file directly in a snapshot, or null when there is none. */
  readSnapshotFile(videoId: string, name: string, file: string): Promise<Buffer | null>

  /** What people call their snapshots, by name; those without a label are not in it. */
  readSnapshotLabels(videoId: string): Promise<Record<string, string>>

  /** Labels a snapshot, or takes the label away. Callers see to it that there is one call at a time for a video. */
  labelSnapshot(videoId: string, name: string, label: string | null): Promise<void>

  /** Removes a snapshot; the space that it alone holds comes back. Twice is fine. */
  deleteSnapshot(videoId: string, name: string): Promise<void>

  /**
   * Bytes that deleting this snapshot would free: what neither the video nor another snapshot shares. Reads the map of
   * every file, so it takes a while for a long video. null when the filesystem does not tell.
   */
  measureSnapshot(videoId: string, name: string): Promise<number | null>

  /**
   * Puts a snapshot in the place of the video's folder, whatever its size: the whole of it or nothing. The source stays
   * as it is. What was there is kept aside until `endRestore`, so that a crash is seen; take a snapshot before.
   * @throws not_found when there is no such snapshot.
   */
  beginRestore(videoId: string, name: string): Promise<void>

  /**
   * Brings a restore that a crash cut off to one of its ends: `old`, when it had not come to the exchange; `new`, when
   * it had, and the rest is done; `none` when there was nothing to do. After `new` comes what `beginRestore` is followed by.
   */
  settleRestore(videoId: string): Promise<'none' | 'old' | 'new'>

  /** Removes the state that a restore replaced. */
  endRestore(videoId: string): Promise<void>

  /** Videos of which a restore was cut off. */
  listUnsettledRestores(): Promise<string[]>

  /** Removes the video with its source and snapshots, also what an interrupted deletion left. */
  deleteVideo(videoId: string): Promise<void>

  /** Every video that has a folder, in no particular order. */
  listVideoIds(): Promise<string[]>

  describe(): Promise<StorageDescription>

  freeBytes(): Promise<number>

  /** Disks, copies, error counters, the last scrub; and what this kind of storage cannot tell. */
  health(): Promise<StorageHealth>

  /**
   * Starts a scrub, or goes on with a stopped one. @returns false when one is running already
   * @throws storage_unavailable in a sentence, as where there is none to be had
   */
  startScrub(): Promise<boolean>

  /** Stops a scrub. Twice is safe. @throws storage_unavailable */
  stopScrub(): Promise<void>

  /** Sets the error counters back to 0, once somebody has seen to what they counted. @throws storage_unavailable */
  resetErrorCounters(): Promise<void>
}
