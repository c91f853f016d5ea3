/** Runs a child under strace(1), which records, kills or fails at one system call of one of its threads. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { type Doing, programOf } from './child-program.ts'
import type { Scenario } from './switched-host.ts'

export interface Point {
  readonly thread: 'main' | 'pool'
  readonly syscall: string
  /** The how manieth of its name in its thread, from 1: what strace calls `when`. */
  readonly nth: number
  /** The how manieth of those of them that change files. */
  readonly nthChange: number
  /** As strace printed it. */
  readonly text: string
}

/** Calls that change what a file system holds or promises to hold. `?`: not every architecture has each of them. */
const CHANGING =
  '?open,openat,write,pwrite64,fchown,?chown,fchmod,?chmod,fchmodat,fsync,fdatasync,?link,linkat,?symlink,symlinkat,?mkdir,mkdirat,?rmdir,?rename,renameat,renameat2,?unlink,unlinkat'

/** Every call of a clean run that changes something below `root`, in order. */
export async function tracePoints(doing: Doing, root: string, scenario: Scenario): Promise<Point[]> {
  const child = startChild(doing, root, scenario)
  const threads = await child.ready
  const log = `${root}.trace`
  const attached = ['-p', String(threads.main), '-p', String(threads.pool)]
  const tracer = startTracer([...attached, '-y', '-o', log, '-e', `trace=${CHANGING}`])
  await tracer.attached(2)
  const said = await child.go()
  await tracer.ended
  if (said === 'killed' || said === undefined) throw new Error('the traced run did not end by itself')
  const points = readPoints(await readFile(log, 'utf8'), threads.pool, root)
  await rm(log)
  return points
}

/**
 * Runs with `action` (`signal=KILL`, `error=EIO`) at one point. Resolves to what the child said, if anything, or that it was killed.
 *
 * @throws Missed when it was another call that this was done to.
 */
export async function runWith<Said>(
  doing: Doing,
  root: string,
  scenario: Scenario,
  { point, action }: { readonly point: Point; readonly action: string },
): Promise<Said | 'killed' | undefined> {
  const child = startChild(doing, root, scenario)
  const threads = await child.ready
  const { syscall, nth, thread } = point
  const log = `${root}.trace`
  const rules = ['-e', `trace=${syscall}`, '-e', `inject=${syscall}:${action}:when=${nth}`]
  const tracer = startTracer(['-p', String(threads[thread]), '-y', '-o', log, ...rules])
  await tracer.attached(1)
  const said = await child.go()
  await tracer.ended
  const off = countOff(point, await readFile(log, 'utf8'), root)
  await rm(log)
  if (off !== 0) throw new Missed({ ...point, nth: Math.max(1, nth + off) })
  return said as Said | 'killed' | undefined
}

/** The run was tampered with elsewhere: `next` is where to try a run on a new host. */
class Missed extends Error {
  readonly next: Point
  constructor(next: Point) {
    super(`missed ${next.text}`)
    this.next = next
  }
}

/**
 * Attempts, each on a host of its own, until it is the point that is met: a pool thread wakes the main one by a write(2) to an
 * eventfd(2), as often as it finds it asleep, so that the how manieth write is one of a file varies.
 */
export async function untilMet<T>(point: Point, attempt: (point: Point) => Promise<T>): Promise<T> {
  let tried = point
  for (let tries = 1; tries <= 30; tries += 1) {
    try {
      return await attempt(tried)
    } catch (error) {
      if (!(error instanceof Missed)) throw error
      tried = error.next
    }
  }
  throw new Error(`no run of thirty met ${point.text}`)
}

/** How many calls after the one that was tampered with the point lies, at least; before it is below 0, and 0 says met. */
function countOff({ syscall, nth, nthChange }: Point, log: string, root: string): number {
  const calls = log.split('\n').filter((line) => line.startsWith(`${syscall}(`))
  const changes = calls.flatMap((line, index) => (changesFiles(syscall, line, root) ? [index + 1] : []))
  const before = changes.filter((place) => place <= nth)
  // What the calls after the tampered one are is its doing.
  return (before[nthChange - 1] ?? nth + nthChange - before.length) - nth
}

/** Calls after which a name stands for something else, or for nothing. */
const NAMING = ['?link', '?symlink', '?mkdir', '?rmdir', '?rename', '?unlink']

/** Runs to its end with this long after every call that changes a name, so that whoever looks sees each state. */
export async function runSlowly<Said>(
  doing: Doing,
  root: string,
  scenario: Scenario,
  delayUs: number,
): Promise<Said | 'killed'> {
  const child = startChild(doing, root, scenario)
  const { main } = await child.ready
  const rules = NAMING.flatMap((call) => ['-e', `inject=${call}:delay_exit=${delayUs}`])
  const tracer = startTracer(['-p', String(main), '-e', `trace=${NAMING}`, ...rules])
  await tracer.attached(1)
  const said = await child.go()
  await tracer.ended
  return said as Said | 'killed'
}

/** Runs untampered, to its end. */
export async function runThrough<Said>(
  doing: Doing,
  root: string,
  scenario: Scenario,
): Promise<Said | 'killed'> {
  const child = startChild(doing, root, scenario)
  await child.ready
  return (await child.go()) as Said | 'killed'
}

/** Nobody wakes again when what was not made is the write that wakes. TERM, which is no KILL of a test: the child says nothing. */
const STUCK_MS = 20_000

function startChild(doing: Doing, root: string, scenario: Scenario) {
  // One pool thread: then every thread makes the same calls in the same order in every run.
  const env = { UV_THREADPOOL_SIZE: '1', PATH: process.env.PATH }
  const child = spawn(process.execPath, [programOf(doing), root, JSON.stringify(scenario)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env,
    timeout: STUCK_MS,
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = once(child, 'exit')
  return {
    ready: nextLine(lines) as Promise<{ main: number; pool: number }>,
    go: async (): Promise<unknown> => {
      child.stdin.write('go\n')
      const said = await nextLine(lines)
      const [, signal] = await ended
      return signal === 'SIGKILL' ? 'killed' : said
    },
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<unknown> {
  const { value, done } = await lines.next()
  return done ? undefined : JSON.parse(value)
}

function startTracer(args: readonly string[]) {
  const tracer: ChildProcess = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(tracer, 'exit')
  let said = ''
  const attached = (count: number) =>
    new Promise<void>((resolve, reject) => {
      tracer.stderr?.on('data', (chunk: Buffer) => {
        said += chunk
        if (said.split(' attached').length > count) resolve()
      })
      tracer.once('exit', () => reject(new Error(`strace did not attach: ${said}`)))
    })
  return { ended, attached }
}

/** `1234 openat(AT_FDCWD</tmp>, "/proc/self/fd/21/key.pem", O_WRONLY|O_CREAT, 0600) = 22</tmp/key.pem>` */
function readPoints(log: string, pool: number, root: string): Point[] {
  const counts = new Map<string, number>()
  const count = (key: string) => {
    const counted = (counts.get(key) ?? 0) + 1
    counts.set(key, counted)
    return counted
  }
  return log.split('\n').flatMap((line): Point[] => {
    const [, tid, syscall, rest = ''] = /^(\d+) +([a-z0-9]+)\((.*)$/.exec(line) ?? []
    if (!tid || !syscall) return []
    const nth = count(`${tid} ${syscall}`)
    if (!changesFiles(syscall, rest, root)) return []
    const nthChange = count(`${tid} ${syscall} changes`)
    const thread = Number(tid) === pool ? 'pool' : 'main'
    return [{ thread, syscall, nth, nthChange, text: `${syscall}(${rest}` }]
  })
}

function changesFiles(syscall: string, rest: string, root: string): boolean {
  if (!rest.includes(root) && !rest.includes('/proc/self/fd/')) return false
  return !syscall.startsWith('open') || rest.includes('O_CREAT')
}
