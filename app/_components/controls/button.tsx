import Link from 'next/link'
import type { ComponentProps } from 'react'
import styles from './button.module.css'
import { Icon, type IconName } from './icon'

interface Look {
  tone?: 'primary' | 'secondary' | 'ghost' | 'danger'
  icon?: IconName
  /** Shows the icon alone; the children stay as the accessible name. */
  iconOnly?: boolean
}

type ButtonProps = ComponentProps<'button'> & Look & { pending?: boolean }

/** A button; while `pending` it keeps its width, turns a spinner and takes no clicks. */
export function Button({ tone, icon, iconOnly, pending = false, children, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={look({ tone, iconOnly }, className)}
      disabled={rest.disabled || pending}
      aria-busy={pending || undefined}
      title={iconOnly && typeof children === 'string' ? children : rest.title}
    >
      {pending ? <span className={styles.spinner} /> : icon && <Icon name={icon} />}
      <span className={iconOnly ? 'visuallyHidden' : styles.label}>{children}</span>
    </button>
  )
}

/** A link that looks like a button. */
export function ButtonLink({
  tone,
  icon,
  iconOnly,
  children,
  className,
  ...rest
}: ComponentProps<typeof Link> & Look) {
  return (
    <Link {...rest} className={look({ tone, iconOnly }, className)}>
      {icon && <Icon name={icon} />}
      <span className={iconOnly ? 'visuallyHidden' : styles.label}>{children}</span>
    </Link>
  )
}

function look({ tone = 'secondary', iconOnly }: Look, className: string | undefined): string {
  return [styles.button, styles[tone], iconOnly && styles.iconOnly, className].filter(Boolean).join(' ')
}
