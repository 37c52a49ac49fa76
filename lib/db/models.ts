import type { Model } from 'mongoose'
import { ApiTokenModel } from '#lib/db/models/api-token'
import { BuildModel } from '#lib/db/models/build'
import { ImportedFileModel } from '#lib/db/models/imported-file'
import { JobModel } from '#lib/db/models/job'
import { LoginAttemptModel } from '#lib/db/models/login-attempt'
import { ProofModel } from '#lib/db/models/proof'
import { SettingModel } from '#lib/db/models/setting'
import { ShareLinkModel } from '#lib/db/models/share-link'
import { StorageEventModel } from '#lib/db/models/storage-event'
import { StorageStateModel } from '#lib/db/models/storage-state'
import { UploadModel } from '#lib/db/models/upload'
import { UploadLedgerModel } from '#lib/db/models/upload-ledger'
import { UserModel } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import { VideoLockModel } from '#lib/db/models/video-lock'

/** Every model, so that the indexes of all are made at the start, whichever part of Peekr runs first. */
export const MODELS = [
  ApiTokenModel,
  BuildModel,
  ImportedFileModel,
  JobModel,
  LoginAttemptModel,
  ProofModel,
  SettingModel,
  ShareLinkModel,
  StorageEventModel,
  StorageStateModel,
  UploadModel,
  UploadLedgerModel,
  UserModel,
  VideoModel,
  VideoLockModel,
] as unknown as readonly Model<unknown>[]
