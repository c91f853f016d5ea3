/** What an operator with rights asks of the server: whole objects, read and written by path. */
import { isObject, type TextShape, textsIn } from './answer.ts'
import type { VaultClient } from './client.ts'
import type { OperateOperation } from './operation.ts'
import { refusalOf } from './refusal.ts'

export interface Operator {
  /** The object at a path, or undefined when there is none. Throws `vault-denied`, and what a transport throws. */
  readonly read: (path: string) => Promise<Readonly<Record<string, unknown>> | undefined>
  /** Names below a path, those of folders with a slash at their end; none where there is nothing. */
  readonly list: (path: string) => Promise<readonly string[]>
  /** Throws `vault-denied`, `vault-failed` with the server's sentence, and what a transport throws. */
  readonly write: (path: string, data: object) => Promise<void>
}

export function openOperator(client: VaultClient, token: string): Operator {
  client.useToken(token)
  return {
    read: (path) => readObject(client, path),
    list: (path) => listNames(client, path),
    write: async (path, data) => {
      const operation: OperateOperation = { kind: 'operate', path, capability: 'update' }
      const answer = await client.write(operation, data)
      if (answer.statusCode !== 200) throw refusalOf(operation, answer)
    },
  }
}

/** The object at a path, or undefined when there is none. Throws `vault-denied`, and what a transport throws. */
export async function readObject(
  client: VaultClient,
  path: string,
  token: HostToken = {},
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const operation: OperateOperation = { kind: 'operate', path, capability: 'read', ...token }
  const answer = await client.read(operation)
  if (answer.statusCode === 404) return undefined
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
  return dataOf(answer.body)
}

/** Names below a path, none where there is nothing. Throws `vault-denied`, and what a transport throws. */
export async function listNames(
  client: VaultClient,
  path: string,
  token: HostToken = {},
): Promise<readonly string[]> {
  const operation: OperateOperation = { kind: 'operate', path, capability: 'list', ...token }
  const answer = await client.list(operation)
  if (answer.statusCode === 404) return []
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
  return textsIn(dataOf(answer.body), 'keys', NAME, MOST_NAMES, path)
}

type HostToken = Pick<OperateOperation, 'policies'>

/** It becomes part of a path. */
const NAME: TextShape = { pattern: /^[^\p{C}/]+\/?$/u, maxChars: 256, words: 'a name' }
/** More do not fit into an answer. */
const MOST_NAMES = 200_000

/** Some answers of `sys/` carry their object bare as well; `data` wins. */
function dataOf(body: unknown): Readonly<Record<string, unknown>> {
  const data = isObject(body) ? body.data : undefined
  return isObject(data) ? data : isObject(body) ? body : {}
}
