'use client'

import { useState } from 'react'
import { formatAge } from '#lib/domain/format'
import type { Scope } from '#lib/domain/permissions'
import { callApi } from '../api-client'
import { Button } from '../controls/button'
import { ConfirmDialog } from '../controls/confirm-dialog'
import { LoadState } from '../controls/load-state'
import { showToast } from '../controls/toast-store'
import { useResource } from '../controls/use-resource'
import styles from './account.module.css'
import { TokenForm } from './token-form'

interface Token {
  id: string
  name: string
  scopes: Scope[]
  createdAt: string
  lastUsedAt: string | null
  expiresAt: string | null
}

/** The API tokens of the account: make one, see when they were used, revoke them. */
export function AccountTokens({ scopes }: { scopes: readonly Scope[] }) {
  const { data, error, reload } = useResource<{ items: Token[] }>('/api/tokens')
  const [revoking, setRevoking] = useState<Token | null>(null)

  async function revoke(token: Token) {
    await callApi(`/api/tokens/${token.id}`, { method: 'DELETE' })
    showToast('good', `“${token.name}” no longer lets anybody in.`)
    reload()
  }

  return (
    <section className={styles.panel} aria-labelledby="tokens">
      <div>
        <h2 id="tokens">API tokens</h2>
        <p className={styles.dim}>For scripts and other programs, instead of your password.</p>
      </div>
      <TokenForm scopes={scopes} onCreated={reload} />
      <LoadState data={data} error={error} onRetry={reload} label="Loading tokens" />
      {data && data.items.length > 0 && (
        <ul className={styles.tokens}>
          {data.items.map((token) => (
            <li key={token.id} className={styles.token}>
              <div>
                <strong>{token.name}</strong>
                <p>
                  {token.scopes.join(', ')} ·{' '}
                  {token.lastUsedAt ? `used ${formatAge(token.lastUsedAt, Date.now())}` : 'never used'}
                  {' · '}
                  {token.expiresAt ? `ends on ${token.expiresAt.slice(0, 10)}` : 'never ends'}
                </p>
              </div>
              <Button tone="danger" onClick={() => setRevoking(token)} aria-label={`Revoke ${token.name}`}>
                Revoke
              </Button>
            </li>
          ))}
        </ul>
      )}
      {revoking && (
        <ConfirmDialog
          open
          onOpenChange={(open) => !open && setRevoking(null)}
          title={`Revoke “${revoking.name}”?`}
          confirmLabel="Revoke token"
          onConfirm={() => revoke(revoking)}
        >
          Programs that use this token are refused from then on. This cannot be undone.
        </ConfirmDialog>
      )}
    </section>
  )
}
