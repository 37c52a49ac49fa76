import { callApi } from '../api-client'
import { Modal } from '../controls/modal'
import { SettingNumbers } from '../controls/setting-numbers'
import { showToast } from '../controls/toast-store'
import type { AdminUser } from './admin-user-row'
import { LIMIT_FIELDS, toLimitNumbers, toLimits } from './upload-limit-fields'

/** What one account may upload, over what its role may. */
export function AdminUserLimits({
  user,
  onChange,
  onClose,
}: {
  user: AdminUser
  onChange: (user: AdminUser) => void
  onClose: () => void
}) {
  async function save(numbers: ReturnType<typeof toLimitNumbers>) {
    const body = { uploadLimits: toLimits(numbers) }
    onChange(await callApi<AdminUser>(`/api/admin/users/${user.id}`, { method: 'PATCH', body }))
    showToast('good', `The limits of ${user.name} hold from now on.`)
    onClose()
  }

  return (
    <Modal open onOpenChange={onClose} title={`What ${user.name} may upload`}>
      <SettingNumbers
        legend="Limits"
        explanation="0 sets no limit of their own: those of their role hold, or else the server's."
        fields={LIMIT_FIELDS}
        values={toLimitNumbers(user.uploadLimits)}
        onSave={save}
      />
    </Modal>
  )
}
