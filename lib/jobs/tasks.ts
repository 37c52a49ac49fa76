import type { ContentMeasure } from '#lib/domain/content-measure'
import type { CopyDecision, CopyOutcome, CopyProgress } from '#lib/domain/copy-plan'
import type { EarlyReport, PlayableHead } from '#lib/domain/early-play'
import type { EncodePlan, PlannedUnit, RungGroup, SoundResult, UnitResult } from '#lib/domain/encode-plan'
import type { EncoderReport } from '#lib/domain/encoding'
import type { FileFlaw } from '#lib/domain/proof-view'
import type { LadderRung, SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'
import type { TracksResult } from '#lib/domain/tracks'
import type { MediaTools } from '#lib/media/media-tools'
import type { PicturesResult } from '#lib/media/pictures/write-pictures'
import type { BtrfsOptions } from '#lib/storage/btrfs/run-btrfs'
import type { FileEntry } from '#lib/storage/hash-folder'
import type { PipeResult, PipeSink, PipeSource } from '#lib/storage/twin/run-pipe'

/** Everything that runs in the pool: what each task takes and gives. All of it is plain data. */
export interface TaskMap {
  /** Reads what a source claims to be. Fails with source_not_video, source_truncated, source_empty. */
  probe: { input: { sourcePath: string; tools: MediaTools }; output: SourceProbe }
  /** Encodes a second with each encoder, in the sandbox: only a test encode tells whether one works. */
  'detect-encoders': { input: { tools: MediaTools }; output: EncoderReport }
  /** Encodes one unit of a video in an empty folder, and decodes it again. Reports progress. */
  unit: {
    input: {
      sourcePath: string
      outputPath: string
      probe: SourceProbe
      plan: EncodePlan
      unit: PlannedUnit
      group: RungGroup
      tools: MediaTools
    }
    output: UnitResult
  }
  /** Encodes the sound whole in an empty folder, and decodes it again. Reports progress. */
  sound: {
    input: {
      sourcePath: string
      outputPath: string
      probe: SourceProbe
      segmentFormat: SegmentFormat
      tools: MediaTools
    }
    output: SoundResult
  }
  /** Makes a growing rendition of a file that is still being uploaded, and ends with it. Reports after each segment. */
  early: {
    input: {
      uploadPath: string
      sizeBytes: number
      head: PlayableHead
      /** Raised by the caller: the bytes that are acknowledged. */
      stored: SharedArrayBuffer
      outputPath: string
      tools: MediaTools
    }
    /** Why it cannot be played early, in a sentence. */
    output: string | null
    report: EarlyReport
  }
  /** Makes the other sounds and the subtitles in an empty folder; what cannot be read is left out. Reports progress. */
  tracks: {
    input: {
      sourcePath: string
      outputPath: string
      probe: SourceProbe
      segmentFormat: SegmentFormat
      tools: MediaTools
    }
    output: TracksResult
  }
  /** Makes poster, storyboard and hover clip of a source in a folder; what cannot be made is left out. Reports progress. */
  pictures: {
    input: { sourcePath: string; outputPath: string; probe: SourceProbe; tools: MediaTools }
    output: PicturesResult
  }
  /**
   * Decides from a source's index, or that of its remuxed copy, whether its picture can be copied as the top rung `rung`,
   * and where it is cut. Fails only where the file cannot be read at all.
   */
  'plan-copy': {
    input: {
      sourcePath: string
      probe: SourceProbe
      rung: LadderRung
      /** A folder in which a source without an index is remuxed; what is there then belongs to the plan. */
      workPath: string
      /** Whether to leave the first segment in `workPath` too (`lib/transcode/copy/head-folders`). */
      withHead: boolean
      tools: MediaTools
    }
    output: CopyDecision
  }
  /** Encodes a few pictures of a source in an empty folder; null when that said nothing in time. */
  'measure-content': {
    input: {
      sourcePath: string
      outputPath: string
      probe: SourceProbe
      ladder: LadderRung[]
      tools: MediaTools
    }
    output: ContentMeasure | null
  }
  /**
   * Writes the copied rung, and the sound where the plan says so, into `outputPath`, the first segments first. Reports
   * after each. What is there already is kept.
   */
  'copy-rung': {
    input: {
      sourcePath: string
      outputPath: string
      probe: SourceProbe
      rung: LadderRung
      withSound: boolean
      segmentFormat: SegmentFormat
      workPath: string
      remuxedPath: string | null
      tools: MediaTools
    }
    output: CopyOutcome
    report: CopyProgress
  }
  /** Makes a clip of a few seconds to try Peekr with, at a path that does not exist yet. */
  sample: { input: { path: string; tools: MediaTools }; output: { sizeBytes: number } }
  /** Runs `btrfs` with these arguments. */
  btrfs: { input: { args: string[] } & BtrfsOptions; output: { stdout: string } }
  /** Moves bytes between files, btrfs-progs and ssh, and hashes them. Reports the bytes so far. */
  pipe: { input: { from: PipeSource; to: PipeSink }; output: PipeResult; report: { sizeBytes: number } }
  /** Reads a whole file. Reports progress. */
  'hash-file': { input: { path: string }; output: { sha256: string; sizeBytes: number } }
  /** Reads every file of a folder, for a manifest; `except` names paths to leave out. Reports progress. */
  'hash-folder': { input: { path: string; except: string[] }; output: FileEntry[] }
  /** Reads files from the disk itself, at a bounded rate, and says which are not what they must be. */
  'check-files': {
    input: { folderPath: string; files: FileEntry[]; bytesPerSecond: number }
    output: FileFlaw[]
  }
}

export type TaskName = keyof TaskMap
export type TaskInput<Name extends TaskName> = TaskMap[Name]['input']
/** What a task says before it ends; most say nothing. */
export type TaskReport<Name extends TaskName> = TaskMap[Name] extends { report: infer Report }
  ? Report
  : never
export type TaskOutput<Name extends TaskName> = TaskMap[Name]['output']

/** The worker of each task, relative to the project's root. A test checks that every file is there. */
export const TASK_FILES: Record<TaskName, string> = {
  probe: 'workers/probe.ts',
  'detect-encoders': 'workers/detect-encoders.ts',
  unit: 'workers/unit.ts',
  sound: 'workers/sound.ts',
  early: 'workers/early.ts',
  tracks: 'workers/tracks.ts',
  pictures: 'workers/pictures.ts',
  'plan-copy': 'workers/plan-copy.ts',
  'measure-content': 'workers/measure-content.ts',
  'copy-rung': 'workers/copy-rung.ts',
  sample: 'workers/sample.ts',
  btrfs: 'workers/btrfs.ts',
  pipe: 'workers/pipe.ts',
  'hash-file': 'workers/hash-file.ts',
  'hash-folder': 'workers/hash-folder.ts',
  'check-files': 'workers/check-files.ts',
}
