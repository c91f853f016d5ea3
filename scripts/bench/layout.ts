/** A server, one identity and N leaves, once in keyroller's words and once in those of Vault Agent. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bootstrapIdentity } from '../../test/rig/bootstrap.ts'
import { createHost } from '../../test/rig/host.ts'
import { AUTH_MOUNT, appNames, PKI_MOUNT } from '../../test/rig/pki.ts'
import { DAY_MS, startServer } from '../../test/rig/scenario-s2.ts'
import type { VaultEndpoint } from '../../test/rig/vault-admin.ts'

const APP = 'ncprd1'

export interface Layout {
  /** Where both write; emptied before every run. */
  readonly outputs: string
  readonly keyrollerConfig: string
  readonly agentConfig: string
  /** Throws unless every output of that program is there. */
  readonly check: (program: 'keyroller' | 'agent') => Promise<void>
  readonly stop: () => Promise<void>
}

export async function layOut(dir: string, leaves: number): Promise<Layout> {
  const server = await startServer({ dir: join(dir, 'server'), storage: 'inmem' })
  const host = await createHost({ ...server, dir: join(dir, 'host'), apps: [{ name: APP, reload: [] }] })
  const [app] = host.apps
  if (!app) throw new Error('the host has no app')
  await bootstrapIdentity(host, server.admin, app, { lifetimeMs: 30 * DAY_MS, ageMs: DAY_MS })
  await allowIssue(server)
  const outputs = join(dir, 'out')
  const names = Array.from({ length: leaves }, (_, index) => `leaf${index}`)
  await host.configure((config) => {
    config.certificate = Object.fromEntries(names.map((name) => [name, leafTable(name, outputs)]))
  })
  const agentConfig = join(dir, 'agent.hcl')
  await writeFile(agentConfig, agentText(server.vault, host.paths(APP), names, outputs))
  return {
    outputs,
    keyrollerConfig: host.configFile,
    agentConfig,
    check: (program) => checkOutputs(outputs, program === 'keyroller' ? leaves * 2 : leaves),
    stop: server.stop,
  }
}

/** Vault Agent's `pkiCert` cannot sign a request of its own; it needs `issue`, which hands the key over the wire. */
async function allowIssue({ admin }: Awaited<ReturnType<typeof startServer>>): Promise<void> {
  const { policy, identityRole, leafRole } = appNames(APP)
  const paths = [`sign/${identityRole}`, `sign/${leafRole}`, `issue/${leafRole}`]
  const text = paths.map((path) => `path "${PKI_MOUNT}/${path}" { capabilities = ["update"] }`).join('\n')
  await admin.write(`sys/policies/acl/${policy}`, { policy: text })
}

function leafTable(name: string, outputs: string) {
  return {
    identity: APP,
    role: appNames(APP).leafRole,
    common_name: `${name}.int.privsec.ch`,
    ttl: '24h',
    files: { key: join(outputs, `${name}.key`), fullchain: join(outputs, `${name}.pem`) },
  }
}

function agentText(
  vault: VaultEndpoint,
  paths: { readonly agentCert: string; readonly agentKey: string },
  names: readonly string[],
  outputs: string,
): string {
  const { mapping, leafRole } = appNames(APP)
  const templates = names.map((name) => {
    const call = `pkiCert \\"${PKI_MOUNT}/issue/${leafRole}\\" \\"common_name=${name}.int.privsec.ch\\" \\"ttl=24h\\"`
    const contents = `{{ with ${call} }}{{ .Key }}{{ .Cert }}{{ .CA }}{{ end }}`
    return `template {\n  contents = "${contents}"\n  destination = "${join(outputs, `${name}.pem`)}"\n  perms = "0600"\n}\n`
  })
  return `exit_after_auth = true
log_level = "error"
vault {
  address = "${vault.address}"
  ca_cert = "${vault.caFile}"
  client_cert = "${paths.agentCert}"
  client_key = "${paths.agentKey}"
}
auto_auth {
  method "cert" {
    mount_path = "auth/${AUTH_MOUNT}"
    config = { name = "${mapping}" }
  }
}
${templates.join('')}`
}

async function checkOutputs(outputs: string, expected: number): Promise<void> {
  const names = await readdir(outputs)
  if (names.length !== expected)
    throw new Error(`expected ${expected} files in ${outputs}, found ${names.length}`)
  const [first = ''] = names
  const text = await readFile(join(outputs, first), 'utf8')
  if (!text.includes('-----END')) throw new Error(`expected PEM in ${first}, found ${text.length} characters`)
}
