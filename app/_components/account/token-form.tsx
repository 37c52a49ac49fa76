'use client'

import { useState } from 'react'
import type { Scope } from '#lib/domain/permissions'
import { callApi } from '../api-client'
import { Button } from '../controls/button'
import { copyText } from '../controls/copy-text'
import { SelectField, TextField } from '../controls/field'
import { Notice } from '../controls/notice'
import { showToast } from '../controls/toast-store'
import { useSubmit } from '../controls/use-submit'
import styles from './account.module.css'

const SCOPE_WORDS: Record<Scope, string> = {
  'videos:read': 'See and watch what you may watch',
  'videos:write': 'Edit and delete your videos',
  'uploads:write': 'Upload',
  admin: 'Everything an administrator may do',
}

/** Makes a token and shows it, this once. */
export function TokenForm({ scopes, onCreated }: { scopes: readonly Scope[]; onCreated: () => void }) {
  const [chosen, setChosen] = useState<Scope[]>(scopes.filter((scope) => scope !== 'admin'))
  const [token, setToken] = useState<string | null>(null)
  const { onSubmit, pending, error, fields } = useSubmit(async ({ name, expires = '' }, form) => {
    const body = { name, scopes: chosen, expiresInDays: expires === '' ? null : Number(expires) }
    const created = await callApi<{ token: string }>('/api/tokens', { method: 'POST', body })
    setToken(created.token)
    form.reset()
    onCreated()
  })

  async function copy(text: string) {
    if (await copyText(text)) showToast('good', 'Token copied.')
    else showToast('bad', 'Copying is not allowed here. Select the token and copy it by hand.')
  }

  return (
    <>
      {token && (
        <Notice tone="good">
          <strong>Copy this token now; it is not shown again.</strong>
          <div className={styles.secret}>
            <code data-testid="token">{token}</code>
            <Button icon="copy" onClick={() => copy(token)}>
              Copy token
            </Button>
          </div>
        </Notice>
      )}
      <form className={styles.form} onSubmit={onSubmit}>
        {error && <Notice tone="bad">{error}</Notice>}
        <TextField
          label="Token name"
          name="name"
          placeholder="Backup script"
          required
          maxLength={100}
          error={fields.name}
        />
        <SelectField label="Ends" name="expires" defaultValue="365" error={fields.expiresInDays}>
          <option value="30">In 30 days</option>
          <option value="365">In a year</option>
          <option value="">Never</option>
        </SelectField>
        <fieldset className={styles.scopes}>
          <legend>It may</legend>
          {scopes.map((scope) => (
            <label key={scope}>
              <input
                type="checkbox"
                checked={chosen.includes(scope)}
                onChange={() =>
                  setChosen((before) =>
                    before.includes(scope) ? before.filter((other) => other !== scope) : [...before, scope],
                  )
                }
              />
              {SCOPE_WORDS[scope]}
            </label>
          ))}
        </fieldset>
        <Button type="submit" pending={pending} disabled={chosen.length === 0} icon="key">
          Create token
        </Button>
      </form>
    </>
  )
}
