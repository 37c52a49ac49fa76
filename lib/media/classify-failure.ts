import type { ErrorCode } from '#lib/error-codes'

/** Why FFmpeg failed, as far as its words tell. */
export type FailureReason =
  | 'nvenc_session_limit'
  | 'nvenc_no_device'
  | 'nvenc_driver_old'
  | 'nvenc_decoder'
  | 'nvenc_failed'
  | 'filter_missing'
  | 'disk_full'
  | 'output_too_large'
  | 'out_of_memory'
  | 'too_many_pixels'
  | 'source_not_media'
  | 'source_truncated'
  | 'source_no_decoder'
  | 'source_corrupt'
  | 'sandbox_failed'
  | 'stalled'
  | 'deadline'
  | 'killed'
  | 'cancelled'
  | 'unknown'

// The first match wins, so the particular comes before the general.
const PATTERNS: readonly [FailureReason, RegExp][] = [
  ['killed', /Exiting normally, received signal/],
  ['sandbox_failed', /^bwrap: |prlimit: |setpriv: /m],
  [
    'nvenc_session_limit',
    /OpenEncodeSessionEx failed: (?:out of memory|incompatible client key)|No capable devices found.*session/i,
  ],
  [
    'nvenc_driver_old',
    /Driver does not support the required nvenc API version|minimum required Nvidia driver/i,
  ],
  [
    'nvenc_no_device',
    /Cannot load (?:libcuda|libnvidia-encode|nvcuda)|No capable devices found|no CUDA-capable device|Device creation failed|No device available for decoder|OpenEncodeSessionEx failed: (?:unsupported device|no encode device)|cuInit/i,
  ],
  // NVDEC, or a filter on the card, does not take this source.
  [
    'nvenc_decoder',
    /cuvid\w+\(.*\) failed|Failed setup for format cuda|No decoder surfaces left|Hardware is lacking required capabilities|(?:scale_cuda|hwdownload|cudascale).*\[(?:error|fatal)\]|Impossible to convert between the formats supported by the filter/i,
  ],
  ['nvenc_failed', /\bnvenc\b.*\[(?:error|fatal)\]|EncodePicture failed|InitializeEncoder failed/i],
  ['disk_full', /No space left on device|Disk quota exceeded/i],
  ['output_too_large', /File too large/i],
  [
    'too_many_pixels',
    /Picture size \d+x\d+ (?:is invalid|exceeds)|exceeds the? ?max_pixels|exceeds specified max pixel count/i,
  ],
  ['out_of_memory', /Cannot allocate memory|bad_alloc|malloc of size/i],
  ['filter_missing', /No such filter: |no path between colorspaces/i],
  ['source_not_media', /Format not on whitelist|Unknown input format/i],
  ['source_truncated', /moov atom not found|partial file|File ended prematurely/i],
  ['source_no_decoder', /not on whitelist|Decoder .* not found|Decoding requested, but no decoder found/i],
  ['source_corrupt', /Error while decoding|Invalid NAL unit|decode_slice_header error|non-existing PPS/i],
  [
    'source_not_media',
    /Invalid data found when processing input|Format not on whitelist|Unknown input format/i,
  ],
]

const CODES: Record<FailureReason, ErrorCode> = {
  nvenc_session_limit: 'encode_failed',
  nvenc_no_device: 'encode_failed',
  nvenc_driver_old: 'encode_failed',
  nvenc_decoder: 'encode_failed',
  nvenc_failed: 'encode_failed',
  filter_missing: 'encode_failed',
  disk_full: 'disk_full',
  output_too_large: 'source_too_complex',
  out_of_memory: 'source_too_complex',
  too_many_pixels: 'source_too_complex',
  source_not_media: 'source_not_video',
  source_truncated: 'source_truncated',
  source_no_decoder: 'source_not_video',
  source_corrupt: 'source_corrupt',
  sandbox_failed: 'tool_missing',
  stalled: 'encode_timeout',
  deadline: 'encode_timeout',
  killed: 'encode_failed',
  cancelled: 'cancelled',
  unknown: 'encode_failed',
}

/** Maps what a tool wrote to standard error to one reason. Pure; the only place that reads FFmpeg's words for this. */
export function classifyFailure(stderr: string): FailureReason {
  return PATTERNS.find(([, pattern]) => pattern.test(stderr))?.[0] ?? 'unknown'
}

/** The error code that a reason means to whoever uploaded the file. */
export function failureCode(reason: FailureReason): ErrorCode {
  return CODES[reason]
}

/** Whether libx264 may well succeed where the GPU's encoder did not. */
export function isNvencFailure(reason: FailureReason): boolean {
  return reason.startsWith('nvenc_')
}
