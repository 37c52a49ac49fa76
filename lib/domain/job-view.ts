/** A job as the admin page and the API show it. Times are ISO 8601; what is not known is null. */
export interface JobView {
  id: string
  kind:
    | 'replace'
    | 'ingest'
    | 'plan'
    | 'transcode'
    | 'sound'
    | 'copy'
    | 'tracks'
    | 'assemble'
    | 'pictures'
    | 'publish'
    | 'hash'
    | 'delete'
  /** Which unit of the video, such as `3-all`; empty for jobs a video has one of. */
  unit: string
  video: { id: string; title: string }
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  attempts: number
  /** 0 to 1. */
  progress: number
  reason: { code: string; message: string } | null
  /** The last lines of what the tools said, newest last. */
  log: string[]
  /** Every attempt that has ended, oldest first. */
  history: JobAttemptView[]
  encoder: string | null
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
}

export interface JobAttemptView {
  attempt: number
  /** `lost` when its worker ended without a word, `requeued` when an administrator put the job back. */
  outcome: 'done' | 'retried' | 'failed' | 'cancelled' | 'requeued' | 'lost'
  /** Host and process of the worker. */
  holder: string | null
  startedAt: string | null
  endedAt: string | null
  message: string | null
  /** Why FFmpeg failed, in one word of a fixed list. */
  reason: string | null
  log: string[]
}

export interface JobPage {
  items: JobView[]
  nextCursor: string | null
}
