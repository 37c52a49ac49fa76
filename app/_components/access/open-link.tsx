'use client'

import { useEffect, useState } from 'react'
import { callApi, errorSentence } from '../api-client'
import { Button, ButtonLink } from '../controls/button'
import { EmptyState } from '../controls/empty-state'
import { SignInLink } from '../shell/sign-in-link'

/**
 * Opens a shared link: trades the secret behind the # for a cookie, and goes on to the video in its place, so that
 * neither the address bar nor the history keeps the secret.
 */
export function OpenLink({ videoId }: { videoId: string }) {
  const [error, setError] = useState<string | null>(null)
  const [round, setRound] = useState(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks for another try
  useEffect(() => {
    let left = false
    open(videoId).then(
      () => window.location.replace(`/watch/${encodeURIComponent(videoId)}`),
      (caught: unknown) => {
        if (!left) setError(errorSentence(caught))
      },
    )
    return () => {
      left = true
    }
  }, [videoId, round])

  if (error === null) {
    return (
      <EmptyState as="h1" icon="link" title="Opening the video">
        <p role="status">One moment.</p>
        <noscript>
          This link needs JavaScript, as the player does. Allow it for this site, then reload.
        </noscript>
      </EmptyState>
    )
  }
  return (
    <EmptyState
      as="h1"
      icon="link"
      title="This link does not open"
      actions={
        <>
          <Button
            icon="retry"
            onClick={() => {
              setError(null)
              setRound((count) => count + 1)
            }}
          >
            Try again
          </Button>
          <SignInLink />
          <ButtonLink href="/">All videos</ButtonLink>
        </>
      }
    >
      <p role="alert">{error}</p>
    </EmptyState>
  )
}

async function open(videoId: string): Promise<void> {
  const link = window.location.hash.slice(1)
  await callApi(`/api/videos/${encodeURIComponent(videoId)}/access`, {
    method: 'POST',
    // One that is cut off is refused like one that is over.
    body: { link: link || '-' },
  })
}
