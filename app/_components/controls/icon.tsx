const PATHS = {
  upload: 'M12 16V4m0 0L7.500 8.500M12 4l4.500 4.500M4 15v3a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-3',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm9 2-4-4',
  lock: 'M7 11V8a5 5 0 0 1 10 0v3M6 11h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z',
  link: 'M10 14a4 4 0 0 0 5.700 0l3-3a4 4 0 0 0-5.700-5.700l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1',
  globe:
    'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c2.500 2.600 3.800 5.600 3.800 9S14.500 18.400 12 21c-2.500-2.600-3.800-5.600-3.800-9S9.500 5.600 12 3Z',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2v2m0 16v2M2 12h2m16 0h2M4.900 4.900l1.400 1.400m11.400 11.400 1.400 1.400m0-14.200-1.400 1.400M6.300 17.700l-1.400 1.400',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500Z',
  monitor: 'M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Zm4 16h8m-4-4v4',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9a8 8 0 0 1 16 0',
  users: 'M9 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7 8a7 7 0 0 1 14 0m0-15.500a4 4 0 0 1 0 7M18 14a7 7 0 0 1 4 6',
  film: 'M4 4h16a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm3 0v16M17 4v16M3 9h4m10 0h4M3 15h4m10 0h4M7 12h10',
  gear: 'M4 7h10m4 0h2M4 17h2m4 0h10M16 9.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Zm-8 10a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z',
  shield: 'M12 3 5 6v5c0 4.500 2.800 8 7 10 4.200-2 7-5.500 7-10V6l-7-3Z',
  disk: 'M4 14h16M6 5h12l3 9v4a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-4l3-9Zm11 11.500h.01',
  logout: 'M14 4H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8m2-4 4-4-4-4m4 4H10',
  close: 'm6 6 12 12M18 6 6 18',
  check: 'm5 12.500 4.500 4.500L19 7.500',
  alert:
    'M12 8v5m0 3.500h.01M10.300 3.900 2.500 17.500A2 2 0 0 0 4.200 20.500h15.600a2 2 0 0 0 1.700-3L13.700 3.900a2 2 0 0 0-3.400 0Z',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.500v15l12-7.500L7 4.500Z',
  retry: 'M20 11a8 8 0 1 0-.700 4.500M20 4v7h-7',
  undo: 'M8.500 5 4 9.500 8.500 14M4.500 9.500H15a5 5 0 0 1 0 10h-3',
  trash: 'M4 7h16M9 7V4h6v3m-9 0 1 13h10l1-13M10 11v5m4-5v5',
  pencil: 'm4 20 .8-4L16 4.800a2 2 0 0 1 2.800 0l.4.4a2 2 0 0 1 0 2.800L8 19.200 4 20Z',
  more: 'M12 6h.01M12 12h.01M12 18h.01',
  chevron: 'm6 9.500 6 6 6-6',
  back: 'm14.500 6-6 6 6 6',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5l3 2',
  key: 'M14.500 13.500a5 5 0 1 0-4-4L3 17v4h4l1-1v-2h2v-2h2l2.500-2.500ZM16 8h.01',
  offline:
    'M3 3l18 18M5 12.500A10 10 0 0 1 8.500 10M12 9c2.800 0 5.200 1.300 7 3.500M8.500 16a5 5 0 0 1 6-.8M12 19.500h.01',
  copy: 'M9 9h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1ZM5 15H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v1',
  spark: 'M12 3v5m0 8v5M3 12h5m8 0h5M6 6l3 3m6 6 3 3m0-12-3 3m-6 6-3 3',
  volume: 'M4 9.500v5h3.500L12 19V5L7.500 9.500H4Zm11.500-1a5 5 0 0 1 0 7M18 6a8.500 8.500 0 0 1 0 12',
  quiet: 'M4 9.500v5h3.500L12 19V5L7.500 9.500H4Zm11.500-1a5 5 0 0 1 0 7',
  mute: 'M4 9.500v5h3.500L12 19V5L7.500 9.500H4Zm12 0 5 5m0-5-5 5',
  pip: 'M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Zm8 7h6v4h-6v-4Z',
  fullscreen: 'M4 9V5a1 1 0 0 1 1-1h4m6 0h4a1 1 0 0 1 1 1v4m0 6v4a1 1 0 0 1-1 1h-4m-6 0H5a1 1 0 0 1-1-1v-4',
  window: 'M9 4v4a1 1 0 0 1-1 1H4m16 0h-4a1 1 0 0 1-1-1V4m0 16v-4a1 1 0 0 1 1-1h4M4 15h4a1 1 0 0 1 1 1v4',
} as const

export type IconName = keyof typeof PATHS

/** A line icon in the text's colour. It is decoration: the control around it carries the name. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'more' ? 3 : 1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      style={{ flex: 'none' }}
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
