/**
 * The closed list of what can go wrong, and the one table that says what each means to a client.
 * `message` is the sentence shown when the thrower gives none; internals belong in `cause` and go to the log only.
 */
export const ERROR_CODES = {
  bad_request: {
    status: 400,
    retryable: false,
    message: 'The request is not valid. Check it and try again.',
  },
  invalid_input: {
    status: 400,
    retryable: false,
    message: 'Some fields are not valid. Correct them and try again.',
  },
  sign_in_required: { status: 401, retryable: false, message: 'Sign in to do this.' },
  wrong_credentials: {
    status: 401,
    retryable: false,
    message: 'The e-mail address or the password is wrong.',
  },
  forbidden: {
    status: 403,
    retryable: false,
    message: 'Your account may not do this. Ask an administrator.',
  },
  cross_site: {
    status: 403,
    retryable: false,
    message: 'This request came from another site and was refused.',
  },
  not_found: { status: 404, retryable: false, message: 'There is nothing at this address.' },
  method_not_allowed: {
    status: 405,
    retryable: false,
    message: 'This address does not support that method.',
  },
  conflict: {
    status: 409,
    retryable: false,
    message: 'Somebody changed this in the meantime. Reload and try again.',
  },
  email_taken: {
    status: 409,
    retryable: false,
    message: 'There is already an account with this e-mail address.',
  },
  setup_done: { status: 409, retryable: false, message: 'Peekr is set up already. Sign in instead.' },
  quarantined: {
    status: 409,
    retryable: false,
    message:
      'Some files of this video were found damaged, so it is not played. Its owner can restore an earlier version on its history page.',
  },
  upload_offset: {
    status: 409,
    retryable: true,
    message:
      'The server holds a different number of bytes of this file. Ask it how many, then resume from there.',
  },
  upload_stalled: {
    status: 408,
    retryable: true,
    message:
      'No data came for a while, so the connection was closed. What arrived is kept; resume the upload.',
  },
  upload_expired: {
    status: 410,
    retryable: false,
    message: 'This upload was not resumed in time and was given up. Upload the file again.',
  },
  tus_version: {
    status: 412,
    retryable: false,
    message: 'This server speaks version 1.0.0 of the tus protocol. Send `Tus-Resumable: 1.0.0`.',
  },
  too_large: { status: 413, retryable: false, message: 'This file is larger than this server accepts.' },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    message: 'Send this request as application/json.',
  },
  range_not_satisfiable: {
    status: 416,
    retryable: false,
    message: 'The requested range lies outside the file.',
  },
  locked: {
    status: 423,
    retryable: true,
    message: 'This upload is being written by another request. Try again in a moment.',
  },
  too_many_attempts: {
    status: 429,
    retryable: true,
    message: 'Too many attempts. Wait a few minutes and try again.',
  },
  checksum_mismatch: {
    status: 460,
    retryable: true,
    message: 'These bytes are not those the checksum was made of. Nothing of them was kept; send them again.',
  },
  internal: {
    status: 500,
    retryable: true,
    message: 'Something went wrong on the server. Try again; the log has the details.',
  },
  database_away: {
    status: 503,
    retryable: true,
    message: 'The database does not answer. Try again in a moment.',
  },
  starting: { status: 503, retryable: true, message: 'Peekr is starting. Try again in a moment.' },
  too_many_readers: {
    status: 503,
    retryable: true,
    message: 'As many people are watching as this server can serve. Try again in a moment.',
  },
  disk_full: {
    status: 507,
    retryable: true,
    message: 'The disk is full. Free some space, then resume the upload.',
  },
  quota_exceeded: {
    status: 507,
    retryable: false,
    message: 'Your storage quota is used up. Delete videos or ask for more.',
  },
  // What can be wrong with a source; `failed` videos carry these.
  source_not_video: {
    status: 422,
    retryable: false,
    message: 'This file is not a video Peekr can read. Upload a video file such as MP4, MKV, MOV or WebM.',
  },
  source_empty: {
    status: 422,
    retryable: false,
    message: 'This file is empty. Choose the original file and upload it again.',
  },
  source_truncated: {
    status: 422,
    retryable: false,
    message:
      'The end of this file is missing. Copy it again from where it came from and upload it once more.',
  },
  source_corrupt: {
    status: 422,
    retryable: false,
    message: 'Too much of this file is damaged to make a video of it. Try another copy of the file.',
  },
  source_too_complex: {
    status: 422,
    retryable: false,
    message:
      'This file has more streams, pixels or length than this server accepts. Export it again with ordinary settings.',
  },
  source_audio_only: {
    status: 422,
    retryable: false,
    message: 'This file has sound but no picture. Peekr plays videos; upload a file with a video track.',
  },
  encode_failed: {
    status: 422,
    retryable: true,
    message: 'Making the playable version failed. Retry it; the job log has the reason.',
  },
  encode_timeout: {
    status: 422,
    retryable: true,
    message:
      'Making the playable version took too long and was stopped. Retry it when the server is less busy.',
  },
  output_invalid: {
    status: 422,
    retryable: true,
    message: 'The encoded video did not match its source, so it was not published. Retry it.',
  },
  worker_lost: {
    status: 422,
    retryable: true,
    message: 'The worker stopped too often while handling this video. Retry it.',
  },
  cancelled: { status: 409, retryable: true, message: 'This was stopped before its end. Retry it to go on.' },
  storage_unavailable: {
    status: 503,
    retryable: true,
    message: 'The video storage cannot be reached. Check that its disk is mounted.',
  },
  tool_missing: {
    status: 503,
    retryable: false,
    message: 'A program Peekr needs is not installed. Run `peekr doctor` on the server.',
  },
  config_invalid: {
    status: 500,
    retryable: false,
    message: 'The settings are not valid. Correct them and start again.',
  },
} as const satisfies Record<string, { status: number; retryable: boolean; message: string }>

export type ErrorCode = keyof typeof ERROR_CODES
