import styles from './video-grid.module.css'

/** The grid's shape while it loads. */
export function VideoGridSkeleton() {
  return (
    <div role="status" aria-label="Loading videos">
      <ul className={styles.grid} aria-hidden="true">
        {Array.from({ length: 8 }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the placeholders have nothing else to tell them apart
          <li key={index} className={styles.skeleton}>
            <span />
            <span />
            <span />
          </li>
        ))}
      </ul>
    </div>
  )
}
