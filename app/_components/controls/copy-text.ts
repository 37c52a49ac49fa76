/**
 * Puts text on the clipboard; false when the browser does not let us. Browsers offer the clipboard API only over
 * HTTPS or on localhost; on a LAN address the old command still works.
 */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      // Refused, for example by a permission: the command below may still be allowed.
    }
  }
  const area = document.createElement('textarea')
  area.value = text
  area.style.position = 'fixed'
  area.style.opacity = '0'
  document.body.append(area)
  area.select()
  const copied = document.execCommand('copy')
  area.remove()
  return copied
}
