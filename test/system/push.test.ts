// An orchestrator copies a key and a certificate and says so: on a booted Debian with the installed package. In numbered steps.
import { X509Certificate } from 'node:crypto'
import { copyFile, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authority, makeAuthority, type Pair } from '../rig/openssl-authority.ts'
import { waitFor } from '../rig/wait-for.ts'
import { CONSUMER, CONSUMER_LOG, consumerUnit } from './agent-machine.ts'
import { builtPackages } from './built-packages.ts'
import { type Machine, startMachine } from './machine.ts'

const INBOX = '/var/lib/keyroller/inbox/web'
const READY = '/var/lib/keyroller/inbox/ready'

describe('a push', () => {
  let machine: Machine
  let authority: Authority
  beforeAll(async () => {
    const { deb } = await builtPackages()
    authority = await makeAuthority()
    machine = await startMachine({ dir: await mkdtemp(join(tmpdir(), 'keyroller-push-')), binds: [] })
    await copyFile(deb, machine.outside('/root/keyroller.deb'))
    await machine.must(['dpkg', '--install', '/root/keyroller.deb'])
    await put('/etc/keyroller/keyroller.toml', CONFIG)
    await put('/etc/keyroller/ca.pem', authority.caPem)
    await put(`/etc/systemd/system/${CONSUMER}`, consumerUnit)
    await machine.must(['install', '--directory', '--mode=0755', '/home/web'])
    await machine.must(['install', '--directory', '--mode=0700', INBOX])
    await machine.must(['systemctl', 'enable', '--now', CONSUMER])
  })
  afterAll(async () => {
    await machine?.stop()
    await authority?.remove()
  })

  const put = (path: string, text: string) => writeFile(machine.outside(path), text, { mode: 0o600 })
  const read = (path: string) => readFile(machine.outside(path), 'utf8').catch(() => '')
  const systemctl = (...args: string[]) => machine.run(['systemctl', ...args])
  const issue = () => authority.issue({ commonName: 'web.example', names: 'DNS:web.example' })
  const copy = async ({ keyPem, certPem }: Pair) => {
    await put(`${INBOX}/key.pem`, keyPem)
    await put(`${INBOX}/fullchain.pem`, certPem)
  }
  const installed = async () => new X509Certificate(await read('/home/web/fullchain.pem')).serialNumber
  const serial = ({ certPem }: Pair) => new X509Certificate(certPem).serialNumber
  const mail = () => machine.must(['ls', INBOX])

  it('01 is taken in by systemctl reload agent-keyroller, which returns when consumers are told', async () => {
    await machine.must(['systemctl', 'enable', '--now', 'agent-keyroller.service', 'keyroller-adopt.path'])
    const pair = await issue()
    await copy(pair)
    expect(await systemctl('reload', 'agent-keyroller')).toMatchObject({ exit: 0, stderr: '' })
    expect([await installed(), await mail(), await read(CONSUMER_LOG)]).toEqual([
      serial(pair),
      '',
      'reloaded\n',
    ])
  })

  it('02 that is refused fails the reload, changes nothing, stays, and the next one is heard', async () => {
    const before = await installed()
    const stranger = await makeAuthority()
    await copy(await stranger.issue({ commonName: 'web.example', names: '' }).finally(stranger.remove))
    expect((await systemctl('reload', 'agent-keyroller')).exit).not.toBe(0)
    expect([await installed(), await mail()]).toEqual([before, 'fullchain.pem\nkey.pem\n'])
    const pair = await issue()
    await copy(pair)
    expect((await systemctl('reload', 'agent-keyroller')).exit).toBe(0)
    expect(await installed()).toBe(serial(pair))
  })

  it('03 is taken in by itself once the orchestrator has left its mark, and again the next time', async () => {
    for (const pair of [await issue(), await issue()]) {
      await copy(pair)
      expect(await installed()).not.toBe(serial(pair))
      await put(READY, '')
      await waitFor('it is installed', async () => (await installed()) === serial(pair), 20_000)
      await waitFor('the mark is gone', async () => (await machine.run(['test', '-e', READY])).exit === 1)
    }
    await waitFor('all are told', async () => (await read(CONSUMER_LOG)) === 'reloaded\n'.repeat(4), 20_000)
  })

  it('04 is in the ledger as asked for by a unit', async () => {
    const { stdout } = await machine.run(['keyroller', 'ledger', 'show', '--json', '-n', '0'])
    const runs = JSON.parse(stdout).entries.filter(({ verb }: { verb?: string }) => verb === 'adopt')
    expect(runs.map(({ asked }: { asked: object }) => asked)).toEqual(Array(5).fill({ by: 'unit', uid: 0 }))
  })

  it('05 left while the machine was down is taken in at boot', async () => {
    await machine.must(['systemctl', 'stop', 'keyroller-adopt.path'])
    const pair = await issue()
    await copy(pair)
    await put(READY, '')
    await machine.reboot()
    await waitFor('it is installed', async () => (await installed()) === serial(pair), 20_000)
  })

  it('06 is of no interest any more once the package is gone', async () => {
    await machine.must(['dpkg', '--purge', 'keyroller'])
    expect((await systemctl('list-unit-files', '--no-legend', '*keyroller*')).stdout).toBe('')
    expect(await machine.must(['systemctl', 'is-system-running'])).toBe('running\n')
  })
})

const CONFIG = `
[vault]
address = "https://127.0.0.1:1"
ca_file = "/etc/keyroller/ca.pem"
[pki]
mount = "pki"
trust_file = "/etc/keyroller/ca.pem"
[identity.web]
mapping = "web"
role = "web"
common_name = "agent.example"
files = { key = "/home/web/agent.key", cert = "/home/web/agent.pem" }
[certificate.web]
identity = "web"
role = "web"
common_name = "web.example"
inbox = "${INBOX}"
reload = ["systemd:${CONSUMER}"]
files = { key = "/home/web/key.pem", fullchain = "/home/web/fullchain.pem" }
`
