/** What must hold of a switched host after any crash or fault, and after the recovery that follows it. */
import { lstatSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FaultRecord } from '../../../src/core/errors.ts'
import { verifyChain } from '../../../src/core/ledger/chain.ts'
import type { MaterialId } from '../../../src/core/material.ts'
import { type KeptFile, listKeptSets, readKeptSet } from '../../../src/files/own/kept-sets.ts'
import { readLedger } from '../../../src/files/own/read-ledger.ts'
import { kindOf } from '../../../src/files/switching/standing.ts'
import { switchSets } from '../../../src/files/switching/switch-sets.ts'
import { openMemory } from '../../../src/run/recording/memory-store.ts'
import { recoverHost } from '../../../src/run/recover-host.ts'
import { CONSUMER } from '../../unit/run/small-host.ts'
import { type FileState, readLeftovers, readSets } from './host-state.ts'
import { contentOf, HOMES, type Role, rolesOf, type Scenario, setsOf, switchedHost } from './switched-host.ts'

type Before = 'old' | 'none'

/** What `install-child.ts` says; `killed` when it said nothing. */
export type Installed =
  | {
      readonly switched: readonly MaterialId[]
      readonly failed: readonly (readonly [MaterialId, FaultRecord])[]
    }
  | { readonly thrown: FaultRecord }
  | 'killed'

/** A new host, in a folder of its own. */
export async function makeHost(scenario: Scenario): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'keyroller-crash-'))
  await prepareHost(root, scenario)
  return root
}

/** The files of before, put in place; generations as two switches leave them: the current one, and one before it. */
export async function prepareHost(root: string, scenario: Scenario): Promise<void> {
  const { files, before } = scenario
  const { stateDir } = switchedHost(root, scenario).config
  const sets = before === 'none' ? [] : setsOf(root, files, before, 'old')
  for (const _ of before === 'generation' ? ['first', 'second'] : ['only']) {
    const { failed, settle } = await switchSets({ stateDir, sets, owedFor: () => [] })
    for (const fault of failed.values()) throw fault
    await settle()
  }
}

/** Recovers the host, twice, and says what does not hold. */
export async function findViolations(
  root: string,
  scenario: Scenario,
  installed: Installed,
): Promise<string[]> {
  const { config, host } = switchedHost(root, scenario)
  const { files } = scenario
  const before = scenario.before === 'none' ? 'none' : 'old'
  const atFirst = readSets(root, files)
  await recoverHost(config, host)
  const sets = readSets(root, files)
  const again = await recoverHost(config, host)
  return [
    ...findTorn(atFirst),
    ...(scenario.layout === 'generation'
      ? findHalf(atFirst, before).map((one) => `unrecovered, ${one}`)
      : []),
    ...findHalf(sets, before),
    ...findBrokenWord(atFirst, sets, before, installed),
    ...findForgotten(root, atFirst, sets),
    ...findLost(root, files, before, sets),
    ...findAstray(root, sets, scenario),
    ...readLeftovers(root, files).map((name) => `${name} was left`),
    ...findEdited(config.stateDir),
    ...(again.recovery.sets.length + again.swept.length > 0 ? ['recovery found work a second time'] : []),
    ...(describeSets(readSets(root, files)) === describeSets(sets) ? [] : ['recovery changed its mind']),
  ]
}

type Sets = ReturnType<typeof readSets>

/** What a crash cuts off, the next entry names: no fault of the chain. */
function findEdited(stateDir: string): string[] {
  const { fault } = verifyChain(readLedger(stateDir), { from: 1, heads: [] })
  return fault ? [`ledger: ${fault.message}`] : []
}

/** At no moment, recovered or not, does a visible name stand for half a file or one with other rights. */
function findTorn(sets: Sets): string[] {
  return [...sets.values()].flat().filter((state) => state.startsWith('torn'))
}

function findHalf(sets: Sets, before: Before): string[] {
  const whole: readonly FileState[] = [before, 'new']
  return [...sets].flatMap(([id, states]) => {
    const [state, ...more] = states
    return state && more.length === 0 && whole.includes(state) ? [] : [`${id} is ${states.join(' and ')}`]
  })
}

/** What is new lies as its layout wants it. */
function findAstray(root: string, sets: Sets, { files, layout }: Scenario): string[] {
  const wanted = layout === 'files' ? 'a regular file' : 'a symbolic link'
  return HOMES.flatMap(([id, home]) => {
    if (!sets.get(id)?.includes('new')) return []
    const kinds = rolesOf(files).map((role) => kindOf(lstatSync(join(root, home, `${role}.pem`))))
    return kinds.filter((kind) => kind !== wanted).map((kind) => `${id} has ${kind}`)
  })
}

/** What the installation said came true, at once and for good. */
function findBrokenWord(atFirst: Sets, sets: Sets, before: Before, installed: Installed): string[] {
  if (installed === 'killed' || 'thrown' in installed) return []
  const said = new Map<MaterialId, FileState>(installed.switched.map((id) => [id, 'new']))
  for (const [id] of installed.failed) said.set(id, before)
  return [...said].flatMap(([id, state]) => {
    const found = [...(atFirst.get(id) ?? []), ...(sets.get(id) ?? [])]
    return found.every((one) => one === state) ? [] : [`${id} was said to be ${state}, found ${found}`]
  })
}

/** Whoever can have met a new file is owed a reload; and what a set holds is remembered. */
function findForgotten(root: string, atFirst: Sets, sets: Sets): string[] {
  const memory = openMemory(join(root, 'state')).current()
  const isNew = (id: MaterialId) => [atFirst, sets].some((seen) => seen.get(id)?.includes('new'))
  const owed = memory.owed.some(({ target }) => target === CONSUMER.text)
  const unknown = [...sets.keys()].filter((id) => {
    return (sets.get(id)?.[0] === 'new') !== (memory.materials[id]?.issued?.serial === 'new')
  })
  return [
    ...(isNew('certificate/app') && !owed ? ['the reload is not owed'] : []),
    ...unknown.map((id) => `${id} is remembered wrongly`),
  ]
}

/** Whatever was replaced is kept, every byte of it; and nothing is kept that is not whole. */
function findLost(root: string, files: number, before: Before, sets: Sets): string[] {
  const state = join(root, 'state')
  const kept = listKeptSets(state).flatMap((set) => {
    const { files: all } = readKeptSet(state, set)
    const isOld = ({ role, content }: KeptFile) => contentOf('old', role as Role).equals(content)
    return all.length === files && all.every(isOld) ? [set.material] : []
  })
  const damaged = listKeptSets(state).length - kept.length
  const lost = [...sets].filter(([id, [state]]) => before === 'old' && state === 'new' && !kept.includes(id))
  return [
    ...lost.map(([id]) => `what was replaced of ${id} is not kept`),
    ...(damaged > 0 ? [`${damaged} kept sets are not those of before`] : []),
  ]
}

/** A fault names the file or directory, and what the system said. */
export function findUntold(root: string, installed: Installed): string[] {
  return findFaults(installed, ({ message }) => message.includes(root) && /\bE[A-Z]{2,}/.test(message))
}

/** As `findUntold`, where the system said nothing and keyroller found out by itself. */
export function findMute(root: string, installed: Installed): string[] {
  return findFaults(installed, ({ message }) => message.includes(root))
}

function findFaults(installed: Installed, isTold: (fault: FaultRecord) => boolean): string[] {
  if (installed === 'killed') return ['it was killed']
  const faults = 'thrown' in installed ? [installed.thrown] : installed.failed.map(([, fault]) => fault)
  return faults
    .filter((fault) => fault.code === 'internal' || !isTold(fault))
    .map(({ code, message }) => `it was said to be ${code}: ${message}`)
}

function describeSets(sets: Sets): string {
  return JSON.stringify([...sets])
}
