import type { Visibility } from '#lib/domain/video'
import { Icon } from '../controls/icon'
import { VISIBILITY_LOOKS } from './visibility'
import styles from './visibility-choice.module.css'

/** Who may watch, each choice with what it means. */
export function VisibilityChoice({
  value,
  options,
  onChange,
}: {
  value: Visibility
  options: readonly Visibility[]
  onChange: (visibility: Visibility) => void
}) {
  return (
    <fieldset className={styles.choices}>
      <legend>Who may watch</legend>
      {options.map((visibility) => {
        const look = VISIBILITY_LOOKS[visibility]
        return (
          <label key={visibility} className={styles.choice}>
            <input
              type="radio"
              name="visibility"
              value={visibility}
              checked={visibility === value}
              onChange={() => onChange(visibility)}
            />
            <Icon name={look.icon} />
            <span>
              <strong>{look.label}</strong>
              <span className={styles.explanation}>{look.explanation}</span>
            </span>
          </label>
        )
      })}
    </fieldset>
  )
}
