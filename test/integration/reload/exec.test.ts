import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ExecTarget, MemberResult } from '../../../src/core/consumers/target.ts'
import { type TellRun, tellTarget } from '../../../src/reload/tell.ts'
import { must } from '../../rig/command.ts'
import { tellRun } from './tell-run.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keyroller-exec-'))
})
afterAll(() => rm(directory, { recursive: true }))

test('a program that exits 0 was told', async () => {
  expect(await tell(['/bin/true'])).toEqual([
    { member: 'exec:["/bin/true"]', name: 'exec:/bin/true', outcome: 'told', message: 'ran, exit code 0' },
  ])
})

test('it gets the hook variables and a path, and nothing else of ours', async () => {
  process.env.VAULT_TOKEN = 'canary'
  const out = join(directory, 'environment')
  await tell(['/bin/sh', '-c', `tr '\\0' '\\n' < /proc/$$/environ > ${out}`], {
    hookEnvironment: { RENEWED_DOMAINS: 'a b', PATH: '/tmp/evil' },
  })
  delete process.env.VAULT_TOKEN
  expect((await readFile(out, 'utf8')).trim().split('\n').sort()).toEqual([
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    'RENEWED_DOMAINS=a b',
  ])
})

test('as another user it has its home and no rights of ours', async () => {
  const line = 'id -un; echo $HOME $USER; grep CapEff /proc/self/status'
  expect(await messageOf(['/bin/sh', '-c', `echo $(${line}) >&2; exit 1`], { user: 'daemon' })).toContain(
    'it said: daemon /usr/sbin daemon CapEff: 0000000000000000',
  )
})

test('and all groups of its account, none of ours', async () => {
  const groups = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'))
  const user = groups.find(([, , , members]) => members)?.[3]?.split(',')[0] ?? 'daemon'
  const expected = (await must(['id', '-Gn', user])).trim()
  expect(await messageOf(['/bin/sh', '-c', 'id -Gn >&2; exit 1'], { user })).toBe(
    `expected exit code 0, found exit code 1; it said: ${expected}`,
  )
})

test('an account that is none', async () => {
  expect(await tell(['/bin/true'], { user: 'nobody-at-all' })).toMatchObject([
    { fault: 'target-missing', message: 'expected an account nobody-at-all, found none' },
  ])
})

test('arguments reach the program as they are: there is no shell', async () => {
  const out = join(directory, 'arguments')
  const program = await script(`printf '%s|' "$@" > ${out}`)
  await tell([program, '$HOME', 'a b', '; true', ''])
  expect(await readFile(out, 'utf8')).toBe('$HOME|a b|; true||')
})

test('standard input is empty', async () => {
  expect(await messageOf(['/bin/sh', '-c', 'test -z "$(cat)"'])).toBe('ran, exit code 0')
})

test.each([
  ['exit 3', 'expected exit code 0, found exit code 3'],
  [
    'echo fine; echo "no such proxy" >&2; exit 1',
    'expected exit code 0, found exit code 1; it said: no such proxy',
  ],
  ['echo only this; exit 1', 'expected exit code 0, found exit code 1; it said: only this'],
  ['kill -SEGV $$', 'expected exit code 0, found signal SIGSEGV'],
])('%s fails with what was expected and found', async (line, message) => {
  expect(await tell(['/bin/sh', '-c', line])).toMatchObject([{ outcome: 'failed', message }])
})

test.each([
  [() => '/nonexistent/program', 'ENOENT'],
  [() => directory, 'EACCES'],
])('what is no program fails and does not throw', async (program, code) => {
  expect(await messageOf([program()])).toBe(`expected a program at ${program()}, found ${code}`)
})

test('output without end is read, not kept, and does not block the program', async () => {
  const line = 'head -c 200000000 /dev/zero | tr "\\0" x; echo; echo last words; exit 9'
  const before = process.memoryUsage().rss
  expect(await messageOf(['/bin/sh', '-c', line])).toBe(
    'expected exit code 0, found exit code 9; it said: last words',
  )
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
})

test('at the deadline the whole process group dies, children included', async () => {
  const pidFile = join(directory, 'child.pid')
  const line = `trap '' TERM; sleep 300 & echo $! > ${pidFile}; wait`
  const startedAt = Date.now()
  expect(await messageOf(['/bin/sh', '-c', line], { timeoutMs: 1000 })).toBe(
    'expected an answer within 1s, found none',
  )
  expect(Date.now() - startedAt).toBeLessThan(3000)
  await expect.poll(async () => isRunning(await readFile(pidFile, 'utf8'))).toBe(false)
})

test('the end of the run ends a program that hangs', async () => {
  const run = new AbortController()
  setTimeout(() => run.abort(), 200)
  expect(await messageOf(['/bin/sleep', '300'], { signal: run.signal })).toContain('found the run at its end')
})

test('a daemon that the program leaves behind, holding its output open, does not hold us', async () => {
  const pidFile = join(directory, 'daemon.pid')
  const startedAt = Date.now()
  expect(await messageOf(['/bin/sh', '-c', `sleep 60 & echo $! > ${pidFile}; exit 0`])).toBe(
    'ran, exit code 0',
  )
  expect(Date.now() - startedAt).toBeLessThan(2000)
  const pid = await readFile(pidFile, 'utf8')
  expect(await isRunning(pid)).toBe(true)
  process.kill(Number(pid))
})

test('two programs are the same member only if every argument is', async () => {
  const alreadyTold = new Map<string, MemberResult>()
  for (const argv of [
    ['/bin/echo', 'a b'],
    ['/bin/echo', 'a', 'b'],
  ] as const)
    for (const result of await tell(argv, { alreadyTold })) alreadyTold.set(result.member, result)
  expect([...alreadyTold.keys()]).toEqual(['exec:["/bin/echo","a b"]', 'exec:["/bin/echo","a","b"]'])
})

test('a member told through another target is not told again', async () => {
  const out = join(directory, 'count')
  const argv = ['/bin/sh', '-c', `echo told >> ${out}`] as const
  const [first] = await tell(argv)
  if (!first) throw new Error('no result')
  expect(await tell(argv, { alreadyTold: new Map([[first.member, first]]) })).toEqual([
    { ...first, message: 'told already in this run' },
  ])
  expect(await readFile(out, 'utf8')).toBe('told\n')
})

test('a member that is being told through another target is not told beside it', async () => {
  const out = join(directory, 'at-once')
  const argv = ['/bin/sh', '-c', `echo told >> ${out}; sleep 0.2`] as const
  const alreadyTold = new Map()
  const results = await Promise.all([tell(argv, { alreadyTold }), tell(argv, { alreadyTold })])
  expect(results.flat().map(({ message }) => message)).toEqual([
    'ran, exit code 0',
    'told already in this run',
  ])
  expect(await readFile(out, 'utf8')).toBe('told\n')
})

test('one that failed is told again as often as the target says, in the same run', async () => {
  const out = join(directory, 'tries')
  const argv = ['/bin/sh', '-c', `echo try >> ${out}; test $(wc -l < ${out}) = 3`] as const
  expect(await messageOf(argv, { retries: 1 })).toBe('expected exit code 0, found exit code 1')
  expect(await messageOf(argv, { retries: 1 })).toBe('ran, exit code 0')
  expect(await readFile(out, 'utf8')).toBe('try\ntry\ntry\n')
})

test('one that is not there is not asked again', async () => {
  const startedAt = Date.now()
  await tell(['/nonexistent/program'], { retries: 9 })
  expect(Date.now() - startedAt).toBeLessThan(3000)
})

test('only members still owed are told; one that is gone owes nothing', async () => {
  const argv = ['/bin/true'] as const
  const only = new Set(['exec:["/bin/false"]'])
  expect(await tell(argv, { only })).toMatchObject([
    { member: 'exec:["/bin/false"]', outcome: 'told', message: expect.stringContaining('is gone') },
  ])
  expect(await tell(argv, { only: new Set(['target:exec:/bin/true']) })).toMatchObject([
    { member: 'exec:["/bin/true"]', outcome: 'told', message: 'ran, exit code 0' },
  ])
})

async function messageOf(argv: ExecTarget['argv'], run: Partial<TellRun & ExecTarget> = {}): Promise<string> {
  const [result] = await tell(argv, run)
  return result?.message ?? 'no result'
}

function tell(argv: ExecTarget['argv'], run: Partial<TellRun & ExecTarget> = {}): Promise<MemberResult[]> {
  const { timeoutMs = 10_000, user, retries = 0, ...rest } = run
  return tellTarget(
    { kind: 'exec', text: `exec:${argv.join(' ')}`, argv, ...(user ? { user } : {}), timeoutMs, retries },
    tellRun(rest),
  )
}

async function script(body: string): Promise<string> {
  const path = join(directory, 'script')
  await writeFile(path, `#!/bin/sh\n${body}\n`)
  await chmod(path, 0o755)
  return path
}

async function isRunning(pid: string): Promise<boolean> {
  await sleep(20)
  const stat = await readFile(`/proc/${pid.trim()}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !/\) Z /.test(stat)
}
