'use client'

import { Button, ButtonLink } from './_components/button'
import { EmptyState } from './_components/empty-state'

export default function PageError({
  error,
  reset,
}: {
  error: Error & { digest?: string }
  reset: () => void
}) {
  return (
    <EmptyState
      as="h1"
      icon="alert"
      title="This page could not be shown"
      actions={
        <>
          <Button tone="primary" icon="retry" onClick={reset}>
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
