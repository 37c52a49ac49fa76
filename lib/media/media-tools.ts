import { getConfig } from '#lib/config'

/** The programs that touch media, and how they are confined. Plain data, so it can cross to a worker thread. */
export interface MediaTools {
  ffmpegPath: string
  ffprobePath: string
  sandbox: 'bwrap' | 'off'
}

/** The tools as the settings name them. Workers do not call this: they are told in their input. */
export function getMediaTools(): MediaTools {
  const { ffmpegPath, ffprobePath, sandbox } = getConfig()
  return { ffmpegPath, ffprobePath, sandbox }
}
