/** What the ledger holds after whole runs without a Vault, and what its verbs say of it. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DAY_MS, NOW_MS } from '../../x509/authority.ts'
import { type Stage, stage } from '../stage.ts'

async function rolledBack(): Promise<Stage> {
  const scene = await stage()
  await scene.keep()
  expect((await scene.keyroller('rollback web --log human')).exit).toBe(0)
  return scene
}

test('a run is in it: who asked, what was about to be done, what came of it, and a signature over all', async () => {
  const { keyroller } = await rolledBack()
  const { stdout } = await keyroller('ledger show')
  expect(stdout.replaceAll(/ [0-9a-f]{8} /g, ' RUN ').split('\n')).toEqual([
    '     1  2026-06-01T12:00:00Z  RUN  run        rollback, asked for by user 0',
    expect.stringMatching(/^ {5}2 {2}.* intent {5}install certificate\/web as it was kept; /),
    '     3  2026-06-01T12:00:00Z  RUN  done       install: installed certificate/web',
    expect.stringMatching(/^ {5}4 {2}.* intent {5}tell exec:\/bin\/true/),
    '     5  2026-06-01T12:00:00Z  RUN  done       reload: exec:/bin/true: ran, exit code 0',
    '     6  2026-06-01T12:00:00Z  RUN  signed     everything before it, by identity/agent',
    '',
  ])
})

test('an entry says which certificate, in which files, and belongs to its intent', async () => {
  const { keyroller } = await rolledBack()
  const { entries } = JSON.parse((await keyroller('ledger show --json')).stdout)
  expect(entries[2]).toMatchObject({
    ...{ kind: 'outcome', step: 'install', of: 2, result: 'done', materials: ['certificate/web'] },
    certificates: [{ material: 'certificate/web', serial: 'S3', notAfter: '2026-06-11T12:00:00Z' }],
    files: ['~/web.key', '~/web.pem'],
  })
})

test('a run with nothing due leaves none', async () => {
  const { keyroller, folder } = await stage()
  expect((await keyroller('renew')).exit).toBe(0)
  expect(readdirSync(join(folder, 'state')).filter((name) => name.startsWith('ledger'))).toEqual([])
  expect((await keyroller('ledger show')).stdout).toBe('no entries\n')
  expect((await keyroller('ledger verify')).exit).toBe(0)
})

test('the head is in the result of a run and in the status', async () => {
  const { keyroller, folder } = await rolledBack()
  const { head } = JSON.parse((await keyroller('ledger verify --json')).stdout)
  expect(head).toMatchObject({ seq: 6, hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
  const { seq, hash } = head
  const status = JSON.parse((await keyroller('status --json')).stdout)
  const left = JSON.parse(readFileSync(join(folder, 'run/status.json'), 'utf8'))
  expect([status.ledger, left.ledger]).toEqual([
    { seq, hash },
    { seq, hash },
  ])
  const { stdout } = await keyroller('renew --now agent --json')
  expect(JSON.parse(stdout).ledger).toEqual({ seq: 9, hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
})

test.each([
  ['--material web', 4],
  ['--material certificate/web', 4],
  ['--material identity/web', 0],
  ['--since 1h', 6],
  ['--since 2026-06-01T12:00:01Z', 0],
  ['-n 2', 2],
  ['-n 0', 6],
])('show %s: %i entries', async (options, count) => {
  const { keyroller } = await rolledBack()
  const { entries } = JSON.parse((await keyroller(`ledger show --json ${options}`)).stdout)
  expect(entries).toHaveLength(count)
})

test('export gives every line as it was written', async () => {
  const { keyroller, folder } = await rolledBack()
  const lines = (await keyroller('ledger export')).stdout.split('\n')
  const written = readFileSync(ledgerOf(folder), 'utf8').split('\n')
  // A signature holds nothing that the stage tidies.
  expect(lines).toHaveLength(written.length)
  expect(lines.slice(5)).toEqual(written.slice(5))
})

describe('verify', () => {
  test('a ledger as it was written', async () => {
    const { keyroller } = await rolledBack()
    const { exit, stdout } = await keyroller('ledger verify')
    expect([exit, stdout.split('\n')]).toEqual([
      0,
      [
        expect.stringMatching(/^pass {2}6 entries in 1 file, up to 6:[0-9a-f]{64}$/),
        'pass  1 signatures, the last at entry 6 by identity/agent',
        '',
      ],
    ])
  })

  test.each([
    [
      'edited',
      (lines: string[]) =>
        lines.with(2, (lines[2] ?? '').replace('exit', 'EXIT').replace('installed', 'INSTALLED')),
      3,
    ],
    ['dropped', (lines: string[]) => lines.toSpliced(3, 1), 4],
    ['cut', (lines: string[]) => lines.slice(0, 5), 6],
    ['forged', (lines: string[]) => lines.with(5, (lines[5] ?? '').replace(/"jws":"\w/, '"jws":"_')), 6],
  ])('%s: exit 12, the first bad entry, and nothing claimed behind it', async (kind, tamper, seq) => {
    const { keyroller, folder } = await rolledBack()
    rewrite(folder, tamper)
    const { exit, stdout } = await keyroller('ledger verify')
    expect(exit).toBe(12)
    expect(stdout).toMatch(new RegExp(`^FAIL {2}entry ${seq}: ${kind}: expected `))
    expect(stdout).toContain(`\npass  ${seq - 1} entries in 1 file`)
  })

  test('the ledger of another host in its place', async () => {
    const [mine, other] = [await rolledBack(), await rolledBack()]
    const foreign = readFileSync(ledgerOf(other.folder), 'utf8').replace(/"host":"\w/g, '"host":"_')
    writeFileSync(ledgerOf(mine.folder), foreign)
    expect((await mine.keyroller('ledger verify')).stdout).toMatch(/^FAIL {2}entry 1: foreign: /)
  })

  test('signed by another identity of the same authority', async () => {
    const { keyroller, configure } = await rolledBack()
    configure((text) => text.replace('common_name = "agent.example"', 'common_name = "other.example"'))
    const { exit, stdout } = await keyroller('ledger verify')
    expect([exit, stdout.split('\n')[0]]).toEqual([
      12,
      'FAIL  entry 6: forged: expected the signature of other.example, found that of agent.example (ledger.jsonl line 6)',
    ])
    expect((await keyroller('ledger verify --signer agent.example')).exit).toBe(0)
  })

  test('what is remembered is not all: a head from elsewhere', async () => {
    const { keyroller } = await rolledBack()
    const seen = `9:${'ab'.repeat(32)}`
    expect((await keyroller(`ledger verify --head ${seen}`)).stdout).toMatch(/^FAIL {2}entry 7: cut: /)
    expect((await keyroller('ledger verify --head 9')).exit).toBe(2)
  })

  test('files that were taken elsewhere', async () => {
    const { keyroller, folder } = await rolledBack()
    renameSync(ledgerOf(folder), join(folder, 'archived'))
    expect((await keyroller(`ledger verify ${join(folder, 'archived')}`)).exit).toBe(0)
    expect((await keyroller('ledger verify')).exit).toBe(12)
    expect((await keyroller(`ledger verify ${join(folder, 'none')}`)).exit).toBe(4)
  })
})

describe('a ledger that is shorter than it was', () => {
  test('is told by the run that finds it, for good', async () => {
    const { keyroller, folder } = await rolledBack()
    rewrite(folder, (lines) => lines.slice(0, 4))
    await keyroller('renew --now agent --log human')
    const { exit, stdout } = await keyroller('ledger verify')
    expect(exit).toBe(0)
    expect(stdout).toMatch(
      /note {2}entry 5: gap: expected entry 6 with hash \w{64} at the end, found entry 4 with/,
    )
  })
})

describe('a ledger that cannot be written', () => {
  test('nothing new is begun, and the exit code says so', async () => {
    const scene = await stage()
    await scene.keep()
    mkdirSync(ledgerOf(scene.folder))
    const { exit, stdout } = await scene.keyroller('rollback web --log human')
    expect(exit).toBe(4)
    expect(stdout).toContain('~/state/ledger.jsonl: expected to open it for appending, found EISDIR')
    expect(readFileSync(join(scene.folder, 'web.key'), 'utf8')).toBe(scene.web.keyPem)
  })

  test('in the last tenth of its life a certificate is replaced all the same, and the gap is told once it can be', async () => {
    const scene = await stage({ web: { notBeforeMs: NOW_MS - 28 * DAY_MS, notAfterMs: NOW_MS + 2 * DAY_MS } })
    const older = await scene.keep({ notBeforeMs: NOW_MS - 29 * DAY_MS })
    mkdirSync(ledgerOf(scene.folder))
    const { exit, stdout } = await scene.keyroller('rollback web --log human')
    expect(exit).toBe(4)
    expect(stdout).toContain(
      'note  the ledger lacks what this run did: ~/state/ledger.jsonl: expected to open',
    )
    expect(readFileSync(join(scene.folder, 'web.key'), 'utf8')).toBe(older.keyPem)
    rmdirSync(ledgerOf(scene.folder))
    await scene.keyroller('renew --now agent --log human')
    const shown = (await scene.keyroller('ledger show')).stdout
    expect(shown).toMatch(
      / {5}1 .* gap {8}5 entries could not be written since 2026-06-01T12:00:00Z: ~\/state\//,
    )
    expect((await scene.keyroller('ledger verify')).exit).toBe(0)
    await scene.keyroller('renew --now agent --log human')
    expect((await scene.keyroller('ledger show')).stdout.match(/ gap /g)).toHaveLength(1)
  })
})

test('without an identity that can sign, entries stand unsigned', async () => {
  const scene = await stage()
  await scene.keep()
  rmSync(join(scene.folder, 'agent.key'))
  await scene.keyroller('rollback web --log human')
  expect((await scene.keyroller('ledger verify')).stdout).toContain('pass  nothing is signed yet\n')
})

function ledgerOf(folder: string): string {
  return join(folder, 'state/ledger.jsonl')
}

function rewrite(folder: string, tamper: (lines: string[]) => string[]): void {
  const lines = readFileSync(ledgerOf(folder), 'utf8').trimEnd().split('\n')
  writeFileSync(ledgerOf(folder), `${tamper(lines).join('\n')}\n`)
}
