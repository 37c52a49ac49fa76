import pino from 'pino'
import { singleton } from '#lib/singleton'

/**
 * Structured logs on standard error, one JSON object a line, so that standard output stays for what commands print.
 * `getLog` before `configureLog` logs at `info`.
 */
export function getLog(component: string): pino.Logger {
  return singleton('log', () => createLog('info')).child({ component })
}

/** Sets the level; call it once, before the first child logger is made. */
export function configureLog(level: string): void {
  singleton('log', () => createLog(level)).level = level
}

function createLog(level: string): pino.Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: ['password', 'token', '*.password', '*.token', 'headers.cookie', 'headers.authorization'],
        censor: '[redacted]',
      },
    },
    pino.destination({ fd: 2, sync: true }),
  )
}
