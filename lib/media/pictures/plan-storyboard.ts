import type { SourceVideo } from '#lib/domain/source-probe'

/** How a storyboard is laid out: all in pixels of its own sprites. */
export interface StoryboardPlan {
  tileWidth: number
  tileHeight: number
  columns: number
  rows: number
  /** The least time between two pictures. */
  intervalSeconds: number
}

/** The longer side of a tile, twice what the preview shows on an ordinary screen would be wasted on most. */
const TILE_SIDE = 160
const TILE_SIDE_MIN = 32
/** 1280 × 720 a sprite: some 100 kB, and one is on screen at a time. */
const GRID = 8
/** Seven sprites, under a megabyte, whatever the length. */
const TILES_MAX = 400
const INTERVAL_SECONDS = { usual: 2, least: 0.5 }
/** A short clip gets at least this many pictures. */
const TILES_WANTED = 10

/** Pure. `durationSeconds` null, for a file that does not say, is taken for an hour. */
export function planStoryboard(
  { width, height }: Pick<SourceVideo, 'width' | 'height'>,
  durationSeconds: number | null,
): StoryboardPlan {
  const scale = TILE_SIDE / Math.max(width, height)
  const seconds = durationSeconds ?? 3600
  const short = Math.max(INTERVAL_SECONDS.least, seconds / TILES_WANTED)
  const intervalSeconds = Math.max(Math.min(INTERVAL_SECONDS.usual, short), seconds / TILES_MAX)
  const tiles = Math.ceil(seconds / intervalSeconds)
  return {
    tileWidth: toTileSide(width * scale),
    tileHeight: toTileSide(height * scale),
    columns: GRID,
    rows: Math.min(GRID, Math.ceil((tiles + 1) / GRID)),
    intervalSeconds,
  }
}

/** Even, for 4:2:0, and never a mere line of a very long picture. */
function toTileSide(pixels: number): number {
  return Math.max(TILE_SIDE_MIN, 2 * Math.round(pixels / 2))
}
