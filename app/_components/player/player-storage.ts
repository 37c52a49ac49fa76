import type { MediaStorage } from '@vidstack/react'

const SETTINGS_KEY = 'peekr-player'
const POSITIONS_KEY = 'peekr-positions'
/** Enough for a long memory, and still a few kilobytes. */
const POSITIONS_MAX = 300
/** Nobody wants to be taken back to the first seconds. */
const POSITION_SECONDS_MIN = 2

interface Settings {
  volume?: number
  muted?: boolean
  rate?: number
  captions?: boolean
  lang?: string | null
}

/** Where this browser stopped in each video, newest last. */
type Positions = Record<string, number>

/**
 * The player's memory in this browser: volume, speed and captions for all videos, and for each one the position.
 * It is keyed by the video and not by the address of its stream, which changes with every revision and token.
 */
export class PlayerStorage implements MediaStorage {
  readonly #videoId: string

  constructor(videoId: string) {
    this.#videoId = videoId
  }

  getPosition(): number | null {
    return read<Positions>(POSITIONS_KEY)[this.#videoId] ?? null
  }

  async getTime() {
    return this.getPosition()
  }

  async setTime(seconds: number, ended = false) {
    const { [this.#videoId]: _, ...others } = read<Positions>(POSITIONS_KEY)
    const kept = Object.entries(others).slice(-POSITIONS_MAX)
    if (!ended && seconds >= POSITION_SECONDS_MIN) kept.push([this.#videoId, Math.round(seconds * 10) / 10])
    write(POSITIONS_KEY, Object.fromEntries(kept))
  }

  async getVolume() {
    return read<Settings>(SETTINGS_KEY).volume ?? null
  }
  async setVolume(volume: number) {
    change({ volume })
  }
  async getMuted() {
    return read<Settings>(SETTINGS_KEY).muted ?? null
  }
  async setMuted(muted: boolean) {
    change({ muted })
  }
  async getPlaybackRate() {
    return read<Settings>(SETTINGS_KEY).rate ?? null
  }
  async setPlaybackRate(rate: number) {
    change({ rate })
  }
  async getCaptions() {
    return read<Settings>(SETTINGS_KEY).captions ?? null
  }
  async setCaptions(captions: boolean) {
    change({ captions })
  }
  async getLang() {
    return read<Settings>(SETTINGS_KEY).lang ?? null
  }
  async setLang(lang: string | null) {
    change({ lang })
  }
  /** Each visit begins with what the connection allows, so a quality chosen on a slow day does not stick. */
  async getVideoQuality() {
    return null
  }
  async getAudioGain() {
    return null
  }
}

function change(settings: Settings): void {
  write(SETTINGS_KEY, { ...read<Settings>(SETTINGS_KEY), ...settings })
}

function read<T extends object>(key: string): T {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '{}')
    return (typeof value === 'object' && value !== null ? value : {}) as T
  } catch {
    // Storage is switched off or holds something else: the player then starts with its defaults.
    return {} as T
  }
}

function write(key: string, value: object): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Full or switched off: playing matters more than remembering.
  }
}
