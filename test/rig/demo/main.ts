/** Runs the demo: stage, story, result, clean-up. Options and promises: scripts/demo. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startLocalScenario } from '../local-scenario.ts'
import { type HostScenario, startScenario } from '../scenario-s2.ts'
import { vaultBinary } from '../vault-server.ts'
import { againAct, filesAct, oneAct, planAct, renewAct, skewAct, statusAct, verifyAct } from './acts.ts'
import { createChecks } from './checks.ts'
import { hupCounts, installedSerials, servedSerials } from './facts.ts'
import { keepStage } from './keep.ts'
import { createNarrator } from './narrator.ts'
import { containerObstacles } from './obstacles.ts'

const ACTS = [planAct, renewAct, filesAct, againAct, oneAct, statusAct, skewAct, verifyAct]

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, keep: { type: 'boolean' } } })
const narrator = createNarrator(options.json ? process.stderr : process.stdout)
const checks = createChecks(narrator)
process.exit(await demo())

async function demo(): Promise<number> {
  const startedMs = Date.now()
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-demo-'))
  const leftOut = await containerObstacles()
  const staging = setStage(dir, leftOut)
  const outcome = await Promise.race([staging.then(tell), interruption()]).catch(toError)
  const takenDown = await takeDown(dir, staging).catch(toError)
  return conclude({ leftOut, ...takenDown, ...outcome, seconds: Math.round((Date.now() - startedMs) / 1000) })
}

interface Outcome {
  /** What broke the story off; a check that fails does not. */
  readonly error?: string
  readonly [fact: string]: unknown
}

async function setStage(dir: string, leftOut: readonly string[]): Promise<HostScenario> {
  narrator.heading('The stage')
  narrator.say('a Vault with TLS, PrivSec root -> intermediate at pki-prod, roles, policies, login mappings')
  narrator.say('a host with the apps ncprd1 and resume2me, and who serves their certificates')
  for (const obstacle of leftOut) narrator.say(`left out: ${obstacle}`)
  const start = leftOut.length === 0 ? startScenario : startLocalScenario
  const binary = await vaultBinary()
  const stage = await start({ dir, binary, outlivesUs: options.keep ?? false })
  // The same program is Vault Agent: the one this host is taken to run.
  await stage.host.configure((config) => {
    config.agents = { binaries: [binary] }
  })
  return stage
}

async function tell(stage: HostScenario): Promise<Outcome> {
  narrator.say(
    `Vault at ${stage.vault.address}; both apps at 127.0.0.1:${stage.proxyPort}, served by ${stage.consumers[0]}`,
  )
  narrator.say(`everything lies in ${stage.dir}`)
  for (const act of ACTS) await act({ stage, narrator, checks })
  return {
    installed: await installedSerials(stage),
    served: await servedSerials(stage),
    told: await hupCounts(stage),
  }
}

function toError(error: unknown): Outcome {
  return { error: error instanceof Error ? error.message : String(error) }
}

/** Rejects at the first SIGINT or SIGTERM, so that the stage is taken down all the same. */
function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'])
      process.once(signal, () => reject(new Error(`stopped by ${signal}`)))
  })
}

async function takeDown(dir: string, staging: Promise<HostScenario>): Promise<Outcome> {
  const stage = await staging.catch(() => null)
  if (stage !== null && options.keep) {
    narrator.heading('Kept running')
    for (const line of await keepStage(stage)) narrator.say(line)
    return { dir }
  }
  await stage?.stop()
  await rm(dir, { recursive: true, force: true })
  return {}
}

/** Ends the story in one line, or in the one JSON object; gives the exit code. */
function conclude(outcome: Outcome): number {
  const failed = checks.results.filter((check) => !check.ok)
  const ok = outcome.error === undefined && failed.length === 0 && checks.results.length > 0
  const reason = outcome.error ?? `${failed.length} of ${checks.results.length} checks, see FAIL above`
  narrator.end(ok ? 'demo: ok' : `demo: failed: ${reason}`)
  if (options.json) console.log(JSON.stringify({ ok, ...outcome, checks: checks.results }))
  return ok ? 0 : 1
}
