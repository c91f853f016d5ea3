/**
 * The operator's side of Vault: a bare client that sets servers up and breaks them, with a root token. It shares no code
 * with `src/vault`, so that neither can hide a fault of the other.
 */
import { readFileSync } from 'node:fs'
import { request } from 'node:https'

export interface VaultAdmin {
  /** The `data` of the answer, or the whole answer when it has none; null when there is nothing at the path. */
  readonly read: (path: string) => Promise<Record<string, unknown> | null>
  readonly write: (path: string, body?: object) => Promise<Record<string, unknown>>
  readonly remove: (path: string) => Promise<void>
}

export interface VaultEndpoint {
  readonly address: string
  readonly caFile: string
}

/** A client for one server. Every answer but 2xx (and 404 on `read`) throws, with what Vault said. */
export function vaultAdmin(server: VaultEndpoint, token: string): VaultAdmin {
  const ask = (method: string, path: string, body?: object) =>
    vaultRequest(server, { method, path, body, token })
  return {
    read: async (path) => {
      const answer = await ask('GET', path)
      return answer.status === 404 ? null : payload(path, answer)
    },
    write: async (path, body = {}) => payload(path, await ask('PUT', path, body)),
    remove: async (path) => {
      payload(path, await ask('DELETE', path))
    },
  }
}

export interface VaultRequest {
  readonly method: string
  readonly path: string
  readonly body?: object | undefined
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  /** PEM of a client certificate to present. */
  readonly client?: { readonly key: string; readonly cert: string }
}

export interface VaultAnswer {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** One request, whatever the status; rejects when no answer comes within 10 s. */
export function vaultRequest(server: VaultEndpoint, asked: VaultRequest): Promise<VaultAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${server.address}/v1/${asked.path}`,
      {
        method: asked.method,
        ca: readFileSync(server.caFile),
        agent: false,
        signal: AbortSignal.timeout(10_000),
        headers: {
          ...asked.headers,
          ...(asked.token === undefined ? {} : { 'X-Vault-Token': asked.token }),
        },
        ...asked.client,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) })
        })
      },
    )
    sent.once('error', reject)
    sent.end(asked.body === undefined ? undefined : JSON.stringify(asked.body))
  })
}

function payload(path: string, answer: VaultAnswer): Record<string, unknown> {
  if (answer.status < 200 || answer.status > 299) {
    throw new Error(`vault ${path}: ${answer.status} ${JSON.stringify(answer.body.errors)}`)
  }
  const { data } = answer.body
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : answer.body
}
