import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must } from './command.ts'

export interface Pair {
  readonly certPem: string
  readonly keyPem: string
}

/** A private authority made by openssl, for servers and clients of these tests. */
export interface Authority {
  readonly caPem: string
  readonly issue: (options?: IssueOptions) => Promise<Pair>
  readonly remove: () => Promise<void>
}

export interface IssueOptions {
  readonly commonName?: string
  /** openssl's notation; default the loopback names. Empty leaves the extension out. */
  readonly names?: string
  /** Negative: expired. */
  readonly days?: number
  readonly usage?: 'serverAuth' | 'clientAuth'
}

export async function makeAuthority(): Promise<Authority> {
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-authority-'))
  const ca = { key: join(dir, 'ca.key'), cert: join(dir, 'ca.pem') }
  await must([
    'openssl',
    'req',
    '-x509',
    ...newKey(ca.key),
    '-subj',
    '/CN=stub CA',
    '-days',
    '2',
    '-out',
    ca.cert,
  ])
  let count = 0
  return {
    caPem: await readFile(ca.cert, 'utf8'),
    issue: (options = {}) => issue(dir, `${++count}`, ca, options),
    remove: () => rm(dir, { recursive: true }),
  }
}

async function issue(
  dir: string,
  name: string,
  ca: { key: string; cert: string },
  options: IssueOptions,
): Promise<Pair> {
  const key = join(dir, `${name}.key`)
  const extensions = join(dir, `${name}.cnf`)
  const names = options.names ?? 'IP:127.0.0.1, DNS:localhost'
  const san = names === '' ? '' : `subjectAltName = ${names}\n`
  await writeFile(extensions, `${san}extendedKeyUsage = ${options.usage ?? 'serverAuth'}\n`)
  const request = await must([
    'openssl',
    'req',
    ...newKey(key),
    '-subj',
    `/CN=${options.commonName ?? 'localhost'}`,
  ])
  const signedBy = ['-CA', ca.cert, '-CAkey', ca.key, '-days', `${options.days ?? 1}`, '-extfile', extensions]
  const certPem = await must(['openssl', 'x509', '-req', ...signedBy], { input: request })
  return { certPem, keyPem: await readFile(key, 'utf8') }
}

function newKey(path: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path]
}
