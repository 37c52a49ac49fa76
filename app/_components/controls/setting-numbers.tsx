import { Button } from './button'
import { TextField } from './field'
import styles from './setting-choice.module.css'
import numberStyles from './setting-numbers.module.css'
import { useSubmit } from './use-submit'

/** Whole numbers that belong together, saved with one button. `onSave` throws what the API said. */
export function SettingNumbers<T extends string>({
  legend,
  explanation,
  fields,
  values,
  onSave,
}: {
  legend: string
  explanation: string
  fields: readonly { name: T; label: string }[]
  values: Record<T, number>
  onSave: (values: Record<T, number>) => Promise<void>
}) {
  const form = useSubmit((given) =>
    onSave(Object.fromEntries(fields.map(({ name }) => [name, Number(given[name])])) as Record<T, number>),
  )
  return (
    <form onSubmit={form.onSubmit}>
      <fieldset className={styles.panel}>
        <legend>{legend}</legend>
        <p className={styles.explanation}>{explanation}</p>
        <div className={numberStyles.row}>
          {fields.map(({ name, label }) => (
            <TextField
              key={name}
              label={label}
              name={name}
              type="number"
              inputMode="numeric"
              min={0}
              step={1}
              required
              defaultValue={values[name]}
              error={form.fields[name] ?? null}
            />
          ))}
        </div>
        {form.error && Object.keys(form.fields).length === 0 && <p role="alert">{form.error}</p>}
        <div>
          <Button type="submit" pending={form.pending}>
            {`Save ${legend.toLowerCase()}`}
          </Button>
        </div>
      </fieldset>
    </form>
  )
}
