import { Button } from './button'
import styles from './load-more.module.css'

/** The button at the end of a list that goes on. */
export function LoadMore({
  hasMore,
  pending,
  onClick,
}: {
  hasMore: boolean
  pending: boolean
  onClick: () => void
}) {
  if (!hasMore) return null
  return (
    <div className={styles.more}>
      <Button pending={pending} onClick={onClick}>
        Load more
      </Button>
    </div>
  )
}
