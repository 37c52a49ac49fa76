import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { EncodeResult, VerifyResult } from '#lib/domain/encoding'
import type { SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'
import { isPeekrError } from '#lib/errors'
import { admitSource } from '#lib/ingest/admit-source'
import type { MediaTools } from '#lib/media/media-tools'
import { probeSource } from '#lib/media/probe-source'
import { verifyRevision } from '#lib/publish/verify-revision'
import { runEncode } from '#lib/transcode/run-encode'

export const TOOLS: MediaTools = {
  ffmpegPath: '/usr/bin/ffmpeg',
  ffprobePath: '/usr/bin/ffprobe',
  sandbox: 'bwrap',
}

export interface Judged {
  probe: SourceProbe
  encoded: EncodeResult
  verified: VerifyResult
  outputPath: string
}

/** Takes a source through probe, admission, encode and verification, as the pipeline does. */
export async function judgeSource(
  sourcePath: string,
  { outputPath, segmentFormat = 'fmp4' }: { outputPath: string; segmentFormat?: SegmentFormat },
): Promise<Judged> {
  const probe = await probeSource(sourcePath, TOOLS)
  admitSource(probe, (await stat(sourcePath)).size)
  await mkdir(outputPath)
  const encoder = { name: 'libx264', sentence: 'Encoded with libx264.' } as const
  const encoded = await runEncode({ sourcePath, outputPath, segmentFormat, encoder, probe, tools: TOOLS })
  const verified = await verifyRevision({ outputPath, probe, encoded, tools: TOOLS })
  return { probe, encoded, verified, outputPath }
}

/** The same, as one word: `ready` or the code of the refusal. Anything that is no PeekrError is thrown on. */
export async function findVerdict(sourcePath: string, outputPath: string): Promise<string> {
  try {
    await judgeSource(sourcePath, { outputPath })
    return 'ready'
  } catch (error) {
    if (isPeekrError(error)) return error.code
    throw error
  }
}

/** Command lines of running processes that mention this text. */
export async function findProcesses(text: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
  const lines = await Promise.all(
    ids.map((id) => readFile(join('/proc', id, 'cmdline'), 'latin1').catch(() => '')),
  )
  return lines.filter((line) => line.includes(text)).map((line) => line.replaceAll('\0', ' '))
}
