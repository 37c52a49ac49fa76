import { type ComponentProps, type ReactNode, useId } from 'react'
import styles from './field.module.css'

interface FieldFrame {
  label: string
  hint?: ReactNode
  error?: string | null
}

/** A labelled text input with its hint and its error, tied together for screen readers. */
export function TextField({ label, hint, error, ...rest }: FieldFrame & ComponentProps<'input'>) {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <input {...rest} id={id} className={styles.control} {...describe(id, hint, error)} />
    </Frame>
  )
}

/** The same for several lines of text. */
export function TextArea({ label, hint, error, ...rest }: FieldFrame & ComponentProps<'textarea'>) {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <textarea rows={5} {...rest} id={id} className={styles.control} {...describe(id, hint, error)} />
    </Frame>
  )
}

/** The same for a choice from a list. */
export function SelectField({
  label,
  hint,
  error,
  children,
  ...rest
}: FieldFrame & ComponentProps<'select'>) {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <select {...rest} id={id} className={styles.control} {...describe(id, hint, error)}>
        {children}
      </select>
    </Frame>
  )
}

function Frame({ id, label, hint, error, children }: FieldFrame & { id: string; children: ReactNode }) {
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      {children}
      {hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className={styles.error}>
          {error}
        </p>
      )}
    </div>
  )
}

function describe(id: string, hint: ReactNode, error: string | null | undefined) {
  const ids = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return { 'aria-describedby': ids || undefined, 'aria-invalid': error ? true : undefined }
}
