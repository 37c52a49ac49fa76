/**
 * Makes this process stop when the launcher that started it is gone, even by SIGKILL: the channel between them
 * closes, and that is taken like a SIGTERM. Without a launcher it does nothing. Call it once, at the start.
 */
export function stopWithLauncher(): void {
  if (!process.channel) return
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  // Listening would keep the process alive for as long as the launcher is.
  process.channel.unref()
}
