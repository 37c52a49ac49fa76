'use client'

import { useState } from 'react'
import { callApi, errorSentence } from '../api-client'
import { LoadState } from '../controls/load-state'
import styles from '../controls/page.module.css'
import { SettingChoice } from '../controls/setting-choice'
import { showToast } from '../controls/toast-store'
import { useResource } from '../controls/use-resource'

interface Settings {
  registration: 'open' | 'closed'
  originals: 'remove' | 'keep'
}

/** What can be changed while Peekr runs; each choice is saved as it is made. */
export function AdminSettings() {
  const { data, setData, error, reload } = useResource<Settings>('/api/admin/settings')
  const [pending, setPending] = useState(false)

  async function change(patch: Partial<Settings>) {
    setPending(true)
    // Shown as chosen at once, and taken back when it could not be saved.
    if (data) setData({ ...data, ...patch })
    try {
      setData(await callApi<Settings>('/api/admin/settings', { method: 'PATCH', body: patch }))
      showToast('good', 'Setting saved.')
    } catch (caught) {
      setData(data)
      showToast('bad', errorSentence(caught))
    } finally {
      setPending(false)
    }
  }

  if (data === null) return <LoadState data={data} error={error} onRetry={reload} label="Loading settings" />
  return (
    <div className={styles.stack}>
      <SettingChoice
        legend="Registration"
        name="registration"
        value={data.registration}
        disabled={pending}
        onChange={(registration) => change({ registration })}
        options={[
          { value: 'closed', label: 'Closed', explanation: 'Only administrators make accounts.' },
          {
            value: 'open',
            label: 'Open',
            explanation:
              'Everyone who can reach this server can make an account, which may watch and not upload.',
          },
        ]}
      />
      <SettingChoice
        legend="Original files"
        name="originals"
        value={data.originals}
        disabled={pending}
        onChange={(originals) => change({ originals })}
        options={[
          {
            value: 'remove',
            label: 'Remove after success',
            explanation:
              'Once the playable version is made and verified, the uploaded file is deleted. Saves space.',
          },
          {
            value: 'keep',
            label: 'Keep',
            explanation:
              'The uploaded file stays beside the playable version, for making better versions later.',
          },
        ]}
      />
    </div>
  )
}
