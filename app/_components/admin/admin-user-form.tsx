'use client'

import { ROLES } from '#lib/domain/permissions'
import { NewAccountFields } from '../account/new-account-fields'
import { ROLE_WORDS } from '../account/role-words'
import { callApi } from '../api-client'
import { Button } from '../controls/button'
import { SelectField } from '../controls/field'
import { Notice } from '../controls/notice'
import { showToast } from '../controls/toast-store'
import { useSubmit } from '../controls/use-submit'
import styles from './admin-users.module.css'

/** Makes an account for somebody, who gets the password from the administrator and can change it. */
export function AdminUserForm({ onCreated }: { onCreated: () => void }) {
  const { onSubmit, pending, error, fields } = useSubmit(async ({ email, name, password, role }) => {
    await callApi('/api/admin/users', { method: 'POST', body: { email, name, password, role } })
    showToast('good', `${name} can sign in now. Tell them the password.`)
    onCreated()
  })

  return (
    <form className={styles.form} onSubmit={onSubmit} method="post" autoComplete="off">
      {error && <Notice tone="bad">{error}</Notice>}
      <NewAccountFields fields={fields} />
      <SelectField label="Role" name="role" defaultValue="uploader" error={fields.role}>
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {ROLE_WORDS[role]}
          </option>
        ))}
      </SelectField>
      <Button type="submit" tone="primary" pending={pending}>
        Create user
      </Button>
    </form>
  )
}
