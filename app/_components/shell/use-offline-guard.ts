'use client'

import { useEffect } from 'react'
import { showToast } from '../controls/toast-store'

/**
 * While there is no network, keeps links to other pages from being followed: the browser would put its own error page
 * in this one's place, and with it the uploads that wait here would be gone.
 */
export function useOfflineGuard(): void {
  useEffect(() => {
    function onClick(event: MouseEvent) {
      if (navigator.onLine || event.defaultPrevented || event.button !== 0) return
      const link = event.target instanceof Element ? event.target.closest('a[href]') : null
      const newTab = event.ctrlKey || event.metaKey || event.shiftKey
      if (!(link instanceof HTMLAnchorElement) || newTab || link.target === '_blank') return
      if (link.hash && link.pathname === window.location.pathname) return
      event.preventDefault()
      event.stopPropagation()
      showToast('bad', 'You are offline. Pages open again once you are back; nothing here is lost.')
    }
    // Before React hears of it.
    document.addEventListener('click', onClick, { capture: true })
    return () => document.removeEventListener('click', onClick, { capture: true })
  }, [])
}
