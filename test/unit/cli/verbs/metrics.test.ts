import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NOW_MS } from '../../x509/authority.ts'
import { stage } from '../stage.ts'

const END = /^keyroller_run_last_timestamp_seconds (\d+)$/m

test('are printed without what only a run knows', async () => {
  const { keyroller } = await stage()
  const { exit, stdout } = await keyroller('metrics')
  expect(exit).toBe(0)
  expect(stdout).toContain('keyroller_material_ready{kind="identity",name="agent"} 1\n')
  expect(stdout).not.toMatch(END)
})

test('are left by every run, also one with nothing due and one for a single name', async () => {
  const { keyroller, folder, configure } = await stage()
  configure((text) => `${text}\n[metrics]\ntextfile = "${folder}/prom/keyroller.prom"\n`)
  mkdirSync(join(folder, 'prom'))
  const path = join(folder, 'prom/keyroller.prom')
  for (const [args, nowMs] of [
    ['renew', NOW_MS],
    ['renew', NOW_MS + 60_000],
    ['renew identity/agent', NOW_MS + 120_000],
  ] as const) {
    expect((await keyroller(`${args} --log human`, { nowMs })).exit).toBe(0)
    const text = readFileSync(path, 'utf8')
    expect(END.exec(text)?.[1]).toBe(String(nowMs / 1000))
    expect(text).toContain('keyroller_material_ready{kind="certificate",name="web"}')
    expect(statSync(path).mode & 0o777).toBe(0o644)
  }
})

test('a directory that is missing is a note, and fails no run', async () => {
  const { keyroller, folder, configure } = await stage()
  configure((text) => `${text}\n[metrics]\ntextfile = "${folder}/none/keyroller.prom"\n`)
  const { exit, stdout } = await keyroller('renew --log human')
  expect([exit, stdout]).toEqual([
    0,
    expect.stringContaining('note  ~/none: expected a directory, found no none'),
  ])
})
