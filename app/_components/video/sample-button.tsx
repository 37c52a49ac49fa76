'use client'

import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { callApi, errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { Notice } from '../controls/notice'

/** Has the server make a short clip and sends it down the same path as any upload, then shows it. */
export function SampleButton() {
  const router = useRouter()
  const [pending, setPending] = useState(false)
  const [error, setError] = useState<string | null>(null)

  async function make() {
    setPending(true)
    setError(null)
    try {
      const { videoId } = await callApi<{ videoId: string }>('/api/setup/sample', {
        method: 'POST',
        body: {},
      })
      router.push(`/watch/${videoId}`)
    } catch (caught) {
      setError(errorSentence(caught))
      setPending(false)
    }
  }

  return (
    <>
      <Button icon="spark" pending={pending} onClick={make}>
        {pending ? 'Making a short clip…' : 'Try a sample video'}
      </Button>
      {error && <Notice tone="bad">{error}</Notice>}
    </>
  )
}
