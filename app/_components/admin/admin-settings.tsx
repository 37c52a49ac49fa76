'use client'

import { useState } from 'react'
import { callApi, errorSentence } from '../api-client'
import { LoadState } from '../controls/load-state'
import styles from '../controls/page.module.css'
import { SettingChoice } from '../controls/setting-choice'
import { SettingNumbers } from '../controls/setting-numbers'
import { showToast } from '../controls/toast-store'
import { useResource } from '../controls/use-resource'
import { AdminUploadLimits } from './admin-upload-limits'
import type { UploadLimits } from './upload-limit-fields'

interface Settings {
  registration: 'open' | 'closed'
  originals: 'remove' | 'keep'
  binDays: number
  snapshotsHourly: number
  snapshotsDaily: number
  snapshotsWeekly: number
  snapshotsMonthly: number
  snapshotFloorGib: number
  verifyDays: number
  verifyMbps: number
  scrubDays: number
  lowWaterMib: number
  uploadLimits: UploadLimits
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

  async function save(patch: Partial<Settings>) {
    setData(await callApi<Settings>('/api/admin/settings', { method: 'PATCH', body: patch }))
    showToast('good', 'Setting saved.')
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
      <SettingNumbers
        legend="Bin"
        explanation="A deleted video can be brought back for this many days. 0 erases at once."
        fields={[{ name: 'binDays', label: 'Days' }]}
        values={data}
        onSave={save}
      />
      <AdminUploadLimits limits={data.uploadLimits} onSave={(uploadLimits) => save({ uploadLimits })} />
      <SettingNumbers
        legend="History"
        explanation="Before every change a video is kept as it was. All of the last hour stays; beyond it, the newest of each of this many last hours, days, weeks and months that have any. Those with a name stay until somebody deletes them."
        fields={[
          { name: 'snapshotsHourly', label: 'Hours' },
          { name: 'snapshotsDaily', label: 'Days' },
          { name: 'snapshotsWeekly', label: 'Weeks' },
          { name: 'snapshotsMonthly', label: 'Months' },
        ]}
        values={data}
        onSave={save}
      />
      <SettingNumbers
        legend="Space for history"
        explanation="With less than this free on the disk, old versions of videos that only the history holds go before their time, oldest first."
        fields={[{ name: 'snapshotFloorGib', label: 'GiB kept free' }]}
        values={data}
        onSave={save}
      />
      <SettingNumbers
        legend="Proof"
        explanation="Every video is read whole from the disk every so many days and compared with what was published, no faster than this. On Btrfs the disks themselves are scrubbed as well. 0 days is only when asked; 0 MB a second is no limit."
        fields={[
          { name: 'verifyDays', label: 'Days between readings' },
          { name: 'verifyMbps', label: 'MB a second' },
          { name: 'scrubDays', label: 'Days between scrubs' },
        ]}
        values={data}
        onSave={save}
      />
      <SettingNumbers
        legend="Low water"
        explanation="With less than this free on the disk, encodes wait and uploads are refused until there is more. Watching and deleting go on. 0 is half of what uploads leave free (PEEKR_RESERVE)."
        fields={[{ name: 'lowWaterMib', label: 'MiB free' }]}
        values={data}
        onSave={save}
      />
    </div>
  )
}
