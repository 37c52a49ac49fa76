import styles from './setting-choice.module.css'

/** One setting with its possible values, each explained. */
export function SettingChoice<T extends string>({
  legend,
  name,
  value,
  options,
  disabled,
  onChange,
}: {
  legend: string
  name: string
  value: T
  options: readonly { value: T; label: string; explanation: string }[]
  disabled: boolean
  onChange: (value: T) => void
}) {
  return (
    <fieldset className={styles.panel} disabled={disabled}>
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className={styles.choice}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span>
            <strong>{option.label}</strong>
            <span className={styles.explanation}>{option.explanation}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
