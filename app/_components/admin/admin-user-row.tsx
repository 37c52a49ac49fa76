'use client'

import { useState } from 'react'
import { formatBytes, plural } from '#lib/domain/format'
import { ROLES, type Role } from '#lib/domain/permissions'
import { ROLE_WORDS } from '../account/role-words'
import { callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { showToast } from '../controls/toast-store'
import { AdminUserLimits } from './admin-user-limits'
import styles from './admin-users.module.css'
import type { RoleLimits } from './upload-limit-fields'

export interface AdminUser {
  id: string
  email: string
  name: string
  role: Role
  disabledAt: string | null
  createdAt: string
  videoCount: number
  usedBytes: number
  /** Its own; empty where its role's hold. */
  uploadLimits: RoleLimits
}

/** One account, with its role to choose and a switch to close it. Nobody can lock themselves out here. */
export function AdminUserRow({
  user,
  isSelf,
  onChange,
}: {
  user: AdminUser
  isSelf: boolean
  onChange: (user: AdminUser) => void
}) {
  const [pending, setPending] = useState(false)
  const [limiting, setLimiting] = useState(false)

  async function change(patch: { role?: Role; disabled?: boolean }) {
    setPending(true)
    try {
      onChange(await callApi<AdminUser>(`/api/admin/users/${user.id}`, { method: 'PATCH', body: patch }))
      showToast('good', `${user.name} was changed. Their sessions have ended.`)
    } catch (error) {
      showToast('bad', errorSentence(error))
    } finally {
      setPending(false)
    }
  }

  return (
    <li className={`${styles.row} ${user.disabledAt ? styles.closed : ''}`} aria-label={user.name}>
      <div className={styles.who}>
        <strong>{user.name}</strong>
        {isSelf && ' (you)'}
        <p>
          {user.email} · {plural(user.videoCount, 'video')} · {formatBytes(user.usedBytes)}
          {user.disabledAt && ' · disabled'}
          {isSelf && ' · only another administrator can change your role'}
        </p>
      </div>
      <select
        className={styles.role}
        aria-label={`Role of ${user.name}`}
        value={user.role}
        disabled={pending || isSelf}
        onChange={(event) => change({ role: event.target.value as Role })}
      >
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {ROLE_WORDS[role]}
          </option>
        ))}
      </select>
      <Button
        disabled={user.role === 'viewer'}
        onClick={() => setLimiting(true)}
        aria-label={`Limits of ${user.name}`}
      >
        Limits
      </Button>
      {limiting && <AdminUserLimits user={user} onChange={onChange} onClose={() => setLimiting(false)} />}
      <Button
        tone={user.disabledAt ? 'secondary' : 'danger'}
        pending={pending}
        disabled={isSelf}
        onClick={() => change({ disabled: user.disabledAt === null })}
        aria-label={`${user.disabledAt ? 'Enable' : 'Disable'} ${user.name}`}
      >
        {user.disabledAt ? 'Enable' : 'Disable'}
      </Button>
    </li>
  )
}
