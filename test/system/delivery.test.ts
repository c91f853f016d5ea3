// A unit that is handed its key by systemd over a socket, once per start: on a booted Debian with the installed package.
import { copyFile, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyCanaries } from '../rig/canaries.ts'
import { type Authority, makeAuthority, type Pair } from '../rig/openssl-authority.ts'
import { waitFor } from '../rig/wait-for.ts'
import { builtPackages } from './built-packages.ts'
import { type Machine, startMachine } from './machine.ts'

const SOCKET = '/run/keyroller/credentials/web-key.sock'
const LEDGER = '/var/lib/keyroller/deliveries/ledger.jsonl'

describe('a credential', () => {
  let machine: Machine
  let authority: Authority
  let pair: Pair
  beforeAll(async () => {
    const { deb } = await builtPackages()
    authority = await makeAuthority()
    pair = await authority.issue({ commonName: 'web.example', names: 'DNS:web.example' })
    machine = await startMachine({ dir: await mkdtemp(join(tmpdir(), 'keyroller-delivery-')), binds: [] })
    await copyFile(deb, machine.outside('/root/keyroller.deb'))
    await machine.must(['dpkg', '--install', '/root/keyroller.deb'])
    await prepare()
  })
  afterAll(async () => {
    await machine?.stop()
    await authority?.remove()
  })

  const put = (path: string, text: string) => writeFile(machine.outside(path), text, { mode: 0o600 })
  const systemctl = (...args: string[]) => machine.run(['systemctl', ...args])
  /** Itself again, without a service that it has started. */
  const socketListens = () => {
    const show = ['show', 'keyroller-deliver@web-key.socket', '--property=SubState', '--value']
    return waitFor('the socket listens', async () => (await systemctl(...show)).stdout === 'listening\n')
  }
  const handOvers = async () => {
    const { stdout } = await machine.run(['keyroller', 'ledger', 'show', '--deliveries', '--json', '-n', '0'])
    return JSON.parse(stdout).entries.filter(({ kind }: { kind: string }) => kind === 'hand-over')
  }
  const invocation = async () =>
    (await machine.must(['systemctl', 'show', 'web.service', '--property=InvocationID', '--value'])).trim()

  async function prepare(): Promise<void> {
    await put('/etc/keyroller/keyroller.toml', CONFIG)
    await put('/etc/keyroller/ca.pem', authority.caPem)
    await machine.must(['mkdir', '/run/web'])
    await put('/run/web/key.pem', pair.keyPem)
    await put('/run/web/fullchain.pem', pair.certPem)
    await put('/etc/systemd/system/web.service', UNIT)
    await machine.must(['systemctl', 'daemon-reload'])
    await machine.must(['systemctl', 'enable', '--now', 'keyroller-deliver@web-key.socket'])
  }

  it('01 is checked with the configuration, and its units are sound', async () => {
    const checked = await machine.run(['keyroller', 'config', 'check'])
    expect(checked).toMatchObject({ exit: 0 })
    const units = ['keyroller-deliver@web-key.socket', 'keyroller-deliver@web-key.service']
    const verified = await machine.run(['systemd-analyze', 'verify', '--man=no', ...units])
    expect(verified).toMatchObject({ exit: 0, stdout: '', stderr: '' })
  })

  it('02 is handed to the unit at its start, after the ledger has said so', async () => {
    const started = await systemctl('start', 'web.service')
    expect(started).toMatchObject({ exit: 0, stderr: '' })
    expect(await machine.must(['sha256sum', '/run/web-was-given'])).toContain(
      (await machine.must(['sha256sum', '/run/web/key.pem'])).slice(0, 64),
    )
    expect(await handOvers()).toMatchObject([
      {
        ...{ credential: 'web-key', unit: 'web.service', materials: ['certificate/web'] },
        ...{ files: ['/run/web/key.pem'], result: 'given', invocation: await invocation() },
      },
    ])
  })

  it('03 is refused the second time in one start, which is written down, too', async () => {
    const again = await machine.must(['sh', '-c', `${READ} | tr -d '\\0' | wc -c`])
    expect(again.trim()).toBe('0')
    expect((await handOvers()).map(({ result }: { result: string }) => result)).toEqual(['given', 'refused'])
  })

  it('04 is handed to the next start again', async () => {
    await machine.must(['systemctl', 'restart', 'web.service'])
    const results = (await handOvers()).map(({ result }: { result: string }) => result)
    expect(results).toEqual(['given', 'refused', 'given'])
  })

  it('05 is handed to nobody while the unit is down, and a start that is refused fails', async () => {
    await machine.must(['systemctl', 'stop', 'web.service'])
    expect((await machine.must(['sh', '-c', `${READ} | tr -d '\\0' | wc -c`])).trim()).toBe('0')
    await put('/etc/systemd/system/other.service', UNIT.replace('given', 'stolen'))
    await machine.must(['systemctl', 'daemon-reload'])
    expect((await systemctl('start', 'other.service')).exit).not.toBe(0)
    const status = ['show', 'other.service', '--property=ExecMainStatus', '--value']
    expect((await systemctl(...status)).stdout.trim()).toBe('243')
  })

  it('06 is handed to nobody while the ledger cannot be written', async () => {
    await machine.must(['mv', LEDGER, `${LEDGER}.away`])
    await machine.must(['mkdir', LEDGER])
    expect((await systemctl('start', 'web.service')).exit).not.toBe(0)
    await machine.must(['rmdir', LEDGER])
    await machine.must(['mv', `${LEDGER}.away`, LEDGER])
    await machine.must(['systemctl', 'start', 'web.service'])
  })

  it('07 lies in memory only, and neither in the journal nor in anything keyroller keeps', async () => {
    expect(await machine.must(['keyroller', 'ledger', 'verify', LEDGER])).toMatch(/^pass/)
    expect(await machine.must(['stat', '-f', '-c', '%T', '/run/web/key.pem', '/run/credentials'])).toBe(
      'tmpfs\ntmpfs\n',
    )
    const told = await machine.must(['journalctl', '--no-pager', '--output=export'])
    expect(told).toContain('given: web-key to web.service')
    const kept = await machine.must(['sh', '-c', 'cat /var/lib/keyroller/deliveries/*'])
    const canaries = keyCanaries('key', pair.keyPem)
    expect(canaries.filter(({ text }) => (told + kept).includes(text))).toEqual([])
    expect(canaries.some(({ text }) => pair.keyPem.includes(text))).toBe(true)
    const lines = canaries.filter(({ text }) => pair.keyPem.includes(text)).map(({ text }) => text)
    const found = await machine.run([
      'grep',
      '-rlFx',
      ...lines.flatMap((one) => ['-e', one]),
      ...['/etc', '/var/lib/keyroller', '/var/log', '/var/tmp', '/tmp'],
    ])
    expect(found).toMatchObject({ exit: 1, stdout: '' })
  })

  it('08 is read by every command of a unit, so that one with two needs two readings a start', async () => {
    await put('/etc/systemd/system/web.service', `${UNIT}ExecStartPre=/bin/true\n`)
    await machine.must(['systemctl', 'daemon-reload'])
    expect((await systemctl('restart', 'web.service')).exit).not.toBe(0)
    // Who still waits for readers knows the configuration that it was started with.
    await socketListens()
    await put('/etc/keyroller/keyroller.toml', `${CONFIG}reads = 2\n`)
    await machine.must(['systemctl', 'restart', 'web.service'])
    const results = (await handOvers()).map(({ result }: { result: string }) => result)
    expect(results.slice(-4)).toEqual(['given', 'refused', 'given', 'given'])
  })

  it('09 has a start fail, and no queue that starts the service for ever, when nothing can be got ready', async () => {
    await put('/etc/keyroller/keyroller.toml', 'no TOML')
    expect((await systemctl('restart', 'web.service')).exit).not.toBe(0)
    await socketListens()
    await put('/etc/keyroller/keyroller.toml', `${CONFIG}reads = 2\n`)
    await machine.must(['systemctl', 'restart', 'web.service'])
  })
})

/** As systemd does it, but by nobody's start. */
const READ = `perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Peer => "${SOCKET}") or die; print while <$s>'`

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
files = { key = "/run/web/agent.key", cert = "/run/web/agent.pem" }
[certificate.web]
identity = "web"
role = "web"
common_name = "web.example"
ephemeral = true
files = { key = "/run/web/key.pem", fullchain = "/run/web/fullchain.pem" }
[credential.web-key]
material = "certificate/web"
unit = "web.service"
`

const UNIT = `[Service]
Type=oneshot
RemainAfterExit=yes
LoadCredential=key:${SOCKET}
ExecStart=/bin/sh -c 'umask 077; cat "$CREDENTIALS_DIRECTORY/key" > /run/web-was-given'
`
