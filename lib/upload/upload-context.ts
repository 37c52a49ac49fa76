import { AsyncLocalStorage } from 'node:async_hooks'
import type { Readable } from 'node:stream'
import type { UploadLimits } from '#lib/auth/upload-limits'
import type { UploadRecord } from '#lib/db/models/upload'
import type { Viewer } from '#lib/domain/permissions'
import { singleton } from '#lib/singleton'
import type { Checksum } from '#lib/upload/parse-checksum'
import type { UploadMetadata } from '#lib/upload/parse-upload-metadata'
import type { TusMethod } from '#lib/upload/require-tus-headers'

/** What a creation will make. */
export interface PlannedUpload {
  uploadId: string
  /** `whole` when left out. */
  kind?: 'whole' | 'partial' | 'replacement'
  /** Of a `partial` or a `replacement`, which make no video, its own id. */
  videoId: string
  /** Of a `replacement`: the video it is for. */
  replaces?: string
  owner: Viewer
  sizeBytes: number
  /** What the owner may have; looked up when left out. */
  limits?: UploadLimits
  metadata: UploadMetadata
  metadataHeader: string
  /** Of a file on this machine, which nobody goes on sending. */
  isImport?: boolean
}

/** What one request knows that @tus/server does not hand on to its store. */
export interface UploadContext {
  /** The body as a Node stream, read by the store itself; null when there is none. */
  body: Readable | null
  /** Aborts when another request wants the lock that this one holds. */
  interrupt: AbortController
  method: TusMethod
  viewer: Viewer | null
  /** What the viewer was told by: the Authorization header, or the cookies. */
  credentials: string
  /** What the body must amount to. */
  checksum: Checksum | null
  /** Set on POST. */
  planned: PlannedUpload | null
  /** The upload the address names, checked to be the viewer's own. */
  upload: UploadRecord | null
  /** Whether the records of `planned` have been made. */
  created: boolean
  /** What the tus server caught, since its answer keeps only a status and a text. */
  error: unknown
}

// In the registry, because the tus server of one bundle serves the requests of both.
const storage = () => singleton('upload.context', () => new AsyncLocalStorage<UploadContext>())

export function runInUploadContext<T>(context: UploadContext, work: () => Promise<T>): Promise<T> {
  return storage().run(context, work)
}

/** The context of the request being answered. @throws when called outside one, which is a bug. */
export function getUploadContext(): UploadContext {
  const context = storage().getStore()
  if (context === undefined) throw new Error('no upload request is being answered here')
  return context
}
