// The package on a booted Debian: installed with dpkg, set going by its timer, interrupted by a power cut, removed. In
// numbered steps; each stands on the ones before it.

import { X509Certificate } from 'node:crypto'
import { copyFile, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MESSAGE_IDS } from '../../src/core/notify/journal-fields.ts'
import { findCanaries, keyCanaries } from '../rig/canaries.ts'
import { appNames } from '../rig/pki.ts'
import { APPS } from '../rig/scenario-s2.ts'
import { servedCertificate } from '../rig/served.ts'
import { waitFor } from '../rig/wait-for.ts'
import {
  type AgentMachine,
  CONSUMER,
  CONSUMER_LOG,
  machineConfig,
  pathsInside,
  startAgentMachine,
  userConfig,
} from './agent-machine.ts'
import { builtPackages } from './built-packages.ts'
import { BROKEN, NOW, SOON } from './drop-ins.ts'
import { killBetweenFiles, pairMatches } from './kill-between-files.ts'

describe('the installed package', () => {
  let agent: AgentMachine
  let deb: string
  beforeAll(async () => {
    deb = (await builtPackages()).deb
    agent = await startAgentMachine()
  })
  afterAll(() => agent?.stop())

  const run = (...argv: [string, ...string[]]) => agent.machine.run(argv)
  const must = (...argv: [string, ...string[]]) => agent.machine.must(argv)
  const show = async (unit: string, ...properties: string[]) => {
    const lines = (await must('systemctl', 'show', unit, `--property=${properties}`)).trim().split('\n')
    return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s)))
  }
  const read = (path: string) => readFile(agent.machine.outside(path), 'utf8')
  const serial = async (path: string) => new X509Certificate(await read(path)).serialNumber
  const leafSerials = () => Promise.all(APPS.map((app) => serial(pathsInside(app).fullchain)))
  const hups = () => Promise.all(agent.scenario.consumers.map((one) => agent.scenario.podman.killCount(one)))
  const journal = async () => {
    const text = await must('journalctl', '--unit=keyroller.service', '--output=cat', '--no-pager')
    return text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
  }
  const runEnded = (after = '') =>
    waitFor(
      'a run by systemd has ended',
      async () => {
        const seen = await show(
          'keyroller.service',
          'ExecMainExitTimestampMonotonic',
          'ActiveState',
          'Result',
          'ExecMainStatus',
        )
        const ended = seen.ExecMainExitTimestampMonotonic
        return seen.ActiveState !== 'activating' && ended !== '0' && ended !== after && seen
      },
      60_000,
    )

  it('01 installs with dpkg, names the next step, starts and enables nothing', async () => {
    await copyFile(deb, agent.machine.outside('/root/keyroller.deb'))
    const said = await must('dpkg', '--install', '/root/keyroller.deb')
    expect(said).toContain('systemctl enable --now keyroller.timer')
    const pushed = ['keyroller-adopt.service', 'keyroller-adopt.path', 'agent-keyroller.service']
    const units = ['keyroller.service', 'keyroller.timer', 'keyroller-recover.service', ...pushed]
    const states = await run('systemctl', 'is-enabled', ...units)
    expect(states.stdout.trim().split('\n')).toEqual([
      ...['static', 'disabled', 'disabled'],
      ...['static', 'disabled', 'disabled'],
    ])
    expect(await run('systemd-analyze', 'verify', '--man=no', ...units)).toEqual(QUIET)
    const folders = await must(
      'stat',
      '--format=%a %U %n',
      '/etc/keyroller',
      '/var/lib/keyroller',
      '/var/lib/keyroller/inbox',
      '/run/keyroller',
    )
    expect(folders.trim().split('\n')).toEqual([
      '755 root /etc/keyroller',
      '700 root /var/lib/keyroller',
      '700 root /var/lib/keyroller/inbox',
      '755 root /run/keyroller',
    ])
  })

  it('02 fails by name while there is no configuration', async () => {
    const { exit, stderr } = await run('keyroller', 'plan')
    expect([exit, stderr]).toEqual([3, expect.stringContaining('/etc/keyroller/keyroller.toml')])
  })

  it.each(['keyroller.service', 'agent-keyroller.service', 'keyroller-adopt.service'])(
    '03 is exposed no more than 2.5 by the count of systemd-analyze: %s',
    async (unit) => {
      const security = await must('systemd-analyze', 'security', '--no-pager', unit)
      expect(Number(/exposure level for \S+: ([\d.]+)/.exec(security)?.[1])).toBeLessThanOrEqual(2.5)
    },
  )

  it('04 renews when its timer says so: four certificates, each consumer told once, the new ones served', async () => {
    await agent.write('/etc/keyroller/keyroller.toml', machineConfig(agent.scenario))
    await agent.write('/etc/systemd/system/keyroller.timer.d/soon.conf', SOON)
    const before = await leafSerials()
    await must('systemctl', 'daemon-reload')
    await must('systemctl', 'enable', '--now', 'keyroller.timer')
    expect(await runEnded()).toMatchObject({
      ActiveState: 'inactive',
      Result: 'success',
      ExecMainStatus: '0',
    })

    const after = await leafSerials()
    expect(after.filter((one) => before.includes(one))).toEqual([])
    expect(await hups()).toEqual([1, 1])
    expect(await read(CONSUMER_LOG)).toBe('reloaded\n')
    const served = await Promise.all(
      APPS.map((app) => servedCertificate(agent.scenario.proxyPort, appNames(app).leafName)),
    )
    expect(served.map(({ serialNumber }) => serialNumber)).toEqual(after)
  })

  it('05 was started by the timer, which also enabled the recovery at boot', async () => {
    const timer = await show('keyroller.timer', 'LastTriggerUSec', 'ActiveState')
    expect(timer).toEqual({ LastTriggerUSec: expect.stringContaining('20'), ActiveState: 'active' })
    expect(await must('systemctl', 'list-timers', '--no-pager')).toContain('keyroller.timer')
    expect(await must('systemctl', 'is-enabled', 'keyroller-recover.service')).toBe('enabled\n')
  })

  it('06 leaves files that belong to the apps, whose keys nobody else reads', async () => {
    for (const app of APPS) {
      const { agentKey, agentCert, leafKey, fullchain } = pathsInside(app)
      const listed = await must('stat', '--format=%a %U:%G %n', agentKey, agentCert, leafKey, fullchain)
      const owner = `${app}:${app}`
      expect(listed.trim().split('\n')).toEqual([
        `600 ${owner} ${agentKey}`,
        `644 ${owner} ${agentCert}`,
        `600 ${owner} ${leafKey}`,
        `644 ${owner} ${fullchain}`,
      ])
    }
  })

  it('07 tells the journal what it did, in records that hold no key', async () => {
    const records = await journal()
    const steps = records.filter(({ event, outcome }) => event === 'step' && outcome === 'done')
    expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['login', 'install', 'reload']))
    expect(records.at(-1)).toMatchObject({ event: 'ended', exit: 0 })
    expect(JSON.stringify(records)).not.toMatch(/PRIVATE KEY|hvs\./)
  })

  it('08 does nothing at the next run, whatever systemd was told to put into its environment', async () => {
    const { ExecMainExitTimestampMonotonic: last } = await runEnded()
    const before = await leafSerials()
    await agent.write('/root/hook.cjs', 'require("node:fs").writeFileSync("/run/keyroller/hooked", "")')
    await must(
      'systemctl',
      'set-environment',
      'NODE_OPTIONS=--require=/root/hook.cjs',
      'NODE_V8_COVERAGE=/run/keyroller/coverage',
    )
    await must('systemctl', 'start', 'keyroller.service')
    expect(await runEnded(last)).toMatchObject({ Result: 'success' })
    expect((await journal()).at(-1)).toMatchObject({ event: 'ended', exit: 0, steps: 0 })
    expect([await leafSerials(), await hups()]).toEqual([before, [1, 1]])
    expect((await must('ls', '/run/keyroller')).trim().split('\n')).toEqual(['lock', 'status.json'])
    await must('systemctl', 'unset-environment', 'NODE_OPTIONS', 'NODE_V8_COVERAGE')
  })

  it('09 finishes at boot, before any service starts, what a crash interrupted; the reload follows', async () => {
    const before = await leafSerials()
    await killBetweenFiles(agent.machine, 'ncprd1')

    await agent.machine.reboot()
    const recover = await show('keyroller-recover.service', 'ExecMainExitTimestampMonotonic', 'Result')
    const { ActiveEnterTimestampMonotonic: sysinit } = await show(
      'sysinit.target',
      'ActiveEnterTimestampMonotonic',
    )
    expect(recover.Result).toBe('success')
    expect(Number(recover.ExecMainExitTimestampMonotonic)).toBeGreaterThan(0)
    expect(Number(recover.ExecMainExitTimestampMonotonic)).toBeLessThanOrEqual(Number(sysinit))
    expect(await pairMatches(agent.machine, 'ncprd1')).toBe(true)
    expect(await leafSerials()).not.toEqual(before)

    expect(await runEnded()).toMatchObject({ Result: 'success' })
    expect([await hups(), await read(CONSUMER_LOG)]).toEqual([[2, 2], 'reloaded\nreloaded\n'])
  })

  it('10 runs for a user as well, in the manager of that user', async () => {
    const [app] = APPS
    const home = `/home/${app}`
    await agent.write(`${home}/.config/keyroller/keyroller.toml`, userConfig(agent.scenario, app))
    await agent.write(`${home}/.config/systemd/user/keyroller.service.d/now.conf`, NOW)
    await must('chown', '--recursive', app, `${home}/.config`)
    await must('loginctl', 'enable-linger', app)
    const before = await serial(pathsInside(app).agentCert)
    const uid = (await must('id', '--user', app)).trim()
    await waitFor(
      'the manager of the user is up',
      async () => (await run('test', '-S', `/run/user/${uid}/systemd/private`)).exit === 0,
    )
    const asUser = [
      'runuser',
      '--user',
      app,
      '--',
      'env',
      `XDG_RUNTIME_DIR=/run/user/${uid}`,
      `HOME=${home}`,
    ] as const
    await must(...asUser, 'systemctl', '--user', 'start', 'keyroller.service')
    expect(await serial(pathsInside(app).agentCert)).not.toBe(before)
    expect(
      await run(...asUser, 'systemd-analyze', 'verify', '--man=no', '--user', 'keyroller.timer'),
    ).toEqual(QUIET)
    await must('loginctl', 'disable-linger', app)
  })

  it('11 leaves in the journal what changed, to filter by, and how far the ledger goes', async () => {
    const dropIn = `/etc/systemd/system/${CONSUMER}.d/broken.conf`
    await agent.write(dropIn, BROKEN)
    await must('systemctl', 'daemon-reload')
    expect((await run('keyroller', 'renew', '--now', 'certificate/ncprd1')).exit).not.toBe(0)
    await must('rm', dropIn)
    await must('systemctl', 'daemon-reload')
    await must('keyroller', 'renew', 'certificate/ncprd1')

    await must('journalctl', '--sync')
    for (const event of ['owed', 'recovered'] as const) {
      const filter = [`MESSAGE_ID=${MESSAGE_IDS[event]}`, 'KEYROLLER_MATERIAL=certificate/ncprd1']
      const text = await must('journalctl', '--output=json', '--lines=1', ...filter)
      expect(JSON.parse(text)).toMatchObject({
        SYSLOG_IDENTIFIER: 'keyroller',
        KEYROLLER_EVENT: event,
        MESSAGE: expect.stringContaining(`certificate/ncprd1 ${event}: `),
      })
    }
    const last = await must(
      'journalctl',
      '--output=json',
      '--lines=1',
      `MESSAGE_ID=${MESSAGE_IDS['ledger-head']}`,
    )
    const { KEYROLLER_LEDGER_SEQ: seq, KEYROLLER_LEDGER_HASH: hash } = JSON.parse(last)
    await must('keyroller', 'ledger', 'verify', '--head', `${seq}:${hash}`)
    const { ledger } = JSON.parse(await read('/run/keyroller/status.json'))
    expect({ seq: Number(seq), hash }).toEqual(ledger)
  })

  it('12 has told the journal no key and no token, and would be found out', async () => {
    const keys = APPS.flatMap((app) => [pathsInside(app).agentKey, pathsInside(app).leafKey])
    const pems = await Promise.all(keys.map(read))
    const canaries = pems.flatMap((pem) => keyCanaries('key', pem))
    const journal = async () =>
      new Map([['journal', await must('journalctl', '--no-pager', '--all', '--output=export')]])
    expect(findCanaries(await journal(), canaries)).toEqual([])
    const [canary] = canaries
    await must('logger', '--tag', 'keyroller', canary?.text ?? '')
    await must('journalctl', '--sync')
    expect(findCanaries(await journal(), canaries)).toEqual(['journal: key'])
  })

  it('13 is upgraded without a word of what comes next, and its timer goes on', async () => {
    expect(await must('dpkg', '--install', '/root/keyroller.deb')).not.toContain('Next')
    expect(await must('systemctl', 'is-active', 'keyroller.timer')).toBe('active\n')
  })

  it('14 is purged with its units, and takes no key and no word of the operator along', async () => {
    const kept = [
      '/etc/keyroller/keyroller.toml',
      ...APPS.flatMap((app) => Object.values(pathsInside(app)).slice(1)),
    ]
    const before = await must('sha256sum', ...kept)
    await must('dpkg', '--purge', 'keyroller')
    expect(await must('sha256sum', ...kept)).toBe(before)
    expect((await run('systemctl', 'list-unit-files', '--no-legend', '*keyroller*')).stdout).toBe('')
    expect(await run('test', '-e', '/usr/bin/keyroller')).toMatchObject({ exit: 1 })
    expect(await must('systemctl', 'is-system-running')).toBe('running\n')
  })
})

const QUIET = { exit: 0, stdout: '', stderr: '' }
