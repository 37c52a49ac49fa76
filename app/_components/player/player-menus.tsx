'use client'

import {
  Menu,
  useAudioOptions,
  useCaptionOptions,
  usePlaybackRateOptions,
  useVideoQualityOptions,
} from '@vidstack/react'
import type { ReactNode } from 'react'
import type { Rendition } from '#lib/domain/rendition'
import styles from './player-menus.module.css'

const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]

/** Auto and every rendition under its own name; the button says which one plays. */
export function QualityMenu({ renditions }: { renditions: Rendition[] }) {
  const options = useVideoQualityOptions({ auto: 'Auto', sort: 'descending' })
  const playing = options.selectedQuality
  const name = playing && nameQuality(playing, renditions)
  const auto = options.selectedValue === 'auto'
  return (
    <OptionMenu
      label="Quality"
      shown={auto ? (name ? `Auto · ${name}` : 'Auto') : (name ?? 'Auto')}
      value={options.selectedValue}
    >
      {options.map(({ quality, label, value, bitrateText, select }) => (
        <Option key={value} value={value} onSelect={select} note={quality ? bitrateText : null}>
          {quality ? nameQuality(quality, renditions) : label}
        </Option>
      ))}
    </OptionMenu>
  )
}

export function SpeedMenu() {
  const options = usePlaybackRateOptions({ rates: RATES, normalLabel: '1×' })
  const shown = options.find((option) => option.selected)?.rate ?? 1
  return (
    <OptionMenu label="Speed" shown={`${shown}×`} value={options.selectedValue}>
      {options.map(({ rate, value, select }) => (
        <Option key={value} value={value} onSelect={select} note={rate === 1 ? 'Normal' : null}>
          {`${rate}×`}
        </Option>
      ))}
    </OptionMenu>
  )
}

/** The languages of the sound; nothing where there is only one. */
export function SoundMenu() {
  const options = useAudioOptions()
  if (options.length < 2) return null
  return (
    <OptionMenu label="Sound" shown={options.selectedTrack?.label ?? 'Sound'} value={options.selectedValue}>
      {options.map(({ label, value, select }) => (
        <Option key={value} value={value} onSelect={select} note={null}>
          {label}
        </Option>
      ))}
    </OptionMenu>
  )
}

/** The subtitles, and none of them; nothing where the video has none. */
export function SubtitleMenu() {
  const options = useCaptionOptions({ off: 'Off' })
  if (options.length < 2) return null
  return (
    <OptionMenu
      label="Subtitles"
      shown="CC"
      spoken={options.selectedTrack?.label ?? 'Off'}
      value={options.selectedValue}
    >
      {options.map(({ label, value, select }) => (
        <Option key={value} value={value} onSelect={select} note={null}>
          {label}
        </Option>
      ))}
    </OptionMenu>
  )
}

function OptionMenu({
  label,
  shown,
  spoken = shown,
  value,
  children,
}: {
  label: string
  /** What is chosen, on the button. */
  shown: string
  /** The same for a screen reader, where the button has no room for it. */
  spoken?: string
  value: string | undefined
  children: ReactNode
}) {
  return (
    <Menu.Root className={styles.root}>
      <Menu.Button className={styles.button} aria-label={`${label}: ${spoken}`}>
        {shown}
      </Menu.Button>
      <Menu.Items className={styles.items} placement="top end" offset={10}>
        <p className={styles.title}>{label}</p>
        <Menu.RadioGroup value={value} aria-label={label}>
          {children}
        </Menu.RadioGroup>
      </Menu.Items>
    </Menu.Root>
  )
}

function Option({
  value,
  onSelect,
  note,
  children,
}: {
  value: string
  onSelect: (trigger?: Event) => void
  note: string | null
  children: string
}) {
  return (
    <Menu.Radio value={value} onSelect={onSelect} className={styles.option}>
      <span>{children}</span>
      {note && <span className={styles.note}>{note}</span>}
    </Menu.Radio>
  )
}

/** An upright 720p has 1280 lines; people know it by its short side, as the rendition is named. */
function nameQuality(quality: { width: number; height: number }, renditions: Rendition[]): string {
  const same = renditions.find(({ width, height }) => width === quality.width && height === quality.height)
  return same?.name ?? `${Math.min(quality.width || quality.height, quality.height)}p`
}
