'use client'

import { Button } from './button'
import { copyText } from './copy-text'
import { showToast } from './toast-store'

/** Copies the full address of a page of this site. */
export function CopyLinkButton({ path }: { path: string }) {
  async function copy() {
    const link = new URL(path, window.location.origin).href
    if (await copyText(link)) showToast('good', 'Link copied.')
    else showToast('bad', `Copying is not allowed here. The link is ${link}`)
  }

  return (
    <Button icon="link" onClick={copy}>
      Copy link
    </Button>
  )
}
