import { soundFolder, subtitleFolder } from '#lib/domain/media-paths'
import type { SourceAudio, SourceProbe, SourceSubtitle } from '#lib/domain/source-probe'
import type { PlannedTrack, TrackLabel, TrackPlan } from '#lib/domain/tracks'

/** Subtitles that are text, by FFmpeg's names. The others are pictures, or belong to teletext, which needs a decoder Debian has not. */
const TEXT_CODECS = ['subrip', 'srt', 'ass', 'ssa', 'mov_text', 'webvtt', 'text']

/**
 * Which sounds and subtitles of a source become tracks, and what players call them. Pure: the same probe always gives the
 * same plan, so what is made of it can be made again.
 */
export function planTracks({ audio, sounds = [], subtitles = [] }: SourceProbe): TrackPlan {
  const others = sounds.filter(({ streamIndex }) => audio !== null && streamIndex !== audio.streamIndex)
  const [main = null, ...labels] = nameTracks(audio === null ? [] : [audio, ...others], 'Sound')
  const texts = subtitles.filter(({ codec }) => TEXT_CODECS.includes(codec))
  const names = nameTracks(texts, 'Subtitles')
  return {
    // Alone it needs no telling from others.
    main:
      main && main.language === null && !audio?.title && others.length === 0
        ? { ...main, name: 'Original' }
        : main,
    sounds: others.map((sound, at) => toTrack(sound, labels[at], soundFolder(at + 1))),
    subtitles: texts.map((text, at) => toTrack(text, names[at], subtitleFolder(at + 1))),
    leftOut: subtitles.filter(({ codec }) => !TEXT_CODECS.includes(codec)).map(explainLeftOut),
  }
}

function toTrack(
  { streamIndex }: { streamIndex: number },
  label: TrackLabel | undefined,
  folder: string,
): PlannedTrack {
  return { streamIndex, folder, ...(label ?? { language: null, name: folder }) }
}

type Tagged = Pick<SourceAudio, 'language' | 'title'>

/** Players list tracks by these names, so each is given once (RFC 8216 §4.3.4.1.1). */
function nameTracks(tracks: readonly Tagged[], kind: string): TrackLabel[] {
  const taken = new Set<string>()
  return tracks.map((track, at) => {
    const language = findLanguage(track.language)
    const spoken = language && nameLanguage(language)
    const title = cleanTitle(track.title)
    const told =
      spoken && title && !title.toLowerCase().includes(spoken.toLowerCase()) ? `${spoken} (${title})` : title
    const wanted = told || spoken || `${kind} ${at + 1}`
    let name = wanted
    for (let count = 2; taken.has(name); count += 1) name = `${wanted} ${count}`
    taken.add(name)
    return { language, name }
  })
}

/** ISO 639-2 as containers have it (`ger`, `deu`) as BCP 47 (`de`); null for what is no language. */
function findLanguage(tag: string | null | undefined): string | null {
  if (!tag || !/^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}$/.test(tag)) return null
  try {
    const [language] = Intl.getCanonicalLocales(tag.replaceAll('_', '-'))
    return language && !NO_LANGUAGE.includes(language) ? language : null
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

const NO_LANGUAGE = ['und', 'mis', 'zxx']

function nameLanguage(language: string): string {
  return new Intl.DisplayNames('en', { type: 'language' }).of(language) ?? language
}

const TITLE_LENGTH_MAX = 60

/** A stranger's words inside a quoted string of a playlist: without quotes and controls, and no longer than a menu is wide. */
function cleanTitle(title: string | null | undefined): string {
  return (title ?? '')
    .replace(/["\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, TITLE_LENGTH_MAX)
}

function explainLeftOut({ codec, language, streamIndex }: SourceSubtitle): string {
  const known = findLanguage(language)
  const which = known ? `The ${nameLanguage(known)} subtitles` : `The subtitles in stream ${streamIndex}`
  return `${which} are pictures, not text (${codec.slice(0, 30)}), so they were left out. Upload a file with text subtitles to have them.`
}
