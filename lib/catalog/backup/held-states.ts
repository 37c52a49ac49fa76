import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { twinTools } from '#lib/catalog/backup/twin-tools'
import { isId } from '#lib/domain/id'
import { TWIN_FOLDER } from '#lib/domain/media-paths'
import { readNames } from '#lib/storage/folder-names'
import { releaseStates } from '#lib/storage/twin/hold-state'
import type { Target } from '#lib/storage/twin/open-target'
import { writeFileWhole } from '#lib/storage/write-file-whole'

/** A target that got no backup for so long is given up: what is held for it takes space once it is removed from the library. */
const FORGET_MS = 60 * 86_400_000

const HeldFor = z.object({
  where: z.string(),
  backedUpAt: z.iso.datetime(),
  states: z.array(z.object({ videoId: z.string(), name: z.string() })),
})

/** Writes down what a target has, which is held until it has something newer. */
export async function noteHeld(
  dataPath: string,
  target: Target,
  states: readonly { videoId: string; name: string }[],
): Promise<void> {
  const held = {
    where: target.files.where,
    backedUpAt: new Date().toISOString(),
    states: states.map(({ videoId, name }) => ({ videoId, name })),
  }
  await writeFileWhole(join(dataPath, TWIN_FOLDER, `${target.id}.json`), `${JSON.stringify(held)}\n`)
}

/** Lets go of every held state that no target's next backup could begin from. */
export async function releaseUnneeded(dataPath: string): Promise<void> {
  const folder = join(dataPath, TWIN_FOLDER)
  const kept = new Map<string, Set<string>>()
  for (const file of (await readNames(folder)).filter(
    (name) => isId(name.replace(/\.json$/, '')) && name.endsWith('.json'),
  )) {
    const parsed = HeldFor.safeParse(readJson(await readFile(join(folder, file), 'utf8')))
    if (!parsed.success || Date.now() - Date.parse(parsed.data.backedUpAt) > FORGET_MS) {
      await rm(join(folder, file), { force: true })
      continue
    }
    for (const { videoId, name } of parsed.data.states) {
      kept.set(videoId, (kept.get(videoId) ?? new Set()).add(name))
    }
  }
  for (const videoId of (await readNames(folder)).filter(isId)) {
    await releaseStates({
      dataPath,
      videoId,
      kept: kept.get(videoId) ?? new Set(),
      runBtrfs: twinTools.runBtrfs,
    })
  }
}

/** null for what is damaged: then everything is sent once more. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
