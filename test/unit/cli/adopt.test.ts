/** What `adopt` says and does with what lies in an inbox, where no Vault is. */
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { authority, DAY_MS, NOW_MS } from '../x509/authority.ts'
import { type IssuedPair, type Stage, stage } from './stage.ts'

const stranger = await authority('Stranger')

test('a good pair: installed, consumers told, the old one kept, the inbox overwritten and emptied', async () => {
  const scene = await stageWithInbox()
  const next = await scene.issue()
  push(scene, next)
  linkSync(join(scene.folder, 'inbox/key.pem'), join(scene.folder, 'witness'))
  expect((await scene.keyroller('adopt --log human')).stdout.split('\n')).toEqual([
    'plan  adopt certificate/web: pushed: something was pushed to ~/inbox',
    'ok    2 paths can be written',
    'ok    certificate/web: serial S3 of Intermediate adopted, its inbox emptied',
    'ok    exec:/bin/true: ran, exit code 0',
    expect.stringMatching(/^done: 3 steps, 0 failed, in \d+\.\d\d s$/),
    '',
  ])
  expect([installed(scene), readdirSync(join(scene.folder, 'inbox'))]).toEqual([next.keyPem, []])
  expect(readFileSync(join(scene.folder, 'witness'), 'latin1')).not.toContain('PRIVATE')
  expect(readdirSync(join(scene.folder, 'state/previous'))).toEqual([
    expect.stringContaining(scene.web.parsed.facts.serial),
  ])
  expect((await scene.keyroller('plan web')).stdout).toMatch(/^keep {3}certificate\/web: current: /)
  expect((await entries(scene))[0]).toMatchObject({
    kind: 'run',
    verb: 'adopt',
    asked: { uid: process.geteuid?.() },
  })
  expect(await entries(scene)).toContainEqual(
    expect.objectContaining({
      kind: 'outcome',
      step: 'adopt',
      result: 'done',
      reason: 'pushed',
      certificates: [expect.objectContaining({ material: 'certificate/web', serial: 'S3' })],
    }),
  )
})

test('nothing in it, or no such directory: nothing to do', async () => {
  const scene = await stageWithInbox()
  expect(await scene.keyroller('adopt --log human')).toMatchObject({ exit: 0, stdout: 'nothing to do\n' })
  rmSync(join(scene.folder, 'inbox'), { recursive: true })
  expect(await scene.keyroller('adopt web --log human')).toMatchObject({ exit: 0, stdout: 'nothing to do\n' })
})

test('what is installed already is removed from the inbox and changes nothing', async () => {
  const scene = await stageWithInbox()
  const next = await scene.issue()
  push(scene, next)
  await scene.keyroller('adopt --log human')
  push(scene, next)
  const { stdout } = await scene.keyroller('adopt --log human')
  expect(stdout).toContain('ok    certificate/web: serial S3 is installed already, its inbox emptied\n')
  expect(stdout).toContain('skip  tell exec:/bin/true if it changed: nothing new was installed\n')
  expect(readdirSync(join(scene.folder, 'inbox'))).toEqual([])
})

test('a pair whose key was lost here is mended by the same push', async () => {
  const scene = await stageWithInbox()
  const next = await scene.issue()
  push(scene, next)
  await scene.keyroller('adopt --log human')
  unlinkSync(join(scene.folder, 'web.key'))
  push(scene, next)
  expect((await scene.keyroller('adopt --log human')).exit).toBe(0)
  expect(installed(scene)).toBe(next.keyPem)
})

test('half copied, then whole', async () => {
  const scene = await stageWithInbox()
  const next = await scene.issue()
  push(scene, { keyPem: next.keyPem })
  expect(await refused(scene)).toContain('expected key.pem and fullchain.pem, found key.pem alone')
  push(scene, { ...next, fullchain: next.fullchain.slice(0, -400) })
  expect(await refused(scene)).toContain(
    'malformed: certificate: the fullchain file: expected a PEM block at',
  )
  push(scene, next)
  expect((await scene.keyroller('adopt --log human')).exit).toBe(0)
  expect(installed(scene)).toBe(next.keyPem)
})

describe('refused, left in the inbox, and nothing touched', () => {
  test.each<[string, (scene: Stage) => Promise<Partial<Pushed>>, string]>([
    [
      'another authority',
      (scene) => scene.issue({ issuer: stranger }),
      'untrusted-chain: expected a chain to',
    ],
    ['without its intermediate', async (scene) => withoutChain(await scene.issue()), 'untrusted-chain: '],
    ['a truncated key', async (scene) => cutKey(await scene.issue()), 'malformed: private key: the key file'],
    ['the key of another', (scene) => mixed(scene), 'key-mismatch: '],
    ['another name', (scene) => scene.issue({ commonName: 'evil.example' }), 'subject-drift: '],
    ['expired', (scene) => scene.issue({ notAfterMs: NOW_MS }), 'expired: '],
    ['not valid yet', (scene) => scene.issue({ notBeforeMs: NOW_MS + 60_000 }), 'not-yet-valid: '],
    ['hardly a day left', (scene) => scene.issue({ notAfterMs: NOW_MS + DAY_MS }), 'too-short: '],
    [
      'half of its life behind it',
      (scene) => scene.issue({ notBeforeMs: NOW_MS - 14 * DAY_MS, notAfterMs: NOW_MS + 13 * DAY_MS }),
      'backdated: ',
    ],
    [
      'older than what is installed',
      (scene) => scene.issue({ notBeforeMs: NOW_MS - 16 * DAY_MS }),
      'replayed: expected a certificate that this host has not had, and no older one, found serial S3, valid since 2026-05-16T12:00:00Z, older than serial S2 of 2026-05-17T12:00:00Z',
    ],
    [
      'one that is kept, as replaced',
      async (scene) => keptOne(scene),
      'found serial S3, which was replaced at 2026-05-31T12:00:00Z',
    ],
  ])('%s', async (_, make, message) => {
    const scene = await stageWithInbox()
    const made = await make(scene)
    push(scene, made)
    expect(await refused(scene)).toContain(message)
    expect(readFileSync(join(scene.folder, 'inbox/key.pem'), 'utf8')).toBe(made.keyPem)
  })

  test('one that the ledger knows, although nothing is kept of it', async () => {
    const scene = await stageWithInbox()
    const [first, second] = [await scene.issue(), await scene.issue()]
    for (const pair of [first, second]) {
      push(scene, pair)
      expect((await scene.keyroller('adopt --log human')).exit).toBe(0)
    }
    rmSync(join(scene.folder, 'state/previous'), { recursive: true })
    push(scene, first)
    expect(await refused(scene, second)).toMatch(
      /found serial S3, which was installed at \S+ already, as entry \d+ says/,
    )
  })

  test('and a failure of it keeps no renewal waiting', async () => {
    const scene = await stageWithInbox()
    push(scene, await scene.issue({ issuer: stranger }))
    await refused(scene)
    const state = JSON.parse(readFileSync(join(scene.folder, 'state/state.json'), 'utf8'))
    expect(state.materials['certificate/web']?.failure).toBeUndefined()
    expect(await entries(scene)).toContainEqual(
      expect.objectContaining({ step: 'adopt', result: 'failed', fault: 'push-refused' }),
    )
  })
})

describe('an inbox that others can reach', () => {
  test('is not believed', async () => {
    const scene = await stageWithInbox()
    push(scene, await scene.issue())
    chmodSync(join(scene.folder, 'inbox'), 0o750)
    const { exit, stdout } = await scene.keyroller('adopt --log human')
    expect([exit, installed(scene)]).toEqual([3, scene.web.keyPem])
    expect(stdout).toContain('~/inbox: expected none of the mode bits 0077, found mode 0750')
    expect(stdout).toContain('hint: chown root ~/inbox && chmod 0700 ~/inbox')
  })

  test('nor a file in it that others can write, or a link', async () => {
    const scene = await stageWithInbox()
    push(scene, await scene.issue())
    chmodSync(join(scene.folder, 'inbox/fullchain.pem'), 0o666)
    expect((await scene.keyroller('adopt --log human')).exit).toBe(3)
    unlinkSync(join(scene.folder, 'inbox/fullchain.pem'))
    symlinkSync(join(scene.folder, 'web.pem'), join(scene.folder, 'inbox/fullchain.pem'))
    expect((await scene.keyroller('adopt --log human')).exit).toBe(4)
    expect(installed(scene)).toBe(scene.web.keyPem)
  })
})

test('a name without an inbox, and two materials with the same', async () => {
  const scene = await stageWithInbox()
  const { exit, stderr } = await scene.keyroller('adopt agent')
  expect([exit, stderr]).toEqual([2, expect.stringContaining('those that have one: certificate/web')])
  scene.configure((text) => {
    const [, web = ''] = text.split('[certificate.web]')
    return `${text}[certificate.api]${web.replaceAll('/web.', '/api.')}`
  })
  const said = await scene.keyroller('config check')
  expect(said.stdout + said.stderr).toContain(
    'certificate.api.inbox: expected a directory of its own, found ~/inbox',
  )
})

interface Pushed {
  readonly keyPem: string
  readonly fullchain: string
}

async function stageWithInbox(): Promise<Stage> {
  const scene = await stage()
  mkdirSync(join(scene.folder, 'inbox'), { mode: 0o700 })
  scene.configure((text) =>
    text.replace('[certificate.web]', `[certificate.web]\ninbox = "${scene.folder}/inbox"`),
  )
  return scene
}

function push({ folder }: Stage, { keyPem, fullchain }: Partial<Pushed>): void {
  const inbox = join(folder, 'inbox')
  if (keyPem !== undefined) writeFileSync(join(inbox, 'key.pem'), keyPem, { mode: 0o600 })
  if (fullchain !== undefined) writeFileSync(join(inbox, 'fullchain.pem'), fullchain, { mode: 0o600 })
}

async function refused(scene: Stage, still?: IssuedPair): Promise<string> {
  const { exit, stdout } = await scene.keyroller('adopt --log human')
  expect([exit, installed(scene)]).toEqual([7, (still ?? scene.web).keyPem])
  expect(existsSync(join(scene.folder, 'inbox/key.pem'))).toBe(true)
  return stdout
}

function installed({ folder }: Stage): string {
  return readFileSync(join(folder, 'web.key'), 'utf8')
}

async function entries(scene: Stage): Promise<Record<string, unknown>[]> {
  return JSON.parse((await scene.keyroller('ledger show --json')).stdout).entries
}

function withoutChain(pair: IssuedPair): Pushed {
  return { ...pair, fullchain: pair.certPem }
}

function cutKey(pair: IssuedPair): Pushed {
  return { ...pair, keyPem: pair.keyPem.slice(0, -30) }
}

async function mixed(scene: Stage): Promise<Pushed> {
  const { fullchain } = await scene.issue()
  return { keyPem: (await scene.issue()).keyPem, fullchain }
}

async function keptOne(scene: Stage): Promise<Pushed> {
  const { keyPem, certPem } = await scene.keep()
  const { fullchain } = await scene.issue()
  return { keyPem, fullchain: certPem + fullchain.slice(fullchain.indexOf('-----BEGIN', 10)) }
}
