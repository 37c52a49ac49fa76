'use client'

import { useState } from 'react'
import { signOut } from '../account/session-client'
import { errorSentence } from '../api-client'
import { Button } from '../controls/button'
import { showToast } from '../controls/toast-store'

export function SignOutButton() {
  const [pending, setPending] = useState(false)

  async function leave() {
    setPending(true)
    await signOut().catch((error: unknown) => {
      setPending(false)
      showToast('bad', errorSentence(error))
    })
  }

  return (
    <Button icon="logout" pending={pending} onClick={leave}>
      Sign out
    </Button>
  )
}
