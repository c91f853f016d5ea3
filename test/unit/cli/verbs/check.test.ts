import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DAY_MS, NOW_MS } from '../../x509/authority.ts'
import { stage } from '../stage.ts'

const EXPIRED = { notBeforeMs: NOW_MS - 3 * DAY_MS, notAfterMs: NOW_MS - DAY_MS }

describe('check', () => {
  test('says how it stands in one line', async () => {
    const { keyroller } = await stage()
    expect(await keyroller('check')).toEqual({
      exit: 0,
      stdout:
        'KEYROLLER OK - 1 of 2 ready, certificate/web ends first, in 15d' +
        '|not_ready=1;;;0;2 owed=0;;;0 failed=0;;;0;2 overdue=0;;;0;2' +
        " 'certificate/web'=1296000s;648000:;259200: 'identity/agent'=1728000s;648000:;259200:\n",
      stderr: '',
    })
  })

  test.each([
    ['--warning 16d --critical 2d', 1, /^KEYROLLER WARNING - certificate\/web: expected more than 16d /],
    ['--warning 60% --critical 55%', 2, /^KEYROLLER CRITICAL - certificate\/web: expected more than 55% /],
    ['identity/agent --warning 16d', 0, /^KEYROLLER OK - 1 of 1 ready/],
  ])('%s', async (args, exit, line) => {
    const { keyroller } = await stage()
    const said = await keyroller(`check ${args}`)
    expect([said.exit, said.stderr]).toEqual([exit, ''])
    expect(said.stdout).toMatch(line)
  })

  test('looks itself, whatever the last run has left', async () => {
    const { keyroller, folder } = await stage({ web: EXPIRED })
    chmodSync(join(folder, 'agent.key'), 0o644)
    const { exit, stdout } = await keyroller('check --json')
    expect(exit).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      state: 'critical',
      exit: 2,
      findings: [
        { state: 'critical', material: 'certificate/web', reason: 'issued' },
        { state: 'warning', material: 'identity/agent', reason: 'installed' },
        { state: 'warning', material: 'certificate/web', reason: 'overdue' },
      ],
      counts: { materials: 2, notReady: 2, overdue: 1 },
      ends: [{ leftSeconds: 20 * 86400 }, { leftSeconds: -86400 }],
    })
  })
})

describe('what keeps it from looking is unknown, on standard output', () => {
  test.each([
    ['check nobody', /expected the name of a configured material, found nobody/],
    ['check --warning soon', /expected a duration like 7d, or a share like 25%/],
    ['check --warning 2d --critical 7d', /expected --critical to be less than --warning, found 7d and 2d/],
    ['check --bogus', /unknown option '--bogus'/],
    ['check --config /nonexistent/keyroller.toml', /found ENOENT at/],
  ])('%s', async (args, message) => {
    const { keyroller } = await stage()
    const { exit, stdout, stderr } = await keyroller(args, { bare: args.includes('--config') })
    expect([exit, stderr]).toEqual([3, ''])
    expect(stdout).toMatch(/^KEYROLLER UNKNOWN - [^|\n]*\n$/)
    expect(stdout).toMatch(message)
  })

  test('as JSON', async () => {
    const { keyroller } = await stage()
    const { exit, stdout } = await keyroller('check nobody --json')
    expect(exit).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'unknown',
      exit: 3,
      error: { code: 'material-unknown' },
    })
  })

  test('help says whose exit codes these are', async () => {
    const { keyroller } = await stage()
    expect((await keyroller('check --help', { bare: true })).stdout).toMatch(
      /codes of monitoring plugins, not those/,
    )
  })
})
