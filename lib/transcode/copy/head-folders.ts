import { join } from 'node:path'

/** Where the first segment of a copy lies in the folder that its planning was given. Pure. */
export function headFolders(workPath: string): { pictures: string; sounds: string } {
  return { pictures: join(workPath, 'head', 'pictures'), sounds: join(workPath, 'head', 'sounds') }
}
