import { readFileSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DAY_MS, NOW_MS } from '../../x509/authority.ts'
import { stage } from '../stage.ts'

const DUE = { notBeforeMs: NOW_MS - 21 * DAY_MS, notAfterMs: NOW_MS + 9 * DAY_MS }

describe('a consumer that does not answer', () => {
  const MINUTE_MS = 60_000
  const debt = { target: 'exec:/bin/false', materials: ['certificate/web'], sinceMs: NOW_MS, attempts: 0 }

  async function untold() {
    const host = await stage()
    host.configure((text) => text.replace('exec:/bin/true', 'exec:/bin/false'))
    host.place('state/state.json', JSON.stringify({ schema: 1, materials: {}, owed: [debt] }))
    for (let run = 0; run < 3; run += 1) expect((await host.keyroller('renew --log human')).exit).toBe(11)
    return host
  }

  test('is told by three runs, then waits with the same exit code, and every view says until when', async () => {
    const { keyroller } = await untold()
    const held = await keyroller('renew --log human')
    expect([held.exit, held.stdout.split('\n')[0]]).toEqual([
      11,
      'hold  exec:/bin/false: backing-off: owed since 2026-06-01T12:00:00Z, next try at 2026-06-01T12:10:00Z ' +
        'after 3 failed, last: exec:/bin/false: expected exit code 0, found exit code 1',
    ])
    const [plan, status, check] = await Promise.all(
      ['plan --json', 'status --json', 'check'].map((words) => keyroller(words)),
    )
    expect(JSON.parse(plan?.stdout ?? '')).toMatchObject({
      steps: [],
      held: [{ target: 'exec:/bin/false', reason: 'backing-off', retryAt: '2026-06-01T12:10:00Z' }],
    })
    expect(JSON.parse(status?.stdout ?? '').materials[1]).toMatchObject({
      loaded: { state: 'no', next: { action: 'tell', at: '2026-06-01T12:10:00Z' } },
      owed: [{ target: 'exec:/bin/false', attempts: 3, retryAt: '2026-06-01T12:10:00Z' }],
      next: { action: 'keep' },
    })
    expect(check?.stdout).toContain('next try at 2026-06-01T12:10:00Z after 3 failed')
  })

  test('is told again once the wait is over, and at once when a person names it; never issued anew', async () => {
    const { keyroller } = await untold()
    const toldBy = async (words: string, nowMs: number) => {
      const { stdout } = await keyroller(`${words} --json --log human`, { nowMs })
      return JSON.parse(stdout).steps.map(({ kind }: { kind: string }) => kind)
    }
    expect(await toldBy('renew', NOW_MS + 10 * MINUTE_MS)).toEqual(['reload'])
    expect(await toldBy('renew', NOW_MS + 11 * MINUTE_MS)).toEqual([])
    expect(await toldBy('renew web', NOW_MS + 11 * MINUTE_MS)).toEqual(['reload'])
    // The clock was set back.
    expect(await toldBy('renew', NOW_MS)).toEqual(['reload'])
  })
})

describe('renew', () => {
  test('nothing due: status.json is there all the same, follows what holds a run, and is not written again', async () => {
    const { keyroller, folder, place } = await stage()
    const path = join(folder, 'run/status.json')
    const told = () => {
      const { ready, lastRun } = JSON.parse(readFileSync(path, 'utf8'))
      return { ready, exit: lastRun.exit, inode: statSync(path).ino }
    }
    await keyroller('renew --log human')
    const first = told()
    expect(first).toMatchObject({ exit: 0 })
    await keyroller('renew --log human')
    expect(told()).toEqual(first)
    const anchors = readFileSync(join(folder, 'root.pem'), 'utf8')
    unlinkSync(join(folder, 'root.pem'))
    expect((await keyroller('renew --log human')).exit).toBe(3)
    expect(told()).toMatchObject({ ready: false, exit: 3 })
    place('root.pem', anchors)
    await keyroller('renew --log human')
    expect(told()).toMatchObject({ exit: 0 })
  })

  test('nothing due: one line, and until when', async () => {
    const { keyroller } = await stage()
    expect(await keyroller('renew --log human')).toEqual({
      exit: 0,
      stdout: 'nothing to do, next due 2026-06-06T12:00:00Z\n',
      stderr: '',
    })
  })

  test('Vault down: said once with a hint, the files as they were; then a hold with the same exit code', async () => {
    const { keyroller, folder } = await stage({ web: DUE })
    const before = readFileSync(join(folder, 'web.pem'), 'utf8')
    const first = await keyroller('renew --log human')
    expect(first.exit).toBe(9)
    expect(first.stdout.split('\n')).toEqual([
      'plan  renew certificate/web: due: due since 2026-05-31T12:00:00Z, 9d of its life left',
      'ok    2 paths can be written',
      'FAIL  127.0.0.1:9: connection refused, nothing listens there',
      '      hint: check [vault] address and that the server is up',
      'skip  log in at auth/cert as agent: an earlier step for it failed',
      'skip  issue certificate/web: due since 2026-05-31T12:00:00Z, 9d of its life left: an earlier step for it failed',
      "skip  install certificate/web; replaces 2 files not known to be keyroller's, kept for 7d: an earlier step for it failed",
      'skip  tell exec:/bin/true: nothing new was installed',
      expect.stringMatching(/^exit 9: 6 steps, 1 failed, in \d+\.\d\d s$/),
      '',
    ])
    expect(readFileSync(join(folder, 'web.pem'), 'utf8')).toBe(before)
    const second = await keyroller('renew --log human')
    expect(second.exit).toBe(9)
    expect(second.stdout).toMatch(
      /^hold {2}certificate\/web: backing-off: next try at 2026-06-01T12:01:00Z after 1 failed/,
    )
  })

  test('as JSON on stdout, the log on stderr', async () => {
    const { keyroller } = await stage()
    const { stdout, stderr } = await keyroller('renew --json --log human')
    expect(stderr).toBe('nothing to do, next due 2026-06-06T12:00:00Z\n')
    expect(JSON.parse(stdout)).toEqual({
      schema: 1,
      exit: 0,
      startedAt: '2026-06-01T12:00:00Z',
      took: '0s',
      decisions: [
        {
          material: 'identity/agent',
          action: 'keep',
          reason: 'current',
          message: 'current, due in 10d, at 2026-06-11T12:00:00Z',
        },
        {
          material: 'certificate/web',
          action: 'keep',
          reason: 'current',
          message: 'current, due in 5d, at 2026-06-06T12:00:00Z',
        },
      ],
      held: [],
      steps: [],
    })
  })
})
