import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runFfmpeg } from './make-clip.ts'

/** What a cue of the second language says; its markup and its arrow are a stranger's. */
export const HOSTILE_CUE = '<script>alert(1)</script> Grüße & <i>schräg</i> --> hier'

/**
 * A clip with two sounds (English at 440 Hz, German at 880 Hz) and two text subtitles, as the container's own kind; Matroska
 * also gets subtitles that are pictures. Returns its path.
 */
export async function makeTracksClip(options: {
  folder: string
  name: string
  seconds: number
  /** How the picture is encoded. */
  video?: string[]
}): Promise<string> {
  const { folder, name, seconds, video = ['-c:v', 'mpeg4'] } = options
  const path = join(folder, name)
  const isMatroska = name.endsWith('.mkv')
  const [english, german, pictures] = ['en.srt', 'de.srt', 'p.sup'].map((file) =>
    join(folder, `${name}.${file}`),
  )
  if (!english || !german || !pictures) throw new Error('unreachable')
  await writeFile(english, buildSrt(['Good morning', 'Second line', 'Good night']))
  await writeFile(german, buildSrt(['Guten Morgen', HOSTILE_CUE, 'Gute Nacht']))
  await writeFile(pictures, buildPictures())
  const sine = (frequency: number) => ['-f', 'lavfi', '-i', `sine=frequency=${frequency}:duration=${seconds}`]
  await runFfmpeg([
    ...['-f', 'lavfi', '-i', `testsrc2=size=320x240:rate=30:duration=${seconds}`, ...sine(440), ...sine(880)],
    ...['-i', english, '-i', german, ...(isMatroska ? ['-i', pictures] : [])],
    ...[
      '-map',
      '0:v',
      '-map',
      '1:a',
      '-map',
      '2:a',
      '-map',
      '3:s',
      '-map',
      '4:s',
      ...(isMatroska ? ['-map', '5:s'] : []),
    ],
    ...video,
    ...['-c:a', 'aac', '-c:s:0', isMatroska ? 'srt' : 'mov_text', '-c:s:1', isMatroska ? 'ass' : 'mov_text'],
    ...(isMatroska ? ['-c:s:2', 'copy', '-metadata:s:s:2', 'language=fre'] : []),
    ...[
      '-metadata:s:a:0',
      'language=eng',
      '-metadata:s:a:1',
      'language=ger',
      '-metadata:s:a:1',
      'title=Dub "II"',
    ],
    ...['-metadata:s:s:0', 'language=eng', '-metadata:s:s:1', 'language=ger'],
    ...['-t', String(seconds), '-y', path],
  ])
  return path
}

/** One cue a second and a half, the first at once. */
function buildSrt(lines: string[]): string {
  const time = (seconds: number) => `00:00:0${Math.floor(seconds)},${seconds % 1 === 0 ? '000' : '500'}`
  return lines
    .map((line, at) => `${at + 1}\n${time(at * 1.5)} --> ${time(at * 1.5 + 1)}\n${line}\n`)
    .join('\n')
}

/** Blu-ray's picture subtitles with nothing in them: "PG", two times, a kind of segment (its end), no bytes. */
function buildPictures(): Buffer {
  const segment = Buffer.alloc(13)
  segment.write('PG', 0, 'latin1')
  segment.writeUInt32BE(90_000, 2)
  segment[10] = 0x80
  return Buffer.concat([segment, segment])
}
