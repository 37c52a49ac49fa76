'use client'

import { useState } from 'react'
import { Button } from '../controls/button'
import { EmptyState } from '../controls/empty-state'
import { TextField } from '../controls/field'
import { LoadMore } from '../controls/load-more'
import { LoadState } from '../controls/load-state'
import { Modal } from '../controls/modal'
import { useDebounced } from '../controls/use-debounced'
import { usePaged } from '../controls/use-paged'
import { AdminUserForm } from './admin-user-form'
import { type AdminUser, AdminUserRow } from './admin-user-row'
import styles from './admin-users.module.css'

/** All accounts: make one, change its role, close and open it. */
export function AdminUsers({ viewerId }: { viewerId: string }) {
  const [text, setText] = useState('')
  const [creating, setCreating] = useState(false)
  const q = useDebounced(text.trim(), 300)
  const query = new URLSearchParams({ limit: '50', ...(q && { q }) })
  const { items, error, pending, hasMore, loadMore, reload, replace } = usePaged<AdminUser>(
    `/api/admin/users?${query}`,
  )
  return (
    <div className={styles.users}>
      <div className={styles.tools}>
        <TextField
          label="Find users"
          type="search"
          value={text}
          maxLength={200}
          onChange={(event) => setText(event.target.value)}
        />
        <Button tone="primary" icon="user" onClick={() => setCreating(true)}>
          Add user
        </Button>
      </div>
      <LoadState data={items} error={error} onRetry={reload} label="Loading users" />
      {items?.length === 0 && <EmptyState icon="users" title="Nobody matches" />}
      {items && items.length > 0 && (
        <ul className={styles.rows}>
          {items.map((user) => (
            <AdminUserRow key={user.id} user={user} isSelf={user.id === viewerId} onChange={replace} />
          ))}
        </ul>
      )}
      <LoadMore hasMore={hasMore} pending={pending} onClick={loadMore} />
      <Modal open={creating} onOpenChange={setCreating} title="Add user">
        <AdminUserForm
          onCreated={() => {
            setCreating(false)
            reload()
          }}
        />
      </Modal>
    </div>
  )
}
