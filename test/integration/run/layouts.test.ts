// Files moved into a generation and back on a real host: a container that mounts their directory serves what they lead to.
import { X509Certificate } from 'node:crypto'
import { lstat, readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { must } from '../../rig/command.ts'
import { appNames } from '../../rig/pki.ts'
import { type Scenario, startScenario } from '../../rig/scenario-s2.ts'
import { servedCertificate } from '../../rig/served.ts'

const APP = 'ncprd1'
const MATERIAL = `certificate/${APP}`

describe('moving between layouts', () => {
  let scenario: Scenario
  let key: string
  let fullchain: string
  beforeAll(async () => {
    scenario = await startScenario()
    const paths = scenario.host.paths(APP)
    key = paths.leafKey
    fullchain = paths.fullchain
  })
  afterAll(async () => {
    await scenario?.stop()
  })

  const keyroller = (...args: string[]) => scenario.host.keyroller(args)
  const serial = async () => new X509Certificate(await readFile(fullchain)).serialNumber
  const served = async () =>
    (await servedCertificate(scenario.proxyPort, appNames(APP).leafName)).serialNumber
  const inContainer = (path: string) => scenario.podman.podman('exec', 'worker', 'busybox', 'cat', path)
  const steps = async (...args: string[]) => {
    const { stdout } = await keyroller('plan', MATERIAL, ...args, '--json')
    return JSON.parse(stdout).steps as { kind: string; message: string; repairs?: { how: string }[] }[]
  }
  const setLayout = (layout: string) =>
    scenario.host.configure(({ certificate }) => {
      Object.assign(certificate?.[APP] as object, { layout })
    })
  const renew = async (...args: string[]) => {
    const { exit, stdout, stderr } = await keyroller('renew', MATERIAL, ...args, '--log', 'human')
    expect([exit, `${stdout}${stderr}`]).toEqual([0, expect.not.stringContaining('FAIL')])
  }
  const generations = async () => {
    const names = await readdir(dirname(key))
    return names.filter((name) => /^\.keyroller-certificate-ncprd1\.[0-9a-f]{16}$/.test(name))
  }

  it('01 refuses a generation of files in several directories', async () => {
    await scenario.host.configure(({ identity }) => {
      Object.assign(identity?.[APP] as object, { layout: 'generation' })
    })
    const { exit, stdout, stderr } = await keyroller('config', 'check')
    expect([exit, `${stdout}${stderr}`]).toEqual([
      3,
      expect.stringMatching(
        /identity\.ncprd1\.files\.ca: expected a path in \S+mtls, for the layout generation, found \S+ca\.pem/,
      ),
    ])
  })

  it('02 moves into a generation with the renewal that is due, and says so first', async () => {
    await setLayout('generation')
    const messages = (await steps()).map(({ message }) => message)
    expect(messages).toContainEqual(
      expect.stringContaining(`install ${MATERIAL}; moves the files of ${MATERIAL} into a generation`),
    )
    const before = await serial()
    await renew()
    expect(await serial()).not.toBe(before)
    expect(await readlink(key)).toBe('.keyroller-certificate-ncprd1/ncprd1.key.pem')
    expect(await generations()).toHaveLength(2)
  })

  it('03 is served by the container that mounts the directory, and read by openssl', async () => {
    expect(await served()).toBe(await serial())
    expect(await inContainer(fullchain)).toBe(await readFile(fullchain, 'utf8'))
    const publicKey = await must(['openssl', 'x509', '-in', fullchain, '-pubkey', '-noout'])
    expect(await must(['openssl', 'pkey', '-in', key, '-pubout'])).toBe(publicKey)
    expect(await must(['stat', '-L', '-c', '%a %u:%g', key, fullchain])).toBe(
      '600 20001:20001\n644 20001:20001\n',
    )
    expect((await steps()).length).toBe(0)
  })

  it('04 switches to the next generation, which the container sees at once', async () => {
    const before = await serial()
    await renew('--now')
    expect(await serial()).not.toBe(before)
    expect(await inContainer(fullchain)).toBe(await readFile(fullchain, 'utf8'))
    expect(await served()).toBe(await serial())
    expect(await generations()).toHaveLength(2)
  })

  it('05 repairs a mode in place, and an edit by a whole new generation', async () => {
    const [before, current] = [
      await serial(),
      await readlink(join(dirname(key), '.keyroller-certificate-ncprd1')),
    ]
    await must(['chmod', '0644', key])
    await renew()
    expect(await must(['stat', '-L', '-c', '%a', key])).toBe('600\n')
    expect(await readlink(join(dirname(key), '.keyroller-certificate-ncprd1'))).toBe(current)
    const text = await readFile(fullchain, 'utf8')
    await writeFile(fullchain, text.replaceAll('\n', '\r\n'))
    expect((await steps()).flatMap(({ repairs = [] }) => repairs.map(({ how }) => how))).toEqual(['rewrite'])
    await renew()
    expect(await readlink(join(dirname(key), '.keyroller-certificate-ncprd1'))).not.toBe(current)
    expect([await serial(), await readFile(fullchain, 'utf8')]).toEqual([before, text])
  })

  it('06 moves out again without a new certificate, and leaves no link', async () => {
    const before = await serial()
    await setLayout('files')
    expect((await keyroller('verify', MATERIAL)).exit).not.toBe(0)
    expect((await steps()).flatMap(({ repairs = [] }) => repairs.map(({ how }) => how))).toEqual([
      'move',
      'move',
    ])
    await renew()
    expect((await lstat(key)).isFile()).toBe(true)
    expect((await readdir(dirname(key))).filter((name) => name.startsWith('.'))).toEqual([])
    expect([await serial(), await served()]).toEqual([before, before])
  })

  it('07 moves in again without a new certificate', async () => {
    const before = await serial()
    await setLayout('generation')
    await renew()
    expect((await lstat(key)).isSymbolicLink()).toBe(true)
    expect([await serial(), await served()]).toEqual([before, before])
    expect(await steps()).toEqual([])
    expect((await keyroller('verify', MATERIAL)).stdout).not.toMatch(/FAIL.*file/)
  })

  it('08 takes over the links when the material is renamed', async () => {
    const before = await serial()
    await scenario.host.configure(({ certificate }) => {
      if (!certificate) return
      const { [APP]: table, ...others } = certificate
      Object.assign(table as object, { layout: 'generation' })
      for (const name of Object.keys(certificate)) delete certificate[name]
      Object.assign(certificate, { ...others, edge: table })
    })
    const { exit, stdout } = await keyroller('renew', 'certificate/edge', '--log', 'human')
    expect([exit, stdout]).toEqual([0, expect.not.stringContaining('FAIL')])
    expect(await readlink(key)).toBe('.keyroller-certificate-edge/ncprd1.key.pem')
    expect([await serial(), await generations()]).toEqual([before, []])
  })

  it('09 refuses a link of somebody else among them, and leaves its target untouched', async () => {
    await must(['ln', '-sfn', '/etc/hostname', key])
    const hostname = await readFile('/etc/hostname', 'utf8')
    const { exit, stdout } = await keyroller('renew', '--now', 'certificate/edge', '--log', 'human')
    expect([exit, stdout]).toEqual([4, expect.stringContaining(`${key}: expected a regular file`)])
    expect([await readlink(key), await readFile('/etc/hostname', 'utf8')]).toEqual([
      '/etc/hostname',
      hostname,
    ])
  })
})
