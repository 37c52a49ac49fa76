'use client'

import { useState } from 'react'
import { plural } from '#lib/domain/format'
import type { LeakReport, LeakRow } from '#lib/domain/leak-view'
import { callApi, errorSentence, leaveToSignIn } from '../api-client'
import { Button } from '../controls/button'
import { Notice } from '../controls/notice'
import styles from './admin-leaks.module.css'

const DOORS: Record<LeakRow['door'], string> = { front: 'server', handler: 'route handler' }

/** Has the server ask itself for videos as people who may not have them, and shows what came out. */
export function AdminLeaks() {
  const [report, setReport] = useState<LeakReport | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [pending, setPending] = useState(false)

  async function run() {
    setPending(true)
    setError(null)
    try {
      setReport(await callApi<LeakReport>('/api/admin/leaks', { method: 'POST', body: {} }))
    } catch (caught) {
      if (!leaveToSignIn(caught)) setError(errorSentence(caught))
    } finally {
      setPending(false)
    }
  }

  return (
    <div className={styles.leaks}>
      <section className={styles.panel}>
        <p>
          Takes a video of every kind and asks this server for all that belongs to it, as people who may not
          have it: strangers, the wrong account, tokens and links that are over, other spellings of the
          address, and headers that once opened doors elsewhere. Nothing is changed. It takes some seconds.
        </p>
        <p className={styles.dim}>
          A proxy in front is not on this way. Try it from the server:{' '}
          <code>bin/peekr doctor leaks --url ADDRESS</code>
        </p>
        <div>
          <Button tone="primary" icon="shield" pending={pending} onClick={run}>
            {report ? 'Run it again' : 'Run the leak test'}
          </Button>
        </div>
      </section>
      <div role="status" className={styles.result}>
        {pending && <p className={styles.dim}>Asking…</p>}
        {!pending && report && <Summary report={report} />}
      </div>
      {error && <Notice tone="bad">{error}</Notice>}
      {!pending && report && report.leaks.length > 0 && (
        <section className={styles.panel} aria-labelledby="leaked">
          <h2 id="leaked">What came out</h2>
          <ul className={styles.list}>
            {report.leaks.map((leak) => (
              <li key={`${leak.request} ${leak.attempt} ${leak.door}`}>
                <strong>
                  {leak.visibility} video {leak.videoId}: {leak.reason}
                </strong>
                <p>
                  <code>{leak.request}</code> as {leak.attempt}, {DOORS[leak.door]}, answered {leak.status}
                </p>
              </li>
            ))}
          </ul>
        </section>
      )}
      {!pending && report && report.rows.length > 0 && <Table rows={report.rows} />}
    </div>
  )
}

function Summary({ report }: { report: LeakReport }) {
  const { passed, leaks, askedCount, tookMs, videos, notes } = report
  const kinds = Object.entries(videos).map(([visibility, count]) => `${count} ${visibility}`)
  return (
    <>
      <Notice tone={passed ? 'good' : leaks.length > 0 ? 'bad' : 'warn'}>
        {leaks.length > 0
          ? `${plural(leaks.length, 'leak')} found. Make these videos private, then tell whoever looks after this server.`
          : passed
            ? 'Nothing came out.'
            : 'Nothing came out, but not everything could be tried.'}{' '}
        {askedCount > 0 &&
          `${askedCount} requests in ${(tookMs / 1000).toFixed(1)} s, for ${kinds.join(', ')}.`}
      </Notice>
      {notes.length > 0 && (
        <ul className={styles.notes}>
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  )
}

function Table({ rows }: { rows: LeakRow[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={styles.scroll} aria-label="What was tried" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Video</th>
            <th scope="col">Asked as, or with</th>
            <th scope="col">Through</th>
            <th scope="col">Requests</th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.visibility} ${row.attempt} ${row.door}`}>
              <td>{row.visibility}</td>
              <td>{row.attempt}</td>
              <td>{DOORS[row.door]}</td>
              <td>{row.askedCount}</td>
              <td className={row.leakedCount > 0 ? styles.bad : styles.good}>
                {row.leakedCount > 0 ? `${row.leakedCount} leaked` : 'Pass'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
