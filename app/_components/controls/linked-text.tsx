import styles from './linked-text.module.css'

/** Only http and https, and no closing punctuation, which belongs to the sentence around. */
const ADDRESS = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}])/gi

/** Text as somebody typed it, with its line breaks, and its web addresses made into links that vouch for nothing. */
export function LinkedText({ text }: { text: string }) {
  // With one capturing group, every odd part is an address.
  const parts = text.split(ADDRESS)
  return (
    <p className={styles.text}>
      {parts.map((part, index) =>
        index % 2 === 0 ? (
          part
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never change places
          <a key={index} href={part} target="_blank" rel="noopener noreferrer nofollow ugc">
            {part}
          </a>
        ),
      )}
    </p>
  )
}
