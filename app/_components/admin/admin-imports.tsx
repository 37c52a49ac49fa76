'use client'

import Link from 'next/link'
import { formatBytes } from '#lib/domain/format'
import type { ImportFolderView } from '#lib/domain/import-view'
import { LoadState } from '../controls/load-state'
import { useResource } from '../controls/use-resource'
import styles from './admin-storage.module.css'

const STATES: Record<ImportFolderView['items'][number]['state'], string> = {
  seen: 'Waiting until it stands still',
  importing: 'Being taken in',
  imported: 'Taken in',
  failed: 'Not taken in',
}

/** The folder on the server whose videos are taken in by themselves, and what became of each file. */
export function AdminImports() {
  const { data, error, reload } = useResource<ImportFolderView>('/api/admin/imports', { everyMs: 15_000 })
  return (
    <section className={styles.panel} aria-labelledby="imports">
      <h2 id="imports">Import folder</h2>
      <LoadState data={data} error={error} onRetry={reload} label="Loading the import folder" />
      {data?.folder === null && (
        <p>
          None is set. Start Peekr with <code>PEEKR_IMPORT</code> set to a folder, and what is put there is
          taken in.
        </p>
      )}
      {data && data.folder !== null && (
        <p>
          <code>{data.folder}</code>
          {data.items.length === 0 && ': nothing has been found in it so far.'}
        </p>
      )}
      {data && data.items.length > 0 && (
        <ul className={styles.imports}>
          {data.items.map(({ path, sizeBytes, state, videoId, message }) => (
            <li key={path} data-state={state}>
              <span className={styles.importPath}>
                {videoId === null ? (
                  nameWithin(data.folder, path)
                ) : (
                  <Link href={`/watch/${videoId}`}>{nameWithin(data.folder, path)}</Link>
                )}
              </span>
              <span>
                {STATES[state]} · {formatBytes(sizeBytes)}
              </span>
              {message !== null && <span className={styles.importProblem}>{message}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function nameWithin(folder: string | null, path: string): string {
  return folder !== null && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path
}
