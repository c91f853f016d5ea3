/** Kept sets and rollback on a real Vault, with a TLS server that really serves what is installed; steps in order. */
import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditedRequests, auditMark } from '../../rig/audit-log.ts'
import type { KeyrollerOptions } from '../../rig/host.ts'
import { startLocalScenario } from '../../rig/local-scenario.ts'
import { appNames, writeMapping } from '../../rig/pki.ts'
import type { HostScenario } from '../../rig/scenario-s2.ts'
import { servedCertificate } from '../../rig/served.ts'

const WEB = 'certificate/ncprd1'
const AGENT = 'identity/ncprd1'

describe('rollback', () => {
  let scenario: HostScenario
  /** Everything that keyroller said. */
  let said = ''
  /** Serials of the leaf in the order in which they were installed. */
  const leaves: string[] = []
  beforeAll(async () => {
    scenario = await startLocalScenario()
    leaves.push(serialOf(paths().fullchain))
  })
  afterAll(async () => {
    await scenario?.stop()
  })

  const paths = () => scenario.host.paths('ncprd1')
  const kept = () => readdirSync(join(scenario.host.stateDir, 'previous')).toSorted()
  const keptOf = (id: string) => kept().filter((name) => name.startsWith(`${id.replace('/', '-')}.`))
  const served = async () =>
    (await servedCertificate(scenario.proxyPort, appNames('ncprd1').leafName)).serialNumber.toLowerCase()
  const plan = async () => JSON.parse((await keyroller(['plan', '--json'])).stdout)
  const decision = async (id: string) =>
    (await plan()).decisions.find(({ material }: { material: string }) => material === id)

  async function keyroller(args: readonly string[], options?: KeyrollerOptions) {
    const finished = await scenario.host.keyroller(args, options)
    said += finished.stdout + finished.stderr
    return finished
  }

  async function rollForward(options?: KeyrollerOptions): Promise<void> {
    const { exit } = await keyroller(['renew', '--now', WEB], options)
    expect(exit).toBe(0)
    leaves.push(serialOf(paths().fullchain))
    expect(await served()).toBe(leaves.at(-1))
  }

  it('01 says before it adopts that the files of another tool are kept, and keeps them', async () => {
    const installs = (await plan()).steps.filter(({ kind }: { kind: string }) => kind === 'install')
    expect(installs.map(({ message }: { message: string }) => message.split('; ')[1])).toEqual([
      "replaces 6 files not known to be keyroller's, kept for 7d",
      "replaces 4 files not known to be keyroller's, kept for 7d",
    ])
    const before = readFileSync(paths().leafKey)
    expect((await keyroller(['renew'])).exit).toBe(0)
    leaves.push(serialOf(paths().fullchain))
    expect(kept()).toHaveLength(4)
    const [name = ''] = keptOf(WEB)
    expect(name).toContain(`.${leaves[0]}.`)
    const path = join(scenario.host.stateDir, 'previous', name)
    const record = JSON.parse(readFileSync(path, 'utf8'))
    expect([record.byKeyroller, Buffer.from(record.files[0].content, 'base64').equals(before)]).toEqual([
      false,
      true,
    ])
    expect([statSync(path).mode & 0o777, statSync(join(path, '..')).mode & 0o777]).toEqual([0o600, 0o700])
  })

  it('02 keeps one earlier certificate, in the run that replaces it', async () => {
    await rollForward()
    expect(keptOf(WEB).map(serialIn)).toEqual([leaves[1]])
    expect((await keyroller(['renew', '--log', 'human'])).stdout).toMatch(/^nothing to do/)
  })

  it('03 goes back: the old serial is installed and served, and Vault was not asked', async () => {
    const [consumer = ''] = scenario.consumers
    const [mark, told] = [await auditMark(scenario.vault.auditLogPath), await scenario.hupCount(consumer)]
    const { exit, stdout } = await keyroller(['rollback', WEB, '--log', 'human'])
    expect([exit, stdout]).toEqual([0, expect.stringContaining(`serves serial ${leaves[1]}`)])
    expect([serialOf(paths().fullchain), await served()]).toEqual([leaves[1], leaves[1]])
    expect(await scenario.hupCount(consumer)).toBe(told + 1)
    expect(await auditMark(scenario.vault.auditLogPath)).toBe(mark)
    expect(statSync(paths().leafKey).mode & 0o777).toBe(0o600)
    const { stdout: list } = await keyroller(['rollback', '--list', '--json', WEB])
    expect(JSON.parse(list).kept.map(({ serial, by }: Record<string, string>) => [serial, by])).toEqual([
      [leaves[2], 'keyroller'],
      [leaves[1], 'keyroller'],
    ])
  })

  it('04 is left alone by the next run, and status says why', async () => {
    expect(await decision(WEB)).toMatchObject({ kind: 'keep', reason: 'rolled-back' })
    expect((await keyroller(['renew', '--log', 'human'])).stdout).toMatch(/^nothing to do/)
    const { materials } = JSON.parse((await keyroller(['status', '--json'])).stdout)
    const leaf = materials.find(({ id }: { id: string }) => id === WEB)
    expect(leaf).toMatchObject({ serial: leaves[1], ready: true, rolledBack: { from: leaves[2] } })
  })

  it('05 is left alone although it is due, but for the end of its life', async () => {
    const at = (shift: string) =>
      keyroller(['plan', '--json', WEB], { under: ['faketime', '-f', shift] }).then(
        ({ stdout }) => JSON.parse(stdout).decisions[0],
      )
    expect(await at('+18h')).toMatchObject({ kind: 'keep', reason: 'rolled-back' })
    expect(await at('+22h')).toMatchObject({
      kind: 'renew',
      reason: 'due',
      message: expect.stringContaining(`rolled back from serial ${leaves[2]}`),
    })
  })

  it('06 goes forward to a serial that is named', async () => {
    expect((await keyroller(['rollback', WEB, '--to', leaves[2] ?? ''])).exit).toBe(0)
    expect([serialOf(paths().fullchain), await served()]).toEqual([leaves[2], leaves[2]])
  })

  it('07 rolls forward when it is asked to, and nothing is held any more', async () => {
    await keyroller(['rollback', WEB])
    await rollForward()
    expect(leaves.slice(0, -1)).not.toContain(leaves.at(-1))
    expect(await decision(WEB)).toMatchObject({ kind: 'keep', reason: 'current' })
  })

  it('08 refuses what has expired', async () => {
    const { exit, stderr } = await keyroller(['rollback', WEB], { under: ['faketime', '-f', '+26h'] })
    expect([exit, stderr]).toEqual([7, expect.stringContaining(': expired: expired ')])
    expect(await served()).toBe(leaves.at(-1))
  })

  it('09 refuses what was tampered with', async () => {
    const [name = ''] = keptOf(WEB).filter((one) => serialIn(one) !== leaves.at(-1))
    const path = join(scenario.host.stateDir, 'previous', name)
    const before = readFileSync(path, 'utf8')
    writeFileSync(path, before.replace(/"content":"..../, '"content":"AAAA'))
    const { exit, stderr } = await keyroller(['rollback', WEB])
    expect([exit, stderr]).toEqual([7, expect.stringContaining('as they were kept, found others')])
    writeFileSync(path, before)
    expect(serialOf(paths().fullchain)).toBe(leaves.at(-1))
  })

  it('10 killed between keeping and switching: the files are as they were, the next run does it all', async () => {
    const trace = join(scenario.dir, 'trace')
    const under = ['strace', '-f', '-o', trace, '-e', 'trace=fchown']
    await rollForward({ under })
    const before = kept().length
    // The last two are of the key and the chain that are staged; what was there is kept before.
    const first = readFileSync(trace, 'utf8').split('fchown(').length - 2
    const kill = ['-e', `inject=fchown:signal=KILL:when=${first}`]
    expect((await keyroller(['renew', '--now', WEB], { under: [...under, ...kill] })).exit).not.toBe(0)
    expect([serialOf(paths().fullchain), kept().length]).toEqual([leaves.at(-1), before + 1])
    const replaced = leaves.at(-1)
    await rollForward()
    expect(keptOf(WEB).map(serialIn)).toEqual([replaced])
    expect((await keyroller(['renew', '--log', 'human'])).stdout).toMatch(/^nothing to do/)
  })

  it('11 proves an identity by a login before it goes back to it', async () => {
    const [serial = ''] = keptOf(AGENT).map(serialIn)
    const mark = await auditMark(scenario.vault.auditLogPath)
    const { exit } = await keyroller(['rollback', AGENT])
    expect([exit, serialOf(paths().agentCert)]).toEqual([0, serial])
    const asked = await auditedRequests(scenario.vault.auditLogPath, mark)
    expect(asked.map(({ path }) => path).filter((path) => path.startsWith('auth/'))).toEqual([
      'auth/cert/login',
      'auth/token/revoke-self',
    ])
    await rollForward()
  })

  it('12 goes back to no identity that Vault lets in no more', async () => {
    const before = readFileSync(paths().agentKey, 'utf8')
    const other =
      keptOf(AGENT)
        .map(serialIn)
        .find((serial) => serial !== serialOf(paths().agentCert)) ?? ''
    await scenario.admin.remove(`auth/cert/certs/${appNames('ncprd1').mapping}`)
    const { exit, stdout } = await keyroller(['rollback', AGENT, '--to', other, '--log', 'human'])
    await writeMapping(scenario.admin, 'ncprd1', scenario.pki)
    expect([exit, stdout]).toEqual([5, expect.stringContaining('FAIL')])
    expect(readFileSync(paths().agentKey, 'utf8')).toBe(before)
  })

  it('13 removes what is past its grace, and nothing else', async () => {
    await scenario.host.configure((config) => {
      config.previous = { grace: '1s' }
    })
    const { steps } = await plan()
    expect(steps).toMatchObject([{ kind: 'prune', sets: kept().map(() => ({})) }])
    expect((await keyroller(['renew'])).exit).toBe(0)
    expect(kept()).toEqual([])
    expect((await keyroller(['rollback', WEB])).exit).toBe(2)
  })

  it('14 told nobody a key', () => {
    const keys = [paths().agentKey, paths().leafKey].map((path) => readFileSync(path, 'utf8'))
    const secrets = ['PRIVATE KEY', ...keys.flatMap((pem) => pem.trim().split('\n').slice(1, -1))]
    expect(said.length).toBeGreaterThan(1000)
    expect(secrets.filter((secret) => said.includes(secret))).toEqual([])
    const bits = secrets.map((secret) => Buffer.from(secret).toString('base64').slice(4, -4))
    expect(bits.filter((secret) => said.includes(secret))).toEqual([])
  })
})

function serialOf(path: string): string {
  return new X509Certificate(readFileSync(path)).serialNumber.toLowerCase()
}

/** `certificate-ncprd1.SERIAL.FROM.UNTIL.KEPT.json` */
function serialIn(fileName: string): string {
  return fileName.split('.')[1] ?? ''
}
