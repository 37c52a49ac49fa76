'use client'

import { useRouter } from 'next/navigation'
import { callApi } from '../api-client'
import { Button } from '../controls/button'
import { TextField } from '../controls/field'
import { Notice } from '../controls/notice'
import { showToast } from '../controls/toast-store'
import { useSubmit } from '../controls/use-submit'
import styles from './account.module.css'
import { PASSWORD_LENGTH_MIN } from './new-account-fields'

/** Name and password, each saved on its own. */
export function AccountProfile({ name, email }: { name: string; email: string }) {
  const router = useRouter()
  const profile = useSubmit(async (values) => {
    await callApi('/api/me', { method: 'PATCH', body: { name: values.name } })
    showToast('good', 'Name saved.')
    router.refresh()
  })
  const password = useSubmit(async ({ current, next }, form) => {
    await callApi('/api/me', { method: 'PATCH', body: { password: { current, next } } })
    form.reset()
    showToast('good', 'Password changed. All other sessions of this account have ended.')
  })

  return (
    <>
      <section className={styles.panel} aria-labelledby="profile">
        <h2 id="profile">Profile</h2>
        <form className={styles.form} onSubmit={profile.onSubmit}>
          {profile.error && <Notice tone="bad">{profile.error}</Notice>}
          <TextField
            label="Name"
            name="name"
            defaultValue={name}
            hint="Shown with your videos."
            autoComplete="name"
            required
            maxLength={100}
            error={profile.fields.name}
          />
          <Button type="submit" tone="primary" pending={profile.pending}>
            Save name
          </Button>
        </form>
      </section>
      <section className={styles.panel} aria-labelledby="password">
        <h2 id="password">Password</h2>
        <form className={styles.form} onSubmit={password.onSubmit} method="post">
          {password.error && <Notice tone="bad">{password.error}</Notice>}
          <input type="email" name="username" autoComplete="username" value={email} readOnly hidden />
          <TextField
            label="Current password"
            name="current"
            type="password"
            autoComplete="current-password"
            required
            error={password.fields['password.current']}
          />
          <TextField
            label="New password"
            name="next"
            type="password"
            autoComplete="new-password"
            required
            minLength={PASSWORD_LENGTH_MIN}
            maxLength={200}
            hint={`At least ${PASSWORD_LENGTH_MIN} characters. Everyone else signed in as you is signed out.`}
            error={password.fields['password.next']}
          />
          <Button type="submit" tone="primary" pending={password.pending}>
            Change password
          </Button>
        </form>
      </section>
    </>
  )
}
