// What the executable must not be talked into by those who can signal it or set its environment, and that it can be made
// again. Each refusal is shown beside bare Node, which does not refuse.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { settledHost } from '../../scripts/build/settled-host.ts'
import { startBackground } from '../rig/background.ts'
import { must, run } from '../rig/command.ts'
import { type BuiltPackages, builtPackages } from './built-packages.ts'

type Argv = readonly [string, ...string[]]

let built: BuiltPackages
let dir: string
beforeAll(async () => {
  built = await builtPackages()
  dir = await mkdtemp(join(tmpdir(), 'keyroller-executable-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

it('loads nothing that NODE_OPTIONS names', async () => {
  const hook = join(dir, 'hook.cjs')
  await writeFile(hook, 'console.log("hooked")')
  const env = { NODE_OPTIONS: `--require=${hook}` }
  expect(await must([process.execPath, '--print', '1'], { env })).toContain('hooked')
  const { exit, stdout } = await run([built.executable, 'version'], { env })
  expect([exit, stdout]).toEqual([0, expect.not.stringContaining('hooked')])
})

it('opens no inspector at SIGUSR1, and goes on', async () => {
  const bare = await signalled([process.execPath, '--eval', 'setTimeout(() => {}, 2000)'])
  expect(bare).toContain('Debugger listening')

  // Something to wait for: another run, as it were. Then there is no server.
  const host = join(dir, 'host')
  const config = await settledHost(host)
  const lock = startBackground(['flock', join(host, 'run/lock'), 'sleep', '2'], {
    logFile: '/dev/null',
    env: {},
  })
  const waiting = [built.executable, 'renew', '--now', '--wait', '--config', config] as const
  const said = await signalled(waiting, { VAULT_ADDR: 'https://127.0.0.1:1' })
  await lock.stop()
  expect(said).not.toContain('Debugger')
  expect(said).toMatch(/exit 9$/)
})

it('is made again with the same bytes, and so are its packages', async () => {
  const before = await sha256(built.executable)
  await must(['npm', 'run', 'build'], { timeoutMs: 300_000 })
  expect(await sha256(built.executable)).toBe(before)

  const [first, second] = [await packed(), await packed()]
  expect(first).toEqual(second)
})

/** What a program says that gets SIGUSR1 half a second after its start, and how it ends. */
async function signalled([file, ...args]: Argv, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
  const ended = once(child, 'close')
  setTimeout(() => child.kill('SIGUSR1'), 500)
  const said = await text(child.stderr)
  const [code, signal] = await ended
  return `${said}exit ${signal ?? code}`
}

async function packed(): Promise<string[]> {
  const epoch = (await must(['stat', '--format=%Y', 'package.json'])).trim()
  await must(['npm', 'run', 'package'], {
    env: { ...process.env, SOURCE_DATE_EPOCH: epoch },
    timeoutMs: 300_000,
  })
  return [await sha256(built.deb), await sha256(built.rpm)]
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
