/** What systemd, really booted, gives a service of an env file that keyroller would write. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatEnv } from '../../src/core/secrets/env-file.ts'
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
  await writeFile(machine.outside('/root/env'), env.text)
  const show = ['--property=EnvironmentFile=/root/env', 'cat', '/proc/self/environ'] as const
  const shown = await machine.must(['systemd-run', '--quiet', '--wait', '--pipe', ...show])
  const seen = new Map(shown.split('\0').map((line) => line.split(/=(.*)/s, 2) as [string, string]))
  expect(values.map((_, index) => seen.get(`V${index}`))).toEqual(values)
})
