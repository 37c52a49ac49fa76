'use client'

import { useState } from 'react'
import { formatAge, formatBytes, plural } from '#lib/domain/format'
import { type ScrubHealth, type StorageHealth, sumErrors } from '#lib/domain/storage-health'
import type { StorageView } from '#lib/domain/storage-view'
import { callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { showToast } from '../controls/toast-store'
import styles from './admin-storage.module.css'

type Action = 'start-scrub' | 'stop-scrub' | 'reset-counters'

/** Disks and their errors, copies, what can really be written, the scrub; and what this kind of storage lacks. */
export function StorageHealthPanel({
  health,
  onChange,
}: {
  health: StorageHealth
  onChange: (storage: StorageView) => void
}) {
  const [pending, setPending] = useState<Action | null>(null)
  const { devices, profiles, space, scrub, hints, lacks } = health

  async function act(action: Action, done: string) {
    setPending(action)
    try {
      onChange(await callApi<StorageView>('/api/admin/storage', { method: 'POST', body: { action } }))
      showToast('good', done)
    } catch (caught) {
      showToast('bad', errorSentence(caught))
    } finally {
      setPending(null)
    }
  }

  return (
    <section className={styles.panel} aria-labelledby="health">
      <h2 id="health">Health</h2>
      <dl className={styles.facts}>
        {devices.map((device) => (
          <Fact key={device.id} name={`Disk ${device.id}`}>
            {device.path === null ? 'missing' : <code>{device.path}</code>}, {describeErrors(device)}
          </Fact>
        ))}
        {profiles
          .filter(({ kind }) => kind !== 'System')
          .map(({ kind, profile, usedBytes, sizeBytes }) => (
            <Fact key={`${kind} ${profile}`} name={kind}>
              {profile}, {formatBytes(usedBytes)} in {formatBytes(sizeBytes)}
            </Fact>
          ))}
        {space && (
          <Fact name="Really free">
            {space.freeBytesMin < space.freeBytes * 0.95
              ? `${formatBytes(space.freeBytesMin)} to ${formatBytes(space.freeBytes)}`
              : formatBytes(space.freeBytes)}
          </Fact>
        )}
        {scrub && <Fact name="Last scrub">{describeScrub(scrub)}</Fact>}
      </dl>
      {health.driver === 'btrfs' && (
        <div className={styles.actions}>
          {scrub?.state === 'running' ? (
            <Button
              icon="pause"
              pending={pending === 'stop-scrub'}
              onClick={() => act('stop-scrub', 'The scrub was stopped. It can go on later.')}
            >
              Stop the scrub
            </Button>
          ) : (
            <Button
              icon="shield"
              pending={pending === 'start-scrub'}
              onClick={() => act('start-scrub', 'The scrub has begun. It goes on when you leave this page.')}
            >
              {scrub?.state === 'stopped' ? 'Go on with the scrub' : 'Start a scrub'}
            </Button>
          )}
          {devices.some((device) => sumErrors(device) > 0) && (
            <Button
              tone="ghost"
              icon="check"
              pending={pending === 'reset-counters'}
              onClick={() => act('reset-counters', 'The error counters were set back.')}
            >
              Set the counters back
            </Button>
          )}
        </div>
      )}
      {[...hints, ...lacks].map((sentence) => (
        <p key={sentence} className={styles.dim}>
          {sentence}
        </p>
      ))}
    </section>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function describeErrors(device: StorageHealth['devices'][number]): string {
  if (sumErrors(device) === 0) return 'no errors'
  return Object.entries(device.errors)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind} errors`)
    .join(', ')
}

function describeScrub({
  state,
  startedAt,
  readBytes,
  errorCount,
  correctedCount,
  uncorrectableCount,
}: ScrubHealth) {
  if (state === 'never' || startedAt === null) return 'never'
  const words = { running: 'running, begun', finished: 'begun', stopped: 'stopped, begun' }[state]
  const found =
    errorCount + uncorrectableCount === 0
      ? 'no errors'
      : `${plural(errorCount, 'error')}, ${correctedCount} repaired, ${uncorrectableCount} not`
  return `${words} ${formatAge(startedAt, Date.now())}; ${formatBytes(readBytes)} read, ${found}`
}
