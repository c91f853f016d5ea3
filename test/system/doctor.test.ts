// keyroller doctor on a booted machine: nothing is wrong, then one thing after another is, and is found by its word.
import { copyFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckId } from '../../src/core/doctor/checks.ts'
import {
  type AgentMachine,
  CONSUMER,
  machineConfig,
  pathsInside,
  startAgentMachine,
} from './agent-machine.ts'
import { builtPackages } from './built-packages.ts'

/** Shell lines that break one thing and mend it again, and the finding that must name it. */
interface Break {
  readonly what: string
  readonly id: CheckId
  readonly severity: 'warn' | 'fail'
  readonly breaks: string
  readonly mends: string
}

const UNIT = `/etc/systemd/system/${CONSUMER}`
const { leafKey } = pathsInside('ncprd1')
const RELOAD = 'systemctl daemon-reload'

const BREAKS: readonly Break[] = [
  {
    ...{ what: 'a key of the configuration that nobody knows', id: 'config', severity: 'fail' },
    breaks: "printf '[bogus]\\n' > /etc/keyroller/keyroller.d/bogus.toml",
    mends: 'rm /etc/keyroller/keyroller.d/bogus.toml',
  },
  {
    ...{
      what: 'a directory of the configuration that everybody may write in',
      id: 'config-guarded',
      severity: 'warn',
    },
    breaks: 'chmod o+w /etc/keyroller',
    mends: 'chmod o-w /etc/keyroller',
  },
  {
    ...{ what: 'a key that everybody may read', id: 'key-modes', severity: 'fail' },
    breaks: `chmod 0644 ${leafKey}`,
    mends: `chmod 0600 ${leafKey}`,
  },
  {
    ...{ what: 'a directory of keys that everybody may write in', id: 'key-directories', severity: 'fail' },
    breaks: 'chmod o+w /home/ncprd1/tls',
    mends: 'chmod o-w /home/ncprd1/tls',
  },
  {
    ...{ what: 'a full disk', id: 'disk-space', severity: 'fail' },
    breaks: 'mount -t tmpfs -o size=512k,mode=0700 tmpfs /var/lib/keyroller',
    mends: 'umount /var/lib/keyroller',
  },
  {
    ...{ what: 'no inodes', id: 'inodes', severity: 'fail' },
    breaks: 'mount -t tmpfs -o nr_inodes=20,mode=0700 tmpfs /var/lib/keyroller',
    mends: 'umount /var/lib/keyroller',
  },
  {
    ...{ what: 'a unit to be told that is not there', id: 'unit-loaded', severity: 'fail' },
    breaks: `systemctl stop ${CONSUMER}; mv ${UNIT} /root/; ${RELOAD}`,
    mends: `mv /root/${CONSUMER} ${UNIT}; ${RELOAD}; systemctl start ${CONSUMER}`,
  },
  {
    ...{ what: 'one that is masked', id: 'unit-masked', severity: 'fail' },
    breaks: `mv ${UNIT} /root/; ln -s /dev/null ${UNIT}; ${RELOAD}`,
    mends: `rm ${UNIT}; mv /root/${CONSUMER} ${UNIT}; ${RELOAD}`,
  },
  {
    ...{ what: 'one without ExecReload=', id: 'unit-reload', severity: 'fail' },
    breaks: `mkdir -p ${UNIT}.d; printf '[Service]\\nExecReload=\\n' > ${UNIT}.d/x.conf; ${RELOAD}`,
    mends: `rm ${UNIT}.d/x.conf; ${RELOAD}`,
  },
  {
    ...{ what: 'one that is down', id: 'unit-active', severity: 'fail' },
    breaks: `systemctl stop ${CONSUMER}`,
    mends: `systemctl start ${CONSUMER}`,
  },
  {
    ...{ what: 'a timer that is not started at boot', id: 'timer-enabled', severity: 'fail' },
    breaks: 'systemctl disable keyroller.timer',
    mends: 'systemctl enable keyroller.timer',
  },
  {
    ...{ what: 'a timer that was stopped', id: 'timer-active', severity: 'fail' },
    breaks: 'systemctl stop keyroller.timer',
    mends: 'systemctl start keyroller.timer',
  },
  {
    ...{ what: 'a timer slower than the certificates', id: 'timer-period', severity: 'fail' },
    ...dropIn('keyroller.timer', '[Timer]\\nOnCalendar=\\nOnCalendar=Mon..Fri 03:00'),
  },
  {
    ...{ what: 'a run that failed', id: 'last-run', severity: 'fail' },
    breaks: `${dropIn('keyroller.service', '[Service]\\nExecStart=\\nExecStart=/bin/false').breaks}; systemctl start keyroller.service || :`,
    mends: `${dropIn('keyroller.service', '').mends}; systemctl start keyroller.service`,
  },
  {
    ...{ what: 'a unit that ends a run before it ends itself', id: 'run-timeout', severity: 'warn' },
    ...dropIn('keyroller.service', '[Service]\\nTimeoutStartSec=5min'),
  },
  {
    ...{ what: 'a drop-in that systemd has not read', id: 'unit-stale', severity: 'warn' },
    breaks: dropIn('keyroller.service', '[Service]\\nNice=1').breaks.replace(`; ${RELOAD}`, ''),
    mends: dropIn('keyroller.service', '').mends,
  },
  {
    ...{ what: 'homes that the sandbox hides', id: 'sandbox', severity: 'fail' },
    ...dropIn('keyroller.service', '[Service]\\nProtectHome=yes'),
  },
  {
    ...{ what: 'homes that it makes read-only', id: 'sandbox', severity: 'fail' },
    ...dropIn('keyroller.service', '[Service]\\nProtectHome=read-only'),
  },
  {
    ...{ what: 'a server that is not there', id: 'vault', severity: 'fail' },
    breaks:
      'cp /etc/keyroller/keyroller.toml /root/; sed -i \'s#^address = .*#address = "https://127.0.0.1:9"#\' /etc/keyroller/keyroller.toml',
    mends: 'cp /root/keyroller.toml /etc/keyroller/keyroller.toml',
  },
  {
    ...{ what: 'a podman that does not listen', id: 'podman', severity: 'fail' },
    breaks:
      'printf \'[podman]\\nsocket = "/run/podman/nobody.sock"\\n\' > /etc/keyroller/keyroller.d/podman.toml',
    mends: 'rm /etc/keyroller/keyroller.d/podman.toml',
  },
  {
    ...{ what: 'no bus', id: 'systemd', severity: 'fail' },
    breaks: 'systemctl stop dbus.socket dbus.service',
    mends: 'systemctl start dbus.socket',
  },
]

describe('keyroller doctor', () => {
  let agent: AgentMachine
  beforeAll(async () => {
    const { deb } = await builtPackages()
    agent = await startAgentMachine()
    await copyFile(deb, agent.machine.outside('/root/keyroller.deb'))
    await must('dpkg', '--install', '/root/keyroller.deb')
    await agent.write('/etc/keyroller/keyroller.toml', machineConfig(agent.scenario))
    await must('mkdir', '-p', '/etc/keyroller/keyroller.d')
    await must('systemctl', 'enable', '--now', 'keyroller.timer')
    await must('systemctl', 'start', 'keyroller.service')
  })
  afterAll(() => agent?.stop())

  const must = (...argv: [string, ...string[]]) => agent.machine.must(argv)
  const doctor = async (...args: string[]) => {
    const { exit, stdout } = await agent.machine.run(['keyroller', 'doctor', '--json', ...args])
    return { exit, ...(JSON.parse(stdout) as { findings: Line[] }) }
  }

  it('has nothing to say of a healthy host, and has looked at everything', async () => {
    const { exit, findings } = await doctor()
    expect(findings.filter(({ severity }) => severity !== 'ok')).toEqual([])
    expect(exit).toBe(0)
    const looked = new Set(findings.map(({ id }) => id))
    expect(BREAKS.filter(({ id }) => !looked.has(id))).toEqual([])
    for (const id of ['clock', 'login', 'server-side', 'skew', 'mounts']) expect(looked).toContain(id)
  })

  it('signs off a healthy host', async () => {
    const { exit, stdout } = await agent.machine.run(['keyroller', 'doctor', '--sign-off'])
    expect(stdout.split('\n').filter((line) => line.startsWith('[ ]'))).toEqual([])
    expect([exit, stdout.trimEnd().split('\n').at(-1)]).toEqual([0, 'operator-ready'])
  })

  it.each(BREAKS)('finds $what', async ({ id, severity, breaks, mends }) => {
    await must('sh', '-ec', breaks)
    const { exit, findings } = await doctor()
    await must('sh', '-ec', mends)
    const found = findings.find((one) => one.id === id && one.severity !== 'ok')
    expect(found).toMatchObject({ severity, expected: expect.any(String), fix: expect.any(String) })
    expect(exit).toBe(findings.some((one) => one.severity === 'fail') ? 12 : 0)
  })

  it('is content again once all is mended, and has changed nothing', async () => {
    const { exit, findings } = await doctor()
    expect([exit, findings.filter(({ severity }) => severity !== 'ok')]).toEqual([0, []])
    expect(await must('systemctl', 'is-system-running')).toBe('running\n')
  })
})

interface Line {
  readonly id: string
  readonly severity: string
}

/** `text` in the words of printf(1). */
function dropIn(unit: string, text: string): Pick<Break, 'breaks' | 'mends'> {
  const folder = `/etc/systemd/system/${unit}.d`
  return {
    breaks: `mkdir -p ${folder}; printf '${text}\\n' > ${folder}/x.conf; ${RELOAD}`,
    mends: `rm ${folder}/x.conf; ${RELOAD}`,
  }
}
