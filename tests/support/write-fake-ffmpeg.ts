import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What FFmpeg 5.1 said on machines whose card did not do it, by kind of trouble. `sessions` is 2: a third encode at a
 * time is refused, as by drivers for consumer cards; `decoder` encodes but does not decode.
 */
export const NVENC_TROUBLES = {
  'no-library': ['[h264_nvenc @ 0x55d0] [error] Cannot load libcuda.so.1'],
  'no-device': [
    '[AVHWDeviceContext @ 0x55d0] [error] cu->cuInit(0) failed -> CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected',
    '[error] Device creation failed: -542398533.',
    '[h264_nvenc @ 0x55d0] [error] No capable devices found',
  ],
  'data-centre': [
    '[h264_nvenc @ 0x55d0] [error] OpenEncodeSessionEx failed: unsupported device (2): (no details)',
    '[h264_nvenc @ 0x55d0] [error] No capable devices found',
  ],
  'old-driver': [
    '[h264_nvenc @ 0x55d0] [error] Driver does not support the required nvenc API version. Required: 11.1 Found: 10.0',
    '[h264_nvenc @ 0x55d0] [error] The minimum required Nvidia driver for nvenc is 470.57.02 or newer',
  ],
  sessions: [
    '[h264_nvenc @ 0x55d0] [error] OpenEncodeSessionEx failed: out of memory (10): (no details)',
    '[h264_nvenc @ 0x55d0] [error] No capable devices found',
  ],
  decoder: [
    '[h264 @ 0x55d0] [error] decoder->cvdl->cuvidCreateDecoder(&decoder->decoder, params) failed -> CUDA_ERROR_NOT_SUPPORTED: operation not supported',
    '[h264 @ 0x55d0] [error] Failed setup for format cuda: hwaccel initialisation returned error.',
  ],
  none: [],
} as const satisfies Record<string, readonly string[]>

export type NvencTrouble = keyof typeof NVENC_TROUBLES

const CLOSING =
  '[error] Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0 - maybe incorrect parameters such as bit_rate, rate, width or height'

/** When the stand-in's card fails. `file` may be made and removed while it is in use: the card fails while it is there. */
const CONDITIONS: Record<NvencTrouble, string> = {
  'no-library': '[ $encodes -gt 0 ]',
  'no-device': '[ $encodes -gt 0 ]',
  'data-centre': '[ $encodes -gt 0 ]',
  'old-driver': '[ $encodes -gt 0 ]',
  sessions: '[ $encodes -gt 2 ]',
  decoder: '[ $decodes -gt 0 ]',
  none: 'false',
}

/**
 * Writes a program that stands in for FFmpeg on a machine with an NVIDIA card. It fails with the real words, and where it
 * does not it gives what is asked of the card to the CPU: libx264 for NVENC, scale for scale_cuda. A shell script, since
 * the sandbox holds little else. Twelve encodes at a time are fine with `none`.
 * @param options.onlyUnits lets the start-up test pass: only commands that write HLS fail.
 * @returns its path, for PEEKR_FFMPEG
 */
export async function writeFakeFfmpeg(
  folder: string,
  trouble: NvencTrouble,
  options: { onlyUnits?: boolean } = {},
): Promise<string> {
  const path = join(folder, `ffmpeg-${trouble}${options.onlyUnits ? '-later' : ''}`)
  const words = [...NVENC_TROUBLES[trouble], CLOSING].map((line) => `  echo '${line}' >&2`).join('\n')
  const when = `${CONDITIONS[trouble]}${options.onlyUnits ? ' && [ $hls -gt 0 ]' : ''}`
  await writeFile(
    path,
    `#!/bin/sh
encodes=0 decodes=0 hls=0 nvenc=0 skip=0
for arg do
  case "$arg" in
    h264_nvenc) encodes=$((encodes + 1));;
    -hwaccel) decodes=1;;
    hls) hls=1;;
  esac
done
if ${when}; then
${words}
  exit 1
fi
count=$#
while [ $count -gt 0 ]; do
  arg=$1
  shift
  count=$((count - 1))
  if [ $skip -gt 0 ]; then skip=0; continue; fi
  case "$arg" in
    -c:v) nvenc=0;;
    h264_nvenc) arg=libx264; nvenc=1;;
    -hwaccel|-hwaccel_output_format|-extra_hw_frames) skip=1; continue;;
    -preset) if [ $nvenc -gt 0 ]; then set -- "$@" -preset ultrafast; skip=1; continue; fi;;
    -tune|-rc|-cq|-no-scenecut|-strict_gop) if [ $nvenc -gt 0 ]; then skip=1; continue; fi;;
    -b:v) if [ $nvenc -gt 0 ]; then skip=1; continue; fi;;
    *scale_cuda*|*hwdownload*)
      arg=$(printf %s "$arg" | sed -e 's/scale_cuda=w=/scale=w=/g' -e 's/:interp_algo=bicubic/:flags=bicubic/g' -e 's/hwdownload,format=nv12/format=nv12/g');;
  esac
  set -- "$@" "$arg"
done
exec /usr/bin/ffmpeg "$@"
`,
  )
  await chmod(path, 0o755)
  return path
}
