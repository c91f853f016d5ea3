import { keepsChain } from '../core/file-spec.ts'
import type { Paired } from '../core/material.ts'
import type { ClientPair } from '../vault/agent.ts'
import type { SetParts } from '../x509/render-file.ts'

/**
 * What is presented at a login, or to a consumer that asks: exactly what the material's files hold. Intermediates go along only
 * when a file keeps them; a proof that presented more than the next run can would prove nothing.
 */
export function clientPair({ files }: Paired, { keyPem, leafPem, chainPems }: SetParts): ClientPair {
  return { keyPem, certPem: [leafPem, ...(keepsChain(files) ? chainPems : [])].join('') }
}
