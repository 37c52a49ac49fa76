'use client'

import { Button } from './_components/controls/button'
import { EmptyState } from './_components/controls/empty-state'
import { useReloadWhenWell } from './_components/shell/use-reload-when-well'
import './globals.css'

/** Shown when even the frame around pages fails, mostly because the database does not answer. */
export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  useReloadWhenWell()
  return (
    <html lang="en" data-theme="system">
      <head>
        <title>Peekr is not available</title>
      </head>
      <body>
        <main>
          <EmptyState
            as="h1"
            icon="alert"
            title="Peekr is not available right now"
            actions={
              <Button tone="primary" icon="retry" onClick={() => window.location.reload()}>
                Try again
              </Button>
            }
          >
            The server cannot reach its database or is still starting. Nothing is lost, and this page comes
            back by itself
            {error.digest ? `; the server’s log has the details under ${error.digest}` : ''}.
          </EmptyState>
        </main>
      </body>
    </html>
  )
}
