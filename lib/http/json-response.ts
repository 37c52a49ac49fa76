/** A JSON answer that no cache keeps: what the API says is personal and changes. */
export function jsonResponse(
  data: unknown,
  options: { status?: number; headers?: Record<string, string> } = {},
): Response {
  return Response.json(data, {
    status: options.status ?? 200,
    headers: { 'cache-control': 'private, no-store', ...options.headers },
  })
}
