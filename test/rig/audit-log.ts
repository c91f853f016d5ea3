import { readFile } from 'node:fs/promises'

/** One request as Vault's audit device recorded it. */
export interface AuditedRequest {
  readonly operation: string
  readonly path: string
  /** What was sent, in clear. */
  readonly data: Readonly<Record<string, unknown>>
  readonly displayName: string
  readonly error: string
}

/** The requests of an audit log in order, each once, from byte `since` on (see `auditMark`). */
export async function auditedRequests(auditLogPath: string, since = 0): Promise<AuditedRequest[]> {
  const text = (await readFile(auditLogPath)).subarray(since).toString()
  const entries = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  // Vault writes a request and a response line for each; the response also knows how it ended.
  return entries
    .filter((entry) => entry.type === 'response')
    .map((entry) => ({
      operation: entry.request.operation,
      path: entry.request.path,
      data: entry.request.data ?? {},
      displayName: entry.auth?.display_name ?? '',
      error: entry.error ?? '',
    }))
}

/** Where the log ends now, to look later only at what came after. */
export async function auditMark(auditLogPath: string): Promise<number> {
  return (await readFile(auditLogPath)).length
}
