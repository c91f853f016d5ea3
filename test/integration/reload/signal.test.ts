/** Real processes, and the pid files that name them, or seem to. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SignalName } from '../../../src/core/consumers/target.ts'
import { findMemberStates } from '../../../src/reload/active.ts'
import { tellTarget } from '../../../src/reload/tell.ts'
import { tellRun } from './tell-run.ts'

const DAEMON_UID = 1
let directory: string
let pidFile: string
const started: ChildProcess[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kr-signal-'))
  pidFile = join(directory, 'web.pid')
})
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  await rm(directory, { recursive: true })
})

describe('told', () => {
  test('a process that handles the signal, once', async () => {
    const web = await start("trap 'echo hup' HUP")
    await writeFile(pidFile, `${web.pid}\n`)
    expect(await tell()).toEqual({
      member: `signal:${pidFile}`,
      name: `signal:${pidFile}`,
      outcome: 'told',
      message: `SIGHUP sent to pid ${web.pid}, still running 1s later`,
    })
    expect(web.said()).toBe('ready\nhup\n')
  })

  test('another signal is another member', async () => {
    const web = await start("trap 'echo usr2' USR2")
    await writeFile(pidFile, `${web.pid}`)
    expect(await tell('USR2')).toMatchObject({ member: `signal:${pidFile}?signal=USR2`, outcome: 'told' })
    expect(web.said()).toBe('ready\nusr2\n')
  })

  test('a process of the user that owns the file', async () => {
    const web = await start("trap 'echo hup' HUP", DAEMON_UID)
    await writeFile(pidFile, `${web.pid}`)
    await chown(pidFile, DAEMON_UID, DAEMON_UID)
    expect(await tell()).toMatchObject({ outcome: 'told' })
  })
})

describe('not told, and not signalled', () => {
  test('one that would die of it', async () => {
    const web = await start('true')
    await writeFile(pidFile, `${web.pid}`)
    expect(await messageOf()).toBe(
      `expected pid ${web.pid} to handle SIGHUP, found that it does not: it would end it`,
    )
    expect(web.ended()).toBe(false)
  })

  test('one that has the number of an older process', async () => {
    const web = await start("trap 'echo hup' HUP")
    await writeFile(pidFile, `${web.pid}`)
    const before = Date.now() / 1000 - 3600
    await utimes(pidFile, before, before)
    expect(await messageOf()).toBe(
      `expected pid ${web.pid} to be older than ${pidFile}, found another one that has its number now`,
    )
    expect(web.said()).toBe('ready\n')
  })

  test('one of root in the file of a user', async () => {
    const web = await start("trap 'echo hup' HUP")
    await writeFile(pidFile, `${web.pid}`)
    await chown(pidFile, DAEMON_UID, DAEMON_UID)
    expect(await messageOf()).toBe(`expected pid ${web.pid} to run as 1, the owner of ${pidFile}, found 0`)
    expect(web.said()).toBe('ready\n')
  })

  test('one that has ended', async () => {
    const web = await start('true')
    await writeFile(pidFile, `${web.pid}`)
    await web.end()
    expect(await messageOf()).toBe(`expected a pid ${web.pid}, as ${pidFile} says, found none`)
  })

  test.each(['', '0', '1', '-1', '12 13', 'web', '99999999999'])('a file that says %j', async (text) => {
    await writeFile(pidFile, text)
    expect(await messageOf()).toBe(`${pidFile}: expected one pid above 1, found something else`)
  })

  test('no file: the consumer is down', async () => {
    expect(await tell()).toMatchObject({
      fault: 'target-missing',
      message: `expected a pid file ${pidFile}, found none`,
    })
  })

  test('a file that others can write', async () => {
    await writeFile(pidFile, '2')
    await chmod(pidFile, 0o664)
    expect(await messageOf()).toBe(`${pidFile}: expected no write for group and others, found mode 0664`)
  })

  test.each(['the file', 'a directory of its path'])('a link in place of %s', async (what) => {
    const real = join(directory, 'real')
    await mkdir(real)
    await writeFile(join(real, 'web.pid'), '2')
    if (what === 'the file') await symlink(join(real, 'web.pid'), pidFile)
    else await symlink(real, join(directory, 'link'))
    const path = what === 'the file' ? pidFile : join(directory, 'link/web.pid')
    expect(await messageOf('HUP', path)).toMatch(
      /expected no link(, found one| in its path, found it at .*)$/,
    )
  })

  test('a pipe, which would keep us waiting', async () => {
    const fifo = spawn('mkfifo', [pidFile])
    await once(fifo, 'exit')
    expect(await messageOf()).toBe(`${pidFile}: expected a regular file, found something else`)
  })
})

test('one that ends of its signal a little later was not told', async () => {
  const web = await start("trap 'sleep 0.3; exit 1' HUP")
  await writeFile(pidFile, `${web.pid}`)
  expect(await messageOf()).toBe(`expected pid ${web.pid} to keep running, found it gone`)
})

test('how long it has to survive is the target’s to say', async () => {
  const web = await start("trap 'sleep 1.5; exit 1' HUP")
  await writeFile(pidFile, `${web.pid}`)
  const [result] = await tellTarget({ ...target('HUP', pidFile), settleMs: 3000 }, tellRun())
  expect(result?.message).toBe(`expected pid ${web.pid} to keep running, found it gone`)
})

test('states for verify', async () => {
  const web = await start('true')
  await writeFile(pidFile, `${web.pid}`)
  expect(await findMemberStates(target('HUP', pidFile), tellRun())).toMatchObject([
    { active: true, message: `running as pid ${web.pid}` },
  ])
  await web.end()
  expect(await findMemberStates(target('HUP', pidFile), tellRun())).toMatchObject([{ active: false }])
})

async function start(traps: string, uid?: number) {
  const script = `${traps}; echo ready; while :; do sleep 60 & wait $!; done`
  const identity = uid === undefined ? {} : { uid, gid: uid }
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'], ...identity })
  started.push(child)
  let said = ''
  child.stdout.on('data', (data) => {
    said += data
  })
  await expect.poll(() => said).toContain('ready')
  const ended = () => child.exitCode !== null || child.signalCode !== null
  const end = async () => {
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }
  return { pid: child.pid ?? 0, said: () => said, ended, end }
}

function target(signal: SignalName, path: string) {
  const suffix = signal === 'HUP' ? '' : `?signal=${signal}`
  return {
    kind: 'signal',
    pidFile: path,
    signal,
    text: `signal:${path}${suffix}`,
    timeoutMs: 10_000,
  } as const
}

async function tell(signal: SignalName = 'HUP', path = pidFile) {
  const [result] = await tellTarget(target(signal, path), tellRun())
  if (!result) throw new Error('no result')
  return result
}

async function messageOf(signal: SignalName = 'HUP', path = pidFile): Promise<string> {
  const { outcome, message } = await tell(signal, path)
  return outcome === 'failed' ? message : `not failed: ${message}`
}
