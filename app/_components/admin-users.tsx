'use client'

import { useState } from 'react'
import { AdminUserForm } from './admin-user-form'
import { type AdminUser, AdminUserRow } from './admin-user-row'
import styles from './admin-users.module.css'
import { Button } from './button'
import { EmptyState } from './empty-state'
import { TextField } from './field'
import { LoadMore } from './load-more'
import { LoadState } from './load-state'
import { Modal } from './modal'
import { useDebounced } from './use-debounced'
import { usePaged } from './use-paged'

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
