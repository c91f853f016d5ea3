/** What a real shell gives back of an env file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatEnv } from '../../../../src/core/secrets/env-file.ts'
import { must } from '../../../rig/command.ts'
import { envValues } from '../../../rig/env-values.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keyroller-env-'))
})
afterAll(() => rm(dir, { recursive: true }))

test('sh reads every value as it was', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(envValues, { minLength: 1, maxLength: 40 }), async (all) => {
      expect(await readBySh(all)).toEqual(all)
    }),
    { numRuns: 50 },
  )
})

test('what needs no quotes has none, for those who know none', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'azAZ09_@%+=:,./-') }), (value) => {
      expect(textOf([value], 'none')).toBe(textOf([value], 'shell'))
    }),
  )
})

async function readBySh(all: readonly string[]): Promise<string[]> {
  const file = join(dir, 'env')
  await writeFile(file, textOf(all, 'shell'))
  const print = all.map((_, index) => `printf '%s\\0' "$V${index}"`).join('\n')
  return (await must(['sh', '-c', `. "$1"\n${print}`, 'sh', file])).split('\0').slice(0, -1)
}

function textOf(all: readonly string[], quoting: 'shell' | 'none'): string {
  const env = formatEnv(
    all.map((value, index) => [`V${index}`, value]),
    quoting,
  )
  if ('fault' in env) throw new Error(env.fault)
  return env.text
}
