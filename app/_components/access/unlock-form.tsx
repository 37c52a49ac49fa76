'use client'

import { AuthCard } from '../account/auth-card'
import styles from '../account/auth-card.module.css'
import { callApi } from '../api-client'
import { Button } from '../controls/button'
import { TextField } from '../controls/field'
import { Notice } from '../controls/notice'
import { useSubmit } from '../controls/use-submit'

/** What stands in a video's place until its password is given. */
export function UnlockForm({ videoId }: { videoId: string }) {
  const { onSubmit, pending, error, fields } = useSubmit(async ({ password }) => {
    await callApi(`/api/videos/${videoId}/access`, { method: 'POST', body: { password } })
    // A whole new page, so that everything on it is what this browser may see now.
    window.location.reload()
  })
  return (
    <AuthCard title="This video asks for a password" lead="Whoever shared it with you knows it.">
      {/* POST, so that a press of the button before scripts run does not put the password into the address bar. */}
      <form className={styles.form} onSubmit={onSubmit} method="post">
        {error && !fields.password && <Notice tone="bad">{error}</Notice>}
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="off"
          required
          autoFocus
          maxLength={200}
          error={fields.password}
        />
        <Button type="submit" tone="primary" pending={pending} icon="key">
          Watch
        </Button>
      </form>
    </AuthCard>
  )
}
