import { formatPercent } from '#lib/domain/format'
import styles from './progress-bar.module.css'

/** Progress from 0 to 1; null while how far it is cannot be told. */
export function ProgressBar({
  value,
  label,
  tone = 'accent',
}: {
  value: number | null
  label: string
  tone?: 'accent' | 'good' | 'warn'
}) {
  const fraction = value === null ? null : Math.min(1, Math.max(0, value))
  return (
    <div
      className={`${styles.track} ${styles[tone]}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={fraction === null ? undefined : Math.floor(fraction * 100)}
      aria-valuetext={fraction === null ? undefined : formatPercent(fraction)}
    >
      <div
        className={fraction === null ? styles.unknown : styles.fill}
        style={fraction === null ? undefined : { transform: `scaleX(${fraction})` }}
      />
    </div>
  )
}
