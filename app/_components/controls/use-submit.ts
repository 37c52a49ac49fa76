'use client'

import { type FormEvent, useState } from 'react'
import { ApiError, errorSentence } from '../api-client'

/**
 * A form's sending: `pending` while it runs, then `error` (one sentence) and `fields` (one each) when it failed.
 * The first field with a problem gets the focus.
 */
export function useSubmit(send: (values: Record<string, string>, form: HTMLFormElement) => Promise<void>) {
  const [pending, setPending] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const [fields, setFields] = useState<Record<string, string>>({})

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    const values = Object.fromEntries(
      [...new FormData(form)].filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    )
    setPending(true)
    setError(null)
    setFields({})
    try {
      await send(values, form)
    } catch (caught) {
      const problems = caught instanceof ApiError ? caught.fields : {}
      setFields(problems)
      setError(errorSentence(caught))
      const [first] = Object.keys(problems)
      const control = first === undefined ? null : form.elements.namedItem(first)
      if (control instanceof HTMLElement) control.focus()
    } finally {
      setPending(false)
    }
  }

  return { onSubmit, pending, error, fields }
}
