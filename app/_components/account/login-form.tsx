'use client'

import { Button } from '../controls/button'
import { TextField } from '../controls/field'
import { Notice } from '../controls/notice'
import { useSubmit } from '../controls/use-submit'
import styles from './auth-card.module.css'
import { parseNextPath } from './parse-next-path'
import { signIn } from './session-client'

export function LoginForm({ next }: { next: string }) {
  const { onSubmit, pending, error } = useSubmit(async ({ email = '', password = '' }) => {
    await signIn({ email, password })
    // A whole new page, so that everything on it is what this person may see.
    window.location.assign(parseNextPath(next))
  })

  return (
    // POST, so that a press of the button before scripts run does not put the password into the address bar.
    <form className={styles.form} onSubmit={onSubmit} method="post">
      {error && <Notice tone="bad">{error}</Notice>}
      <TextField
        label="E-mail"
        name="email"
        type="email"
        autoComplete="username"
        required
        autoFocus
        maxLength={254}
      />
      <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
      <Button type="submit" tone="primary" pending={pending}>
        Sign in
      </Button>
    </form>
  )
}
