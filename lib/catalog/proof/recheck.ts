import type { Damage } from '#lib/catalog/proof/damage'
import { readFiles } from '#lib/catalog/proof/read-files'
import type { FileFlaw } from '#lib/domain/proof-view'
import { getLibrary } from '#lib/jobs/library'

/** Reads damaged files once more. @returns those that still are */
export async function recheck(
  { video, found, signal }: Damage,
  flaws: readonly FileFlaw[],
): Promise<FileFlaw[]> {
  if (found === null) return [...flaws]
  const library = await getLibrary()
  const paths = new Set(flaws.map(({ path }) => path))
  const files = found.manifest.files.filter(({ path }) => paths.has(path))
  return readFiles(library.revisionPath(video._id, video.revision.id), files, signal)
}

/** `all` with those of `asked` that are healed by now taken out. Pure. */
export function keepFlaws(
  all: readonly FileFlaw[],
  asked: readonly FileFlaw[],
  left: readonly FileFlaw[],
): FileFlaw[] {
  const looked = new Set(asked.map(({ path }) => path))
  return [...all.filter(({ path }) => !looked.has(path)), ...left]
}
