'use client'

import { callApi } from '../api-client'
import { Button } from '../controls/button'
import { TextField } from '../controls/field'
import { Notice } from '../controls/notice'
import { useSubmit } from '../controls/use-submit'
import styles from './auth-card.module.css'
import { NewAccountFields } from './new-account-fields'

/** Makes an account where registration is open; `withCode` makes the first administrator with the terminal's code. */
export function RegisterForm({ withCode = false }: { withCode?: boolean }) {
  const { onSubmit, pending, error, fields } = useSubmit(async ({ code, email, name, password }) => {
    const account = { email, name, password }
    // The answer signs in as well.
    if (withCode) await callApi('/api/setup', { method: 'POST', body: { code, ...account } })
    else await callApi('/api/register', { method: 'POST', body: account })
    window.location.assign('/')
  })

  return (
    <form className={styles.form} onSubmit={onSubmit} method="post">
      {error && <Notice tone="bad">{error}</Notice>}
      {withCode && (
        <TextField
          label="Setup code"
          name="code"
          autoComplete="one-time-code"
          autoCapitalize="characters"
          spellCheck={false}
          placeholder="XXXX-XXXX"
          required
          autoFocus
          maxLength={64}
          error={fields.code}
        />
      )}
      <NewAccountFields fields={fields} />
      <Button type="submit" tone="primary" pending={pending}>
        {withCode ? 'Create administrator' : 'Create account'}
      </Button>
    </form>
  )
}
