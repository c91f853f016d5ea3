/** What an operator with rights asks of the server: whole objects, read and written by path. */
import { isObject } from './answer.ts'
import type { VaultClient } from './client.ts'
import type { OperateOperation } from './operation.ts'
import { refusalOf } from './refusal.ts'

export interface Operator {
  /** The object at a path, or undefined when there is none. Throws `vault-denied`, and what a transport throws. */
  readonly read: (path: string) => Promise<Readonly<Record<string, unknown>> | undefined>
  /** Throws `vault-denied`, `vault-failed` with the server's sentence, and what a transport throws. */
  readonly write: (path: string, data: object) => Promise<void>
}

export function openOperator(client: VaultClient, token: string): Operator {
  client.useToken(token)
  return {
    read: (path) => readObject(client, path),
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
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const operation: OperateOperation = { kind: 'operate', path, capability: 'read' }
  const answer = await client.read(operation)
  if (answer.statusCode === 404) return undefined
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
  return dataOf(answer.body)
}

/** Some answers of `sys/` carry their object bare as well; `data` wins. */
function dataOf(body: unknown): Readonly<Record<string, unknown>> {
  const data = isObject(body) ? body.data : undefined
  return isObject(data) ? data : isObject(body) ? body : {}
}
