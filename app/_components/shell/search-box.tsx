'use client'

import Form from 'next/form'
import { useSearchParams } from 'next/navigation'
import { Icon } from '../controls/icon'
import styles from './search-box.module.css'

/** The search, with what is being looked for in it. */
export function SearchBox({ className }: { className?: string }) {
  const q = useSearchParams().get('q') ?? ''
  return (
    <Form action="/" role="search" className={`${styles.search} ${className ?? ''}`}>
      <Icon name="search" />
      <input
        key={q}
        type="search"
        name="q"
        defaultValue={q}
        placeholder="Search videos"
        aria-label="Search videos"
        maxLength={200}
      />
    </Form>
  )
}
