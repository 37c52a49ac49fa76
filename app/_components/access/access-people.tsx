'use client'

import { type KeyboardEvent, useId, useState } from 'react'
import type { AccessView, PersonView } from '#lib/domain/access-view'
import { ApiError, callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { TextField } from '../controls/field'
import { showToast } from '../controls/toast-store'
import styles from './access.module.css'

/**
 * The people a video is shared with. Changes count at once. It stands inside the form of the video's details, so it
 * has no form of its own: Enter in its field adds the person.
 */
export function AccessPeople({
  videoId,
  people,
  onChange,
}: {
  videoId: string
  people: PersonView[]
  onChange: (people: PersonView[]) => void
}) {
  const [who, setWho] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [pending, setPending] = useState<'add' | string | null>(null)
  const headingId = useId()
  const path = `/api/videos/${videoId}/access/people`

  async function add() {
    if (who.trim() === '' || pending !== null) return
    setPending('add')
    setError(null)
    try {
      const access = await callApi<AccessView>(path, { method: 'POST', body: { who: who.trim() } })
      onChange(access.people)
      setWho('')
    } catch (caught) {
      setError((caught instanceof ApiError && caught.fields.who) || errorSentence(caught))
    } finally {
      setPending(null)
    }
  }

  async function remove(person: PersonView) {
    setPending(person.id)
    try {
      await callApi(`${path}/${person.id}`, { method: 'DELETE' })
      onChange(people.filter(({ id }) => id !== person.id))
      showToast('good', `${person.name} can no longer watch this video.`)
    } catch (caught) {
      showToast('bad', errorSentence(caught))
    } finally {
      setPending(null)
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== 'Enter') return
    event.preventDefault() // not the form around
    void add()
  }

  return (
    <section className={styles.inset} aria-labelledby={headingId}>
      <h3 id={headingId} className={styles.heading}>
        {people.length === 0 ? 'Nobody is named yet' : `Shared with ${describeCount(people.length)}`}
      </h3>
      {people.length > 0 && (
        <ul className={styles.list}>
          {people.map((person) => (
            <li key={person.id} className={styles.item}>
              <div>
                <strong>{person.name}</strong>
                {person.label !== person.name && <p>{person.label}</p>}
              </div>
              <Button
                tone="ghost"
                icon="close"
                iconOnly
                pending={pending === person.id}
                onClick={() => remove(person)}
              >
                {`Remove ${person.name}`}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div className={styles.add}>
        <TextField
          label="Add somebody"
          value={who}
          placeholder="ana@example.org"
          maxLength={254}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          hint="Their whole e-mail address here, or their whole name. There is no list to choose from."
          error={error}
          onChange={(event) => setWho(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <Button icon="user" pending={pending === 'add'} disabled={who.trim() === ''} onClick={add}>
          Add
        </Button>
      </div>
    </section>
  )
}

function describeCount(count: number): string {
  return count === 1 ? '1 person' : `${count} people`
}
