'use client'

import { EmptyState } from './_components/empty-state'
import './globals.css'

/** Shown when even the frame around pages fails, mostly because the database does not answer. */
export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
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
            // A plain link: it must work when the page's own code does not.
            actions={<a href="/">Try again</a>}
          >
            The server cannot reach its database or is still starting. Nothing is lost. Try again in a moment
            {error.digest ? `; the log has the details under ${error.digest}` : ''}.
          </EmptyState>
        </main>
      </body>
    </html>
  )
}
