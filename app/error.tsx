'use client'

import { Button, ButtonLink } from './_components/controls/button'
import { EmptyState } from './_components/controls/empty-state'
import { useReloadWhenWell } from './_components/shell/use-reload-when-well'

export default function PageError({ error }: { error: Error & { digest?: string } }) {
  useReloadWhenWell()
  return (
    <EmptyState
      as="h1"
      icon="alert"
      title="This page could not be shown"
      actions={
        <>
          {/* Next's own `reset` draws what it has once more; only a reload asks the server again. */}
          <Button tone="primary" icon="retry" onClick={() => window.location.reload()}>
            Try again
          </Button>
          <ButtonLink href="/">All videos</ButtonLink>
        </>
      }
    >
      Something went wrong on the server, and it is in its log{error.digest ? ` under ${error.digest}` : ''}.
      Trying again often helps.
    </EmptyState>
  )
}
