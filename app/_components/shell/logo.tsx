/** The mark: an eye whose pupil is a play sign. */
export function Logo({ size = 30 }: { size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 32 32">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <path
        d="M4.600 16C7.500 10.600 11.500 8 16 8s8.500 2.600 11.400 8c-2.900 5.400-6.900 8-11.400 8S7.500 21.400 4.600 16Z"
        fill="var(--on-accent)"
      />
      <path
        d="M13.200 11.900v8.200c0 .5.560.8 1 .540l6.600-4.100a.64.64 0 0 0 0-1.080l-6.600-4.100a.65.65 0 0 0-1 .540Z"
        fill="var(--accent)"
      />
    </svg>
  )
}
