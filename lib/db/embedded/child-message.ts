/** What the database's process tells its parent, once. `held`: another process has the file open. */
export type ChildMessage = { ready: true } | { ready: false; message: string; held: boolean }
