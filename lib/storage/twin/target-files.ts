import type { PipeSource } from '#lib/storage/twin/run-pipe'

/** The files of a backup's target, here or on another machine. Paths are relative to it and use `/`. */
export interface TargetFiles {
  /** What to call it in sentences: a folder, or `ssh://…`. */
  where: string
  /** Its absolute path when it is on this machine. */
  localPath: string | null
  /** A small file; null when there is none. */
  readText(path: string): Promise<string | null>
  /** Whole or not at all, readable by its owner only. */
  writeText(path: string, text: string): Promise<void>
  /** Names in a folder, in no order; none when there is no folder. */
  list(path: string): Promise<string[]>
  /** What is in videos/*: `{videoId}/{name}`. */
  listStateFiles(): Promise<string[]>
  /** The lines of every state's mark. */
  readStateMarks(): Promise<string[]>
  /** A file, or a folder with all in it. What is missing is fine. */
  remove(path: string): Promise<void>
  /** Stores a file whole or not at all, with its bytes on the other side compared with those that left here. */
  put(
    from: PipeSource,
    path: string,
    onBytes?: (sizeBytes: number) => void,
  ): Promise<{ sizeBytes: number; sha256: string }>
  /** To read a file with `runPipe`. */
  open(path: string): PipeSource
  /** null when there is no such file. */
  hash(path: string): Promise<string | null>
  /** Lets go of the other machine. Twice is safe. */
  close(): Promise<void>
}
