/**
 * A reader in a loop while a set is switched, slowed down at every call that changes a name: with the layout `generation` it
 * never meets a key beside the certificate of another, not in the middle of a switch and not in the middle of a move.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { describeScenario, SCENARIOS, type Scenario } from './switched-host.ts'
import { tally } from './tally.ts'
import { runSlowly } from './tampered-child.ts'
import { type Installed, makeHost } from './violations.ts'

/** Long enough for the reader to come round several times. */
const DELAY_US = 4000

const SETS_OF_5 = SCENARIOS.filter(({ files }) => files === 5)
const byLayout = (wanted: Scenario['layout']) =>
  SETS_OF_5.filter(({ layout }) => layout === wanted).map((one) => [describeScenario(one), one] as const)

test.each(byLayout('generation'))('%s: every sight is of one set', async (of, scenario) => {
  const sights = await watchInstall(scenario)
  const before = scenario.before === 'none' ? 'none' : 'old'
  const opened = scenario.before === 'none' ? ['opened new'] : ['opened new', 'opened old']
  const allowed = ['new', before, ...opened]
  const violations = sights.filter((sight) => !allowed.includes(sight))
  tally({ proof: 'reader', of, count: 1, label: `saw ${sights.join(', ')}`, violations })
  expect(sights).toEqual(allowed.sort())
})

test.each(byLayout('files'))('%s: the reader would see files of two sets', async (_, scenario) => {
  expect((await watchInstall(scenario)).filter((sight) => sight.includes(' and '))).not.toEqual([])
})

async function watchInstall(scenario: Scenario): Promise<string[]> {
  const root = await makeHost(scenario)
  try {
    const reader = await startReader(root, scenario)
    const installed = await runSlowly<Installed>('install', root, scenario, DELAY_US)
    const sights = await reader.end()
    expect(installed).toMatchObject({ failed: [] })
    return sights
  } finally {
    await rm(root, { recursive: true })
  }
}

async function startReader(root: string, scenario: Scenario): Promise<{ end: () => Promise<string[]> }> {
  const script = new URL('pair-reader.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, root, JSON.stringify(scenario)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return {
    end: async () => {
      child.stdin.end()
      return JSON.parse(await text(child.stdout))
    },
  }
}
