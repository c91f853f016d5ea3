/** The demo's story, one act a function; each tells what it does and checks what it claims. */
import { setTimeout as sleep } from 'node:timers/promises'
import { auditedRequests, auditMark } from '../audit-log.ts'
import type { Finished } from '../command.ts'
import type { HostScenario } from '../scenario-s2.ts'
import { vaultBinary } from '../vault-server.ts'
import type { Checks } from './checks.ts'
import {
  type AppSerials,
  appSerials,
  fileAttributes,
  hupCounts,
  keyMatches,
  loginPolicies,
  opensslVerify,
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
  const before = await allSerials(demo)
  const plan = await keyroller(demo, ['plan'])
  demo.checks.equal('plan succeeds', plan.exit, 0)
  for (const id of materialIds(demo)) demo.checks.contains(`plan names ${id}`, plan.stdout, id)
  demo.checks.equal('plan changed nothing', await allSerials(demo), before)
}

export async function renewAct(demo: Demo): Promise<void> {
  demo.narrator.heading('Renew everything that is due')
  const before = await allSerials(demo)
  const mark = await auditMark(demo.stage.vault.auditLogPath)
  const renew = await keyroller(demo, ['renew'])
  demo.checks.equal('renew succeeds', renew.exit, 0)
  const after = await allSerials(demo)
  for (const app of Object.keys(after)) {
    demo.checks.differ(
      `${app} agent certificate`,
      serials(before, app).identity,
      serials(after, app).identity,
    )
    demo.checks.differ(`${app} leaf`, serials(before, app).leaf, serials(after, app).leaf)
    demo.checks.differ(
      `${app} as the proxy serves it`,
      serials(before, app).served,
      serials(after, app).served,
    )
    demo.checks.equal(`${app} serves what is on disk`, serials(after, app).served, serials(after, app).leaf)
  }
  await checkHups(demo, 1)
  await checkSigned(demo, mark, 4)
}

export async function filesAct(demo: Demo): Promise<void> {
  demo.narrator.heading('The files, judged by openssl and by Vault')
  for (const app of demo.stage.host.apps) {
    const paths = demo.stage.host.paths(app.name)
    const owner = `${app.uid ?? process.getuid?.()}:${app.uid ?? process.getgid?.()}`
    demo.checks.equal(`${app.name} modes and owners`, await fileAttributes(demo.stage, app.name), [
      `0600 ${owner} agent.key`,
      `0644 ${owner} agent.crt`,
      `0644 ${owner} ca.pem`,
      `0600 ${owner} ${app.name}.key.pem`,
      `0644 ${owner} ${app.name}.fullchain.pem`,
    ])
    const { identity: agentPair, leaf: leafPair } = {
      identity: await keyMatches(paths.agentKey, paths.agentCert),
      leaf: await keyMatches(paths.leafKey, paths.fullchain),
    }
    demo.checks.equal(`${app.name} keys match their certificates`, [agentPair, leafPair], [true, true])
    demo.checks.equal(
      `${app.name} openssl verify to the root`,
      await opensslVerify(demo.stage, paths.fullchain),
      'OK',
    )
    const policies = await loginPolicies(demo.stage, app)
    demo.checks.equal(
      `${app.name} new agent certificate logs in`,
      policies,
      `default marker-cert-auth pki-issue-${app.name}`,
    )
  }
}

export async function againAct(demo: Demo): Promise<void> {
  demo.narrator.heading('Again: nothing is due, so nothing is done')
  const before = await allSerials(demo)
  const mark = await auditMark(demo.stage.vault.auditLogPath)
  const renew = await keyroller(demo, ['renew'])
  demo.checks.equal('renew succeeds', renew.exit, 0)
  demo.checks.equal('serials are the same', await allSerials(demo), before)
  await checkHups(demo, 1)
  await checkSigned(demo, mark, 0)
  const [app] = demo.stage.host.apps
  if (app === undefined) throw new Error('the host has no app')
  demo.narrator.say(`one of them, though not due`)
  await keyroller(demo, ['renew', '--now', `certificate/${app.name}`])
  const after = await allSerials(demo)
  demo.checks.differ(`${app.name} leaf`, serials(before, app.name).leaf, serials(after, app.name).leaf)
  const others = (all: AllSerials) => ({ ...all, [app.name]: serials(all, app.name).identity })
  demo.checks.equal('everything else is as it was', others(after), others(before))
  await checkHups(demo, 2)
}

export async function statusAct(demo: Demo): Promise<void> {
  demo.narrator.heading('Where everything stands')
  const status = await keyroller(demo, ['status'])
  demo.checks.equal('status succeeds', status.exit, 0)
  for (const id of materialIds(demo)) demo.checks.contains(`status names ${id}`, status.stdout, id)
}

export async function skewAct(demo: Demo): Promise<void> {
  demo.narrator.heading(`The server changes to ${SKEWED_VERSION}, below what this host's agents expect`)
  const agentVersion = await serverVersion(demo.stage.vault)
  await demo.stage.vault.stop()
  await demo.stage.vault.start(await vaultBinary(SKEWED_VERSION))
  const skew = await keyroller(demo, ['skew'])
  demo.checks.contains('skew names the server version', skew.stdout, SKEWED_VERSION)
  demo.checks.contains('skew names the agent version', skew.stdout, agentVersion)
  demo.narrator.say('what counts after a change of version: can this host still renew?')
  const before = await allSerials(demo)
  const renew = await keyroller(demo, ['renew', '--now'])
  demo.checks.equal('renew succeeds', renew.exit, 0)
  const after = await allSerials(demo)
  for (const app of Object.keys(after)) {
    demo.checks.differ(
      `${app} agent certificate`,
      serials(before, app).identity,
      serials(after, app).identity,
    )
  }
}

export async function verifyAct(demo: Demo): Promise<void> {
  demo.narrator.heading('The checklist, line by line')
  const verify = await keyroller(demo, ['verify'])
  demo.checks.equal('every line passes', verify.exit, 0)
}

type AllSerials = Readonly<Record<string, AppSerials>>

async function keyroller(demo: Demo, args: readonly string[]): Promise<Finished> {
  const finished = await demo.stage.host.keyroller(args)
  demo.narrator.command(`keyroller ${args.join(' ')}`, finished)
  return finished
}

async function allSerials({ stage }: Demo): Promise<AllSerials> {
  const pairs = stage.host.apps.map(async ({ name }) => [name, await appSerials(stage, name)] as const)
  return Object.fromEntries(await Promise.all(pairs))
}

function serials(all: AllSerials, app: string): AppSerials {
  return all[app] ?? { identity: '', leaf: '', served: '' }
}

function materialIds({ stage }: Demo): string[] {
  return stage.host.apps.flatMap(({ name }) => [`identity/${name}`, `certificate/${name}`])
}

/** The count is since the start; a HUP sent twice arrives within the pause. */
async function checkHups(demo: Demo, expected: number): Promise<void> {
  await sleep(500)
  const counts = Object.fromEntries(demo.stage.consumers.map((name) => [name, expected]))
  demo.checks.equal('reloads told so far', await hupCounts(demo.stage), counts)
}

/** Keys are made on the host: Vault signs requests and never issues, and no private key is in what it was sent. */
async function checkSigned(demo: Demo, mark: number, expected: number): Promise<void> {
  const requests = await auditedRequests(demo.stage.vault.auditLogPath, mark)
  const asked = (verb: string) => requests.filter(({ path }) => path.startsWith(`pki-prod/${verb}/`)).length
  demo.checks.equal('Vault signed requests', asked('sign'), expected)
  demo.checks.equal('Vault issued keys', asked('issue'), 0)
  demo.checks.equal('private keys sent', JSON.stringify(requests).split('PRIVATE KEY').length - 1, 0)
}
