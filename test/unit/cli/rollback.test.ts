/** What `rollback` says and does, word for word, where no Vault is. */
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { authority, DAY_MS, NOW_MS } from '../x509/authority.ts'
import { type Stage, stage } from './stage.ts'

test('back, staying there, and forward again', async () => {
  const scene = await stage()
  const older = await scene.keep()
  expect((await scene.keyroller('rollback web --log human')).stdout.split('\n')).toEqual([
    'plan  restore certificate/web: rollback: serial S3 until 2026-06-11T12:00:00Z, replaced at 2026-05-31T12:00:00Z; stays until 2026-06-08T12:00:00Z or keyroller renew --now',
    'ok    2 paths can be written',
    'ok    installed certificate/web',
    'ok    exec:/bin/true: ran, exit code 0',
    expect.stringMatching(/^done: 3 steps, 0 failed, in \d+\.\d\d s$/),
    '',
  ])
  expect(installed(scene)).toBe(older.keyPem)
  const held =
    'rolled back from serial S2 at 2026-06-01T12:00:00Z; keyroller renew --now certificate/web rolls forward, and by itself it does at 2026-06-08T12:00:00Z'
  expect((await scene.keyroller('plan web')).stdout).toBe(
    `keep   certificate/web: rolled-back: ${held}\n\nnothing to do\n`,
  )
  expect((await scene.keyroller('renew web --log human')).stdout).toBe(
    'nothing to do, next due 2026-06-08T12:00:00Z\n',
  )
  expect((await scene.keyroller('plan --now web')).stdout).toContain('renew  certificate/web: due: due since')
  const { stdout } = await scene.keyroller('status')
  expect(stdout).toContain(`certificate/web: next: keep: rolled-back: ${held}\n`)
  const status = JSON.parse((await scene.keyroller('status --json')).stdout).materials[1]
  expect(status).toMatchObject({ serial: 'S3', rolledBack: { from: 'S2', at: '2026-06-01T12:00:00Z' } })
  expect(status.loaded.state).toBe('yes')

  const forward = await scene.keyroller(`rollback web --to ${scene.web.parsed.facts.serial} --log human`)
  expect([forward.exit, installed(scene)]).toEqual([0, scene.web.keyPem])
})

test('an identity whose mapping trusts what is installed alone is refused before anything is asked', async () => {
  const { keyroller, keep, configure } = await stage()
  await keep({ material: 'identity/agent', commonName: 'agent.example' })
  configure((text) => text.replace('[identity.agent]', '[identity.agent]\nmapping_pins = "certificate"'))
  const { exit, stderr } = await keyroller('rollback agent')
  expect(exit).toBe(7)
  expect(stderr).toContain('auth/cert/certs/agent trusts what is installed alone')
  expect(stderr).toContain('hint: keyroller renew --now identity/agent')
  expect((await keyroller('rollback agent --list')).stdout).toContain('S3')
})

test('into the layout that is configured now', async () => {
  const { keyroller, keep, configure, folder } = await stage()
  const older = await keep()
  configure((text) => text.replace('[certificate.web]', '[certificate.web]\nlayout = "generation"'))
  expect((await keyroller('rollback web --log human')).exit).toBe(0)
  expect(lstatSync(join(folder, 'web.key')).isSymbolicLink()).toBe(true)
  expect(readFileSync(join(folder, 'web.key'), 'utf8')).toBe(older.keyPem)
  expect((await keyroller('plan web')).stdout).toMatch(
    /^keep {3}certificate\/web: rolled-back: .*\n\nnothing to do\n$/,
  )
})

test('what is kept is listed, and nothing is changed', async () => {
  const scene = await stage()
  const { keyroller, keep, folder } = scene
  expect((await keyroller('rollback --list web')).stdout).toBe(
    'certificate/web: serial S2 is installed, nothing is kept\n',
  )
  await keep({ isForeign: true })
  const list = async () => (await keyroller('rollback --list web')).stdout.split('\n')
  const line =
    '  serial S3, from 2026-05-12T12:00:00Z until 2026-06-11T12:00:00Z, replaced at 2026-05-31T12:00:00Z, kept until 2026-06-07T12:00:00Z'
  expect(await list()).toEqual([
    'certificate/web: serial S2 is installed, kept are:',
    `${line}, not known to be keyroller's`,
    '',
  ])
  changeKept(scene, (kept) => Object.assign(kept, { schema: 2 }))
  expect((await list())[1]).toMatch(
    /, damaged: ~\/state\/previous\/.*: expected what was kept of certificate\/web, found something else$/,
  )
  expect(readdirSync(join(folder, 'state'))).toEqual(['previous'])
})

test('the list as JSON: moments as text', async () => {
  const { keyroller, keep } = await stage()
  await keep({ isForeign: true })
  const { stdout } = await keyroller('rollback --list --json web')
  expect(JSON.parse(stdout)).toEqual({
    schema: 1,
    material: 'certificate/web',
    installed: { serial: 'S2', notBefore: '2026-05-17T12:00:00Z', notAfter: '2026-06-16T12:00:00Z' },
    kept: [
      {
        serial: 'S3',
        notBefore: '2026-05-12T12:00:00Z',
        notAfter: '2026-06-11T12:00:00Z',
        replacedAt: '2026-05-31T12:00:00Z',
        removedAt: '2026-06-07T12:00:00Z',
        by: 'unknown',
      },
    ],
  })
})

test('as JSON on stdout, the log on stderr', async () => {
  const { keyroller, keep } = await stage()
  await keep()
  const { stdout, stderr } = await keyroller('rollback web --json --log human')
  expect(stderr).toContain('ok    installed certificate/web\n')
  expect(JSON.parse(stdout)).toMatchObject({
    exit: 0,
    decisions: [{ material: 'certificate/web', action: 'restore', reason: 'rollback' }],
    steps: [{ kind: 'preflight' }, { kind: 'install', outcome: 'done' }, { kind: 'reload', outcome: 'done' }],
  })
})

describe('is refused, with nothing touched', () => {
  test('nothing is kept', async () => {
    await refused(await stage(), 'rollback web', 2, [
      'certificate/web: expected a certificate kept from before serial S2, found none',
      'keyroller rollback --list NAME',
    ])
  })

  test('a serial that is not there', async () => {
    const scene = await stage()
    await scene.keep()
    await refused(scene, 'rollback web --to ff', 2, [
      'certificate/web: expected serial ff among what is kept, found only S3',
      'keyroller rollback --list NAME',
    ])
  })

  test('a name that means two materials', async () => {
    const scene = await stage()
    scene.configure((text) =>
      text
        .replace('[identity.agent]', '[identity.web]')
        .replace('"agent"\nrole = "web"', '"web"\nrole = "web"'),
    )
    await refused(scene, 'rollback web', 2, [
      'expected the name of one material, found identity/web and certificate/web',
      'say which: identity/web or certificate/web',
    ])
  })

  test('an ephemeral material', async () => {
    const scene = await stage()
    scene.configure((text) => text.replace('[certificate.web]', '[certificate.web]\nephemeral = true'))
    await refused(scene, 'rollback web', 2, [
      'certificate/web: expected a kept set, found an ephemeral material, of which nothing is kept: its keys must never reach a disk',
      'keyroller rollback --list NAME',
    ])
  })

  const WHAT = 'what was kept of certificate/web with serial S3: '
  test.each<[string, (scene: Stage) => Promise<unknown>, string]>([
    [
      'an expired one',
      ({ keep }) => keep({ notAfterMs: NOW_MS - 1000 }),
      `${WHAT}expired: expired 1s ago, at 2026-06-01T11:59:59Z`,
    ],
    [
      'other names than are configured',
      ({ keep }) => keep({ commonName: 'old.example' }),
      `${WHAT}subject-drift: expected common name web.example, found old.example`,
    ],
    [
      'a chain that is not trusted now',
      async ({ keep }) => keep({ issuer: await authority('Stranger') }),
      `${WHAT}untrusted-chain: expected a chain to ~/root.pem, found no issuer of web.example (Stranger)`,
    ],
    [
      'a key of another certificate',
      async (scene) => {
        await scene.keep()
        changeKept(scene, ({ files }) => Object.assign(files[0], partOf(scene.web.keyPem)))
      },
      `${WHAT}key-mismatch: the private key on disk does not belong to the certificate`,
    ],
    [
      'another certificate under its name',
      async (scene) => {
        await scene.keep()
        changeKept(scene, ({ files }) => {
          Object.assign(files[0], partOf(scene.web.keyPem))
          Object.assign(files[1], partOf(readFileSync(join(scene.folder, 'web.pem'), 'utf8')))
        })
      },
      `${WHAT}expected the serial of its name, found S2`,
    ],
    [
      'no intermediates, which are needed now',
      async (scene) => {
        const pair = await scene.keep()
        changeKept(scene, ({ files }) => Object.assign(files[1], { role: 'cert', ...partOf(pair.certPem) }))
      },
      `${WHAT}expected its intermediates, which the files of today hold, found none kept`,
    ],
  ])('%s', async (_, prepare, message) => {
    const scene = await stage()
    await prepare(scene)
    await refused(scene, 'rollback web', 7, [
      message,
      'keyroller rollback --list NAME shows what else is kept; the working files are untouched',
    ])
  })

  test('a file that was tampered with', async () => {
    const scene = await stage()
    await scene.keep()
    changeKept(scene, ({ files }) =>
      Object.assign(files[0], { content: Buffer.from('nothing').toString('base64') }),
    )
    const { exit, stderr } = await scene.keyroller('rollback web')
    expect([exit, stderr]).toEqual([
      7,
      expect.stringMatching(/: expected the bytes of \/srv\/was-elsewhere as they were kept, found others\n/),
    ])
    expect(installed(scene)).toBe(scene.web.keyPem)
  })

  test('an account that is not there', async () => {
    const scene = await stage()
    await scene.keep()
    scene.configure((text) => text.replace('[certificate.web]', '[certificate.web]\nowner = "nobody-knows"'))
    await refused(scene, 'rollback web', 4, [
      'certificate/web: no account nobody-knows',
      'create the account, or correct owner and group',
    ])
  })
})

test('an identity that cannot be proved keeps its pair, and its renewal does not wait for that', async () => {
  const scene = await stage()
  await scene.keep({ material: 'identity/agent' })
  const before = readFileSync(join(scene.folder, 'agent.key'), 'utf8')
  const { exit, stdout } = await scene.keyroller('rollback agent --log human')
  expect(exit).toBe(9)
  expect(stdout).toContain('FAIL  127.0.0.1:9: connection refused, nothing listens there\n')
  expect(stdout).toContain(
    'skip  install identity/agent as it was kept; replaces 2 files not known to be keyroller',
  )
  expect(readFileSync(join(scene.folder, 'agent.key'), 'utf8')).toBe(before)
  expect((await scene.keyroller('plan --now agent')).stdout).toMatch(/^renew {2}identity\/agent: forced: /)
  const memory = JSON.parse(readFileSync(join(scene.folder, 'state/state.json'), 'utf8'))
  expect(memory).toMatchObject({ materials: {}, ledger: { head: { seq: 3 } } })
})

test('a renewal that was asked for ends the rollback also when Vault is down', async () => {
  const scene = await stage()
  await scene.keep({ notBeforeMs: NOW_MS - 21 * DAY_MS, notAfterMs: NOW_MS + 9 * DAY_MS })
  await scene.keyroller('rollback web')
  expect((await scene.keyroller('plan web')).stdout).toContain('rolled-back')
  expect((await scene.keyroller('renew --now web')).exit).toBe(9)
  expect((await scene.keyroller('plan web')).stdout).toMatch(/^HOLD {3}certificate\/web: backing-off: /)
})

async function refused(
  scene: Stage,
  command: string,
  exit: number,
  [message, hint]: readonly [string, string],
) {
  const before = installed(scene)
  expect(await scene.keyroller(command)).toEqual({
    exit,
    stdout: '',
    stderr: `keyroller: ${message}\nhint: ${hint}\n`,
  })
  expect(installed(scene)).toBe(before)
}

function installed({ folder }: Stage): string {
  return readFileSync(join(folder, 'web.key'), 'utf8')
}

interface Kept {
  readonly files: readonly [object, object]
}

function changeKept({ folder }: Stage, change: (kept: Kept) => unknown): void {
  const [name = ''] = readdirSync(join(folder, 'state/previous'))
  const path = join(folder, 'state/previous', name)
  const kept = JSON.parse(readFileSync(path, 'utf8'))
  change(kept)
  writeFileSync(path, JSON.stringify(kept))
}

/** Bytes with their digest, so that nothing but what they are can give them away. */
function partOf(text: string) {
  const content = Buffer.from(text)
  return { content: content.toString('base64'), sha256: createHash('sha256').update(content).digest('hex') }
}
