/** What systemd, really booted, gives a service of an env file that keyroller would write. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatEnv } from '../../src/core/secrets/env-file.ts'
import { setVariable } from '../../src/core/secrets/set-variable.ts'
import { envValues } from '../rig/env-values.ts'
import { type Machine, startMachine } from './machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await startMachine({ dir: await mkdtemp(join(tmpdir(), 'keyroller-env-')), binds: [] })
}, 900_000)
afterAll(() => machine?.stop())

test('every value as it was', async () => {
  const values = fc.sample(envValues, 500)
  const env = formatEnv(
    values.map((value, index) => [`V${index}`, value]),
    'shell',
  )
  if ('fault' in env) throw new Error(env.fault)
  const seen = await readBySystemd(env.text)
  expect(values.map((_, index) => seen.get(`V${index}`))).toEqual(values)
})

test('a variable that is set in a file of others, whose own are as before', async () => {
  const others = 'A="1\nKEY=2"\nB=\\\nKEY=3\n# KEY=4 \\\n;KEY=5\nC=d"\nD=\'\nKEY=6\'"\nKEY=7"\n'
  const pem = `-----BEGIN PRIVATE KEY-----\n${'ab+/'.repeat(16)}\n-----END PRIVATE KEY-----`
  const before = await readBySystemd(others)
  expect(before.has('KEY')).toBe(false)
  for (const standing of [
    others,
    `${others}# KEY=8 \\`,
    `${others}# KEY=8 \\\n`,
    `KEY='old\n'\n${others}`,
    `${others}  KEY = "old\n"`,
  ]) {
    const set = setVariable(standing, 'KEY', pem)
    if ('fault' in set) throw new Error(set.fault)
    const seen = await readBySystemd(set.text)
    expect(['A', 'B', 'C', 'D', 'KEY'].map((name) => seen.get(name))).toEqual([
      ...['A', 'B', 'C', 'D'].map((name) => before.get(name)),
      pem,
    ])
  }
})

async function readBySystemd(text: string): Promise<Map<string, string>> {
  await writeFile(machine.outside('/root/env'), text)
  const show = ['--property=EnvironmentFile=/root/env', 'cat', '/proc/self/environ'] as const
  const shown = await machine.must(['systemd-run', '--quiet', '--wait', '--pipe', ...show])
  return new Map(shown.split('\0').map((line) => line.split(/=(.*)/s, 2) as [string, string]))
}
