import { Button } from '../controls/button'
import { Icon } from '../controls/icon'
import styles from './player-problem.module.css'

/** Over the player when it cannot go on: why, and the way to try again. */
export function PlayerProblem({ message, onRetry }: { message: string; onRetry: () => void }) {
  return (
    <div className={styles.problem} role="alert">
      <Icon name="alert" size={34} />
      <p>{message}</p>
      <Button tone="primary" icon="retry" onClick={onRetry}>
        Try again
      </Button>
    </div>
  )
}
