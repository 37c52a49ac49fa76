import { SettingNumbers } from '../controls/setting-numbers'
import { LIMIT_FIELDS, toLimitNumbers, toLimits, type UploadLimits } from './upload-limit-fields'

const ROLES = [
  ['uploader', 'Uploads of uploaders'],
  ['admin', 'Uploads of administrators'],
] as const

/** What each role may upload. 0 in a field is no limit of its own. */
export function AdminUploadLimits({
  limits,
  onSave,
}: {
  limits: UploadLimits
  onSave: (limits: UploadLimits) => Promise<void>
}) {
  return ROLES.map(([role, legend]) => (
    <SettingNumbers
      key={role}
      legend={legend}
      explanation="0 sets no limit here: those the server was started with hold. What runs already is not stopped."
      fields={LIMIT_FIELDS}
      values={toLimitNumbers(limits[role] ?? {})}
      onSave={(numbers) => onSave({ ...limits, [role]: toLimits(numbers) })}
    />
  ))
}
