import { mkdirSync } from 'node:fs'
import { type Lock, Server } from '@tus/server'
import { getConfig } from '#lib/config'
import { singleton } from '#lib/singleton'
import { finishUploadOrLeave } from '#lib/upload/finish-upload'
import type { HeldUpload } from '#lib/upload/held-upload'
import { getUploadContext, type UploadContext } from '#lib/upload/upload-context'
import { uploadsPath } from '#lib/upload/upload-files'
import { getUploadLeases } from '#lib/upload/upload-leases'
import { getUploadLocker } from '#lib/upload/upload-locker'
import { UploadStore } from '#lib/upload/upload-store'

export const UPLOADS_ROUTE = '/api/uploads'

/** The one tus server of this process. Both doors ask it through `answerUpload`, never directly. */
export function getTusServer(): Server {
  return singleton('upload.tus', createTusServer)
}

function createTusServer(): Server {
  // FileStore makes the folder itself, later, and a failure there ends the process.
  mkdirSync(uploadsPath(), { recursive: true, mode: 0o700 })
  return new Server({
    path: UPLOADS_ROUTE,
    datastore: new UploadStore(uploadsPath()),
    relativeLocation: true, // right behind any proxy
    allowedOrigins: [], // no other site may use a person's session here
    exposedHeaders: ['Peekr-Video-Id', 'Upload-Expires'],
    maxSize: () => getConfig().uploadSizeBytesMax,
    namingFunction: () => getUploadContext().planned?.uploadId ?? '',
    locker: { newLock: createLock },
    onUploadFinish: async (_request, upload) => {
      const { planned, upload: known } = getUploadContext()
      if ((planned ?? known)?.kind !== 'partial') await finishUploadOrLeave(upload.id)
      return {}
    },
    onResponseError: (_request, error) => {
      getUploadContext().error = error
      return undefined
    },
  })
}

/** One writer for an upload: among the requests of this process by its locker, among processes by the lease. */
function createLock(uploadId: string): Lock {
  let release = () => {}
  const context = getUploadContext()
  const interrupt = () => context.interrupt.abort()
  return {
    // Their own way of letting go gives a stalled holder three more seconds; ours stops reading at once.
    lock: async () => {
      release = await getUploadLocker().lock(uploadId, interrupt)
      // What is being created is held as soon as it is there.
      if (context.planned !== null) return
      try {
        const held = await getUploadLeases().hold(uploadId)
        if (held !== null) admit(held, context, interrupt)
      } catch (error) {
        release()
        throw error
      }
    },
    unlock: async () => {
      const held = getUploadLeases().find(uploadId)
      if (held !== null) {
        held.interrupt = null
        held.usedAtMs = performance.now()
      }
      release()
    },
  }
}

function admit(held: HeldUpload, context: UploadContext, interrupt: () => void): void {
  const { viewer, upload: record, credentials } = context
  held.interrupt = interrupt
  held.usedAtMs = performance.now()
  if (viewer === null || record === null || held.admitted?.record === record) return
  held.admitted = { credentials, viewer, record, atMs: performance.now() }
}
