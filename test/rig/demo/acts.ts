/** The demo's story, one act a function; each tells what it does and checks what it claims. */
import { setTimeout as sleep } from 'node:timers/promises'
import { auditedRequests, auditMark } from '../audit-log.ts'
import type { Finished } from '../command.ts'
import type { HostScenario } from '../scenario-s2.ts'
import { vaultBinary } from '../vault-server.ts'
import type { Checks } from './checks.ts'
import {
  fileAttributes,
  hupCounts,
  installedSerials,
  keyMatches,
  loginPolicies,
  opensslVerify,
  servedSerials,
  serverVersion,
} from './facts.ts'
import type { Narrator } from './narrator.ts'

export interface Demo {
  readonly stage: HostScenario
  readonly narrator: Narrator
  readonly checks: Checks
}

export const SKEWED_VERSION = '1.20.4'

export async function planAct(demo: Demo): Promise<void> {
  demo.narrator.heading('What is due, and why')
  demo.narrator.say('both agent certificates are 25 of 30 days old, both leaves 20 of 24 hours')
  const before = await installedSerials(demo.stage)
  const plan = await keyroller(demo, ['plan'])
  demo.checks.equal('plan succeeds', plan.exit, 0)
  for (const id of Object.keys(before)) demo.checks.contains('plan names', plan.stdout, id)
  demo.checks.equal('rolled by plan', rolled(before, await installedSerials(demo.stage)), [])
}

export async function renewAct(demo: Demo): Promise<void> {
  demo.narrator.heading('Renew all that is due')
  const mark = await auditMark(demo.stage.vault.auditLogPath)
  const before = { installed: await installedSerials(demo.stage), served: await servedSerials(demo.stage) }
  await renew(demo)
  const after = { installed: await installedSerials(demo.stage), served: await servedSerials(demo.stage) }
  const everything = Object.keys(before.installed)
  demo.checks.equal('rolled', rolled(before.installed, after.installed), everything)
  for (const [id, serial] of Object.entries(after.served)) {
    demo.checks.differ(`${id} as served, before and after`, before.served[id] ?? '', serial)
    demo.checks.equal(`${id} as served is what lies on disk`, serial, after.installed[id])
  }
  await checkTold(demo, 1)
  await checkAsked(demo, mark, everything.length)
}

export async function filesAct(demo: Demo): Promise<void> {
  demo.narrator.heading('The files, as openssl and Vault judge them')
  for (const app of demo.stage.host.apps) {
    const { agentKey, agentCert, leafKey, fullchain } = demo.stage.host.paths(app.name)
    const owner = `${app.uid ?? process.getuid?.()}:${app.uid ?? process.getgid?.()}`
    demo.checks.equal(`${app.name} modes and owners`, await fileAttributes(demo.stage, app.name), [
      `0600 ${owner} agent.key`,
      `0644 ${owner} agent.crt`,
      `0644 ${owner} ca.pem`,
      `0600 ${owner} ${app.name}.key.pem`,
      `0644 ${owner} ${app.name}.fullchain.pem`,
    ])
    demo.checks.equal(`${app.name} agent key matches`, await keyMatches(agentKey, agentCert), true)
    demo.checks.equal(`${app.name} leaf key matches`, await keyMatches(leafKey, fullchain), true)
    demo.checks.equal(`${app.name} openssl verify`, await opensslVerify(demo.stage, fullchain), 'OK')
    const policies = `default marker-cert-auth pki-issue-${app.name}`
    demo.checks.equal(`${app.name} logs in with its new pair`, await loginPolicies(demo.stage, app), policies)
  }
}

export async function againAct(demo: Demo): Promise<void> {
  demo.narrator.heading('Again: nothing is due, so nothing is done')
  const mark = await auditMark(demo.stage.vault.auditLogPath)
  const before = await installedSerials(demo.stage)
  await renew(demo)
  demo.checks.equal('rolled', rolled(before, await installedSerials(demo.stage)), [])
  demo.checks.equal('Vault was asked', (await auditMark(demo.stage.vault.auditLogPath)) !== mark, false)
  await checkTold(demo, 1)
}

export async function oneAct(demo: Demo): Promise<void> {
  const id = `certificate/${demo.stage.host.apps[0]?.name}`
  demo.narrator.heading('One alone, although it is not due')
  const before = await installedSerials(demo.stage)
  await renew(demo, '--now', id)
  demo.checks.equal('rolled', rolled(before, await installedSerials(demo.stage)), [id])
  await checkTold(demo, 2)
}

export async function statusAct(demo: Demo): Promise<void> {
  demo.narrator.heading('Where everything stands')
  const status = await keyroller(demo, ['status'])
  demo.checks.equal('status succeeds', status.exit, 0)
  for (const id of Object.keys(await installedSerials(demo.stage))) {
    demo.checks.contains('status names', status.stdout, id)
  }
}

export async function skewAct(demo: Demo): Promise<void> {
  demo.narrator.heading(`The server changes to ${SKEWED_VERSION}`)
  const { vault } = demo.stage
  const agentVersion = await serverVersion(vault)
  await vault.stop()
  await vault.start(await vaultBinary(SKEWED_VERSION))
  const skew = await keyroller(demo, ['skew'])
  demo.checks.contains('skew shows the server', skew.stdout, `server ${SKEWED_VERSION}`)
  const agent = `minor: agent is ${agentVersion}, server is ${SKEWED_VERSION}`
  demo.checks.contains('skew shows the agent', skew.stdout, agent)
  demo.narrator.say('behind, not broken: what counts is whether this host can still renew')
  const before = await installedSerials(demo.stage)
  await renew(demo, '--now')
  demo.checks.equal('rolled', rolled(before, await installedSerials(demo.stage)), Object.keys(before))
  await checkTold(demo, 3)
}

export async function verifyAct(demo: Demo): Promise<void> {
  demo.narrator.heading('The checklist, line by line')
  const verify = await keyroller(demo, ['verify'])
  demo.checks.equal('verify passes', verify.exit, 0)
}

async function renew(demo: Demo, ...args: string[]): Promise<void> {
  const { exit } = await keyroller(demo, ['renew', ...args, '--log', 'human'])
  demo.checks.equal('renew succeeds', exit, 0)
}

async function keyroller(demo: Demo, args: readonly string[]): Promise<Finished> {
  const finished = await demo.stage.host.keyroller(args)
  demo.narrator.command(`keyroller ${args.join(' ')}`, finished)
  return finished
}

/** The materials whose serial is another now. */
function rolled(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(before).filter((id) => before[id] !== after[id])
}

/** The count is since the start; a HUP sent twice would arrive within the pause. */
async function checkTold(demo: Demo, expected: number): Promise<void> {
  await sleep(500)
  const counts = Object.fromEntries(demo.stage.consumers.map((name) => [name, expected]))
  demo.checks.equal('reloads told so far', await hupCounts(demo.stage), counts)
}

/** Keys are made on the host: Vault signs requests and issues nothing, and no private key is in what it was sent. */
async function checkAsked(demo: Demo, mark: number, signed: number): Promise<void> {
  const requests = await auditedRequests(demo.stage.vault.auditLogPath, mark)
  const asked = (verb: string) => requests.filter(({ path }) => path.startsWith(`pki-prod/${verb}/`)).length
  demo.checks.equal('requests to pki-prod/sign', asked('sign'), signed)
  demo.checks.equal('requests to pki-prod/issue', asked('issue'), 0)
  demo.checks.equal('private keys sent', JSON.stringify(requests).split('PRIVATE KEY').length - 1, 0)
}
