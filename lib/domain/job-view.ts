/** A job as the admin page and the API show it. Times are ISO 8601; what is not known is null. */
export interface JobView {
  id: string
  kind: 'ingest' | 'plan' | 'transcode' | 'sound' | 'assemble' | 'pictures' | 'publish' | 'hash' | 'delete'
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
  encoder: string | null
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
}

export interface JobPage {
  items: JobView[]
  nextCursor: string | null
}
