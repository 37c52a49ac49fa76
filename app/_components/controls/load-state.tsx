import { Button } from './button'
import styles from './load-state.module.css'
import { Notice } from './notice'

/** What stands in for data from the API while it loads, and what is said when it does not. */
export function LoadState({
  data,
  error,
  onRetry,
  label,
}: {
  data: unknown
  error: string | null
  onRetry: () => void
  label: string
}) {
  if (error) {
    return (
      <Notice
        tone="bad"
        action={
          <Button icon="retry" onClick={onRetry}>
            Try again
          </Button>
        }
      >
        {error}
      </Notice>
    )
  }
  if (data !== null) return null
  return (
    <div role="status" aria-label={label} className={styles.lines}>
      <span />
      <span />
      <span />
    </div>
  )
}
