import { Icon } from '../controls/icon'
import styles from './poster.module.css'

/** A video's picture in a 16:9 frame. An upright one keeps its shape on a blurred copy of itself. */
export function Poster({
  src,
  upright = false,
  eager = false,
}: {
  src: string | null
  upright?: boolean
  eager?: boolean
}) {
  if (src === null) {
    return (
      <span className={styles.frame}>
        <span className={styles.blank}>
          <Icon name="film" size={34} />
        </span>
      </span>
    )
  }
  const loading = eager ? 'eager' : 'lazy'
  return (
    <span className={styles.frame}>
      {upright && <img className={styles.backdrop} src={src} alt="" loading={loading} decoding="async" />}
      <img
        className={upright ? styles.upright : styles.image}
        src={src}
        alt=""
        loading={loading}
        decoding="async"
      />
    </span>
  )
}
