import { Connection } from 'mongodb/lib/cmap/connection.js'
import { singleton } from '#lib/singleton'

/**
 * Makes the driver end a command whose connection closes before the command is written. Safe to call twice.
 *
 * `writeCommand` of mongodb 7.8.0 encodes the command, waits for that, and writes. When the socket has closed meanwhile
 * the write is refused without an event, and the driver waits for `drain`, which a closed socket never sends: neither
 * the command nor whoever asked for it ever ends, and the connection is never given back. With this it ends as
 * one does whose connection closes while it waits for the answer: reads are tried again, writes fail with the network's error.
 */
export function endCutOffCommands(): void {
  singleton('db-cut-off-commands', () => {
    const { writeCommand } = Connection.prototype
    Connection.prototype.writeCommand = async function (command, options) {
      const { promise: cutOff, reject } = Promise.withResolvers<never>()
      const onClose = () => reject(this.error)
      this.once('close', onClose)
      try {
        await Promise.race([writeCommand.call(this, command, options), cutOff])
      } finally {
        this.off('close', onClose)
      }
    }
    return true
  })
}
