/** A reason to stop that the person at the terminal can act on: its message is a sentence that says what to do. */
export class LaunchError extends Error {
  /**
   * @param {string} message empty when there is nothing to say, as after Ctrl-C
   * @param {number} [exitCode]
   */
  constructor(message, exitCode = 1) {
    super(message)
    this.name = 'LaunchError'
    this.exitCode = exitCode
  }
}
