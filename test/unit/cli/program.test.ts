import { describe, expect, test } from 'vitest'
import { RELOAD_TEXTS } from '../../../src/config/reload-text.ts'
import { EXIT_CODES } from '../../../src/core/exit-codes.ts'
import { stage } from './stage.ts'

const VERBS = [
  'plan',
  'renew',
  'enroll',
  'adopt',
  'rollback',
  'revoke',
  'status',
  'check',
  'metrics',
  'verify',
  'doctor',
  'skew',
  'config',
  'recover',
  'keyset',
  'ledger',
  'fleet',
  'deliver',
  'vault',
  'version',
]

describe('help', () => {
  test('lists every verb and every exit code, on stdout, and is no error', async () => {
    const { keyroller } = await stage()
    const { exit, stdout, stderr } = await keyroller('--help', { bare: true })
    expect([exit, stderr]).toEqual([0, ''])
    const told = [...stdout.matchAll(/^ {2}([a-z]+) .*$/gm)].map(([, verb]) => verb)
    expect(told.filter((verb) => verb !== 'help')).toEqual(VERBS)
    for (const { code, meaning } of Object.values(EXIT_CODES))
      expect(stdout).toContain(`\n  ${String(code).padStart(2)}  ${meaning}\n`)
  })

  test.each([
    'plan',
    'renew',
    'status',
    'check',
    'metrics',
    'verify',
    'doctor',
    'skew',
    'config check',
    'config schema',
    'fleet status',
    'fleet verify',
    'keyset list',
    'keyset show',
    'keyset rotate',
    'keyset advance',
    'keyset retire',
    'keyset destroy',
    'keyset hold',
    'keyset unhold',
    'keyset recover',
    'keyset export-public',
    'recover',
    'version',
  ])('of %s has an example that begins with it, its exit codes and the common options', async (verb) => {
    const { keyroller } = await stage()
    const { exit, stdout } = await keyroller(`${verb} --help`, { bare: true })
    expect(exit).toBe(0)
    expect(stdout).toContain(`\nExample:\n  keyroller ${verb}`)
    expect(stdout).toMatch(/\nExit codes:\n {2}0 ok; \S/)
    expect(stdout).toMatch(/^ {2}--config <file> /m)
    expect(stdout).toMatch(/^ {2}--json /m)
  })

  test.each(['', 'config'])('without a verb (%j) it is what went wrong, on stderr', async (args) => {
    const { keyroller } = await stage()
    const { exit, stdout, stderr } = await keyroller(args, { bare: true })
    expect([exit, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^Usage: keyroller /)
  })
})

describe('a command line that is not understood', () => {
  test.each([
    ['bogus', "unknown command 'bogus'"],
    ['plna', "unknown command 'plna'\n(Did you mean plan?)"],
    ['status --bogus', "unknown option '--bogus'"],
    ['status web', "too many arguments for 'status'. Expected 0 arguments but got 1: web"],
    ['renew --log yaml', "option '--log <form>' argument 'yaml' is invalid. expected human, json or auto"],
    ['plan --config', "option '--config <file>' argument missing"],
  ])('%s', async (args, message) => {
    const { keyroller } = await stage()
    expect(await keyroller(args, { bare: true })).toEqual({
      exit: 2,
      stdout: '',
      stderr: `keyroller: ${message}\nhint: keyroller --help\n`,
    })
  })

  test('is told as JSON to those who asked for JSON', async () => {
    const { keyroller } = await stage()
    const { exit, stdout, stderr } = await keyroller('status --json --bogus', { bare: true })
    expect([exit, stderr]).toEqual([2, ''])
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'usage-invalid', message: "unknown option '--bogus'", hint: 'keyroller --help' },
      exit: 2,
    })
  })

  test.each(['plan nobody', 'renew nobody', 'verify nobody'])('a name that nothing has: %s', async (args) => {
    const { keyroller } = await stage()
    expect(await keyroller(args)).toEqual({
      exit: 2,
      stdout: '',
      stderr:
        'keyroller: expected the name of a configured material, found nobody; configured: identity/agent, certificate/web\n' +
        'hint: keyroller status\n',
    })
  })
})

describe('a configuration that cannot be used', () => {
  const EVERY = [
    'plan',
    'renew',
    'enroll web --token FILE',
    'status',
    'verify',
    'skew',
    'config check',
    'fleet status',
    'fleet verify',
    'keyset list',
    'keyset show tokens',
    'recover',
  ]

  test.each(EVERY)('is missing: %s', async (verb) => {
    const { keyroller } = await stage()
    expect(await keyroller(`${verb} --config /nonexistent/keyroller.toml`, { bare: true })).toEqual({
      exit: 3,
      stdout: '',
      stderr:
        'keyroller: expected a readable file, found ENOENT at /nonexistent/keyroller.toml\n' +
        'hint: create the file named; a commented example is in /usr/share/doc/keyroller\n',
    })
  })

  test('is not to be trusted', async () => {
    const { keyroller, place } = await stage()
    place('keyroller.d', '', 0o644)
    const { exit, stderr } = await keyroller('plan')
    expect(exit).toBe(3)
    expect(stderr).toContain('keyroller: expected to list ~/keyroller.d, found ENOTDIR')
  })

  test('has problems: all of them, and where they are', async () => {
    const { keyroller, configure } = await stage()
    configure((text) => text.replace('"exec:/bin/true"', '"nginx"').replace('spread', 'spred'))
    expect(await keyroller('plan')).toEqual({
      exit: 3,
      stdout: '',
      stderr: [
        'keyroller: 2 problems in the configuration:',
        '  ~/keyroller.toml: renewal.spred: expected a known key, found spred, which is none',
        `  ~/keyroller.toml: certificate.web.reload.0: expected ${RELOAD_TEXTS}, found "nginx"`,
        'hint: keyroller config check',
        '',
      ].join('\n'),
    })
  })

  test('is told as JSON to those who asked for JSON', async () => {
    const { keyroller } = await stage()
    const { stdout } = await keyroller('plan --json --config /nonexistent/k.toml', { bare: true })
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'config-missing' }, exit: 3 })
  })
})

test('--version says it too, for those who try that first', async () => {
  const { keyroller } = await stage()
  const { exit, stdout, stderr } = await keyroller('--version', { bare: true })
  expect([exit, stdout.trim(), stderr]).toEqual([0, expect.stringMatching(/^keyroller \S+$/), ''])
})

test('version: of keyroller, of its runtime, and the servers it was tested with', async () => {
  const { keyroller } = await stage()
  expect(await keyroller('version', { bare: true })).toEqual({
    exit: 0,
    stdout: 'keyroller 0.1.0\nnode 26.10.0\ntested with Vault 1.21.1\n',
    stderr: '',
  })
  const { stdout } = await keyroller('version --json', { bare: true })
  expect(JSON.parse(stdout)).toEqual({ keyroller: '0.1.0', node: '26.10.0', testedServers: ['1.21.1'] })
})
