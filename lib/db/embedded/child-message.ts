/** What the database's process tells its parent, once. */
export type ChildMessage = { ready: true } | { ready: false; message: string }
