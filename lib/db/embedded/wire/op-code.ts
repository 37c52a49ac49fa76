/** The wire protocol's message kinds this server knows. */
export const OP_CODE = { reply: 1, query: 2004, message: 2013 } as const
