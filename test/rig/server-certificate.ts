import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { must } from './command.ts'

export interface ServerCertificate {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

/**
 * Makes a private authority for a year and with it a server certificate for 127.0.0.1 and localhost, valid for two days, in
 * `dir`. It is the transport's own PKI and has nothing to do with what Vault issues.
 */
export async function makeServerCertificate(dir: string): Promise<ServerCertificate> {
  await mkdir(dir, { recursive: true })
  const ca = { key: join(dir, 'ca.key'), cert: join(dir, 'ca.pem') }
  const server = { key: join(dir, 'server.key'), cert: join(dir, 'server.pem') }
  const signedBy = ['-CA', ca.cert, '-CAkey', ca.key]
  const names = join(dir, 'names.cnf')
  await writeFile(names, 'subjectAltName = IP:127.0.0.1, DNS:localhost\nextendedKeyUsage = serverAuth\n')
  await must([
    'openssl',
    'req',
    '-x509',
    ...newKey(ca.key),
    '-subj',
    '/CN=test transport CA',
    '-days',
    '365',
    '-out',
    ca.cert,
  ])
  const request = await must(['openssl', 'req', ...newKey(server.key), '-subj', '/CN=localhost'])
  await must(['openssl', 'x509', '-req', ...signedBy, '-days', '2', '-extfile', names, '-out', server.cert], {
    input: request,
  })
  await rm(names)
  return { caFile: ca.cert, certFile: server.cert, keyFile: server.key }
}

function newKey(path: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path]
}
