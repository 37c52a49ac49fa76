'use client'

import type { AccessView } from '#lib/domain/access-view'
import { VISIBILITIES, type Visibility } from '#lib/domain/video'
import { TextField } from '../controls/field'
import { LoadState } from '../controls/load-state'
import { VisibilityChoice } from '../video/visibility-choice'
import styles from './access.module.css'
import { AccessPeople } from './access-people'

/** Who may watch, with what the choice needs: the people, or the password (a field `password` of the form around). */
export function AccessChoice({
  videoId,
  value,
  onChange,
  access,
  loadError,
  onReload,
  onAccess,
  passwordError,
}: {
  videoId: string
  value: Visibility
  onChange: (visibility: Visibility) => void
  /** null until it is there. */
  access: AccessView | null
  loadError: string | null
  onReload: () => void
  onAccess: (access: AccessView) => void
  passwordError: string | undefined
}) {
  const needsMore = value === 'people' || value === 'password'
  return (
    <>
      <VisibilityChoice value={value} options={VISIBILITIES} onChange={onChange} />
      {needsMore && (
        <LoadState data={access} error={loadError} onRetry={onReload} label="Loading who may watch" />
      )}
      {value === 'people' && access && (
        <AccessPeople
          videoId={videoId}
          people={access.people}
          onChange={(people) => onAccess({ ...access, people })}
        />
      )}
      {value === 'password' && access && (
        <div className={styles.inset}>
          <TextField
            label={access.hasPassword ? 'New password' : 'Password'}
            name="password"
            type="text"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            minLength={8}
            maxLength={200}
            required={!access.hasPassword}
            hint={
              access.hasPassword
                ? 'A password is set. Leave this empty to keep it; whoever came in by it must give the new one.'
                : 'At least 8 characters. You tell it to whoever shall watch; Peekr does not show it again.'
            }
            error={passwordError}
          />
        </div>
      )}
    </>
  )
}
