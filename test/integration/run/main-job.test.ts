// Scenario S2 on a real Vault and real containers, in numbered steps: each is an acceptance line of the main job.
import { createHash, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditedRequests, auditMark } from '../../rig/audit-log.ts'
import { must } from '../../rig/command.ts'
import { appNames, writeLeafRole, writeMapping } from '../../rig/pki.ts'
import { APPS, type Scenario, startScenario } from '../../rig/scenario-s2.ts'
import { servedCertificate } from '../../rig/served.ts'

describe('the main job, two apps on one host', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await startScenario()
  })
  afterAll(async () => {
    await scenario?.stop()
  })

  const keyroller = (...args: string[]) => scenario.host.keyroller(args)
  const serialOf = async (path: string) => new X509Certificate(await readFile(path)).serialNumber
  const serials = async () => {
    const paths = APPS.map((app) => scenario.host.paths(app))
    return Promise.all(
      paths.flatMap(({ agentCert, fullchain }) => [serialOf(agentCert), serialOf(fullchain)]),
    )
  }
  const hups = async () => Promise.all(scenario.consumers.map((one) => scenario.podman.killCount(one)))
  const state = async () => JSON.parse(await readFile(join(scenario.host.stateDir, 'state.json'), 'utf8'))

  it('01 plans four renewals and two targets, and changes nothing', async () => {
    const before = await serials()
    const { exit, stdout } = await keyroller('plan', '--json')
    const plan = JSON.parse(stdout)
    expect(exit).toBe(0)
    expect(
      plan.decisions.map(({ material, kind, reason }: Record<string, string>) => [material, kind, reason]),
    ).toEqual([
      ['identity/ncprd1', 'renew', 'due'],
      ['identity/resume2me', 'renew', 'due'],
      ['certificate/ncprd1', 'renew', 'due'],
      ['certificate/resume2me', 'renew', 'due'],
    ])
    const reloads = plan.steps.filter(({ kind }: { kind: string }) => kind === 'reload')
    expect(reloads.map(({ target }: { target: string }) => target)).toEqual([
      'podman:label=tls=true',
      'podman:proxyprod',
    ])
    expect(await serials()).toEqual(before)
    expect(await readFile(join(scenario.host.stateDir, 'state.json')).catch(({ code }) => code)).toBe(
      'ENOENT',
    )
  })

  it('02 renews identities and leaves, tells each container once, serves the new certificate', async () => {
    const before = await serials()
    const { exit, stderr, stdout } = await keyroller('renew', '--log', 'human')
    expect(`${stdout}${stderr}`).not.toContain('FAIL')
    expect(exit).toBe(0)
    const after = await serials()
    expect(after.filter((serial) => before.includes(serial))).toEqual([])
    expect(await hups()).toEqual([1, 1])
    for (const app of APPS) {
      const served = await servedCertificate(scenario.proxyPort, appNames(app).leafName)
      expect(served.serialNumber).toBe(await serialOf(scenario.host.paths(app).fullchain))
    }
  })

  it('03 leaves modes, owners and a chain that openssl verifies', async () => {
    for (const [index, app] of APPS.entries()) {
      const { agentKey, agentCert, agentCa, leafKey, fullchain } = scenario.host.paths(app)
      const wanted: [string, number][] = [
        [agentKey, 0o600],
        [agentCert, 0o644],
        [agentCa, 0o644],
        [leafKey, 0o600],
        [fullchain, 0o644],
      ]
      for (const [path, mode] of wanted) {
        const { mode: found, uid, gid } = await stat(path)
        expect([path, found & 0o777, uid, gid]).toEqual([path, mode, 20_001 + index, 20_001 + index])
      }
      const chain = ['-CAfile', scenario.host.trustFile, '-untrusted', fullchain, fullchain]
      expect(await must(['openssl', 'verify', ...chain])).toContain(': OK')
      const publicKeys = [
        await must(['openssl', 'pkey', '-in', leafKey, '-pubout']),
        await must(['openssl', 'x509', '-in', fullchain, '-noout', '-pubkey']),
      ]
      expect(publicKeys[0]).toBe(publicKeys[1])
    }
  })

  it('04 sent signing requests and no key: one login and one proof an identity, every token revoked', async () => {
    const requests = await auditedRequests(scenario.vault.auditLogPath)
    const mine = requests.filter(
      ({ displayName, path }) => displayName.includes('agent-') || path.endsWith('/login'),
    )
    expect(mine.filter(({ path }) => path.includes('/issue/'))).toEqual([])
    expect(mine.filter(({ path }) => path === 'auth/cert/login')).toHaveLength(4)
    expect(mine.filter(({ path }) => path.startsWith('pki-prod/sign/'))).toHaveLength(4)
    expect(mine.filter(({ path }) => path === 'auth/token/revoke-self')).toHaveLength(4)
    const log = await readFile(scenario.vault.auditLogPath, 'utf8')
    expect(log).not.toContain('PRIVATE KEY')
  })

  it('05 does nothing the second time: no packet, no fsync, no file changed', async () => {
    const before = await serials()
    const mark = await auditMark(scenario.vault.auditLogPath)
    const trace = join(scenario.dir, 'trace')
    const under = ['strace', '-f', '-e', 'trace=connect,fsync,fdatasync,rename,renameat2,sendto', '-o', trace]
    const { exit, stdout } = await scenario.host.keyroller(['renew', '--log', 'human'], { under })
    expect([exit, stdout.split(',')[0]]).toEqual([0, 'nothing to do'])
    const calls = (await readFile(trace, 'utf8'))
      .split('\n')
      .filter((line) => /\b(connect|fsync|fdatasync|rename\w*|sendto)\(/.test(line))
    expect(calls).toEqual([])
    expect(await auditMark(scenario.vault.auditLogPath)).toBe(mark)
    expect(await serials()).toEqual(before)
  })

  it('06 rolls only what is named, and tells its targets once', async () => {
    const [before, told] = [await serials(), await hups()]
    const { exit } = await keyroller('renew', '--now', 'certificate/ncprd1')
    expect(exit).toBe(0)
    const after = await serials()
    expect(after.map((serial, index) => serial !== before[index])).toEqual([false, true, false, false])
    expect(await hups()).toEqual(told.map((count) => count + 1))
  })

  it('07 keeps the old identity when its mapping is gone, and names the mapping and the next step', async () => {
    const { mapping } = appNames('ncprd1')
    const { agentKey, agentCert } = scenario.host.paths('ncprd1')
    const digest = async () =>
      createHash('sha256')
        .update(await readFile(agentKey))
        .update(await readFile(agentCert))
        .digest('hex')
    const before = await digest()
    await scenario.admin.remove(`auth/cert/certs/${mapping}`)
    const { exit, stdout } = await keyroller('renew', '--now', 'identity/ncprd1', '--log', 'human')
    await writeMapping(scenario.admin, 'ncprd1', scenario.pki)
    expect(exit).toBe(5)
    expect(stdout).toContain(`auth/cert/certs/${mapping}`)
    expect(stdout).toMatch(/hint: .*(vault|bao) read auth\/cert\/certs\//)
    expect(await digest()).toBe(before)
    expect((await state()).materials['identity/ncprd1'].failure).toMatchObject({
      code: 'login-refused',
      count: 1,
    })
  })

  it('08 does not retry what is not due, and forgets the failure after a success', async () => {
    const held = await keyroller('renew', 'identity/ncprd1')
    expect(held.exit).toBe(0)
    const healed = await keyroller('renew', '--now', 'identity/ncprd1')
    expect(healed.exit).toBe(0)
    expect((await state()).materials['identity/ncprd1'].failure).toBeUndefined()
  })

  it('09 tells a sealed server from one that is down, touches nothing, backs off', async () => {
    const before = await serials()
    await scenario.vault.seal()
    const sealed = await keyroller('renew', '--now', 'certificate/resume2me')
    expect(sealed.exit).toBe(8)
    await scenario.vault.stop()
    const down = await keyroller('renew', '--now', 'certificate/resume2me')
    expect(down.exit).toBe(9)
    expect((await state()).materials['certificate/resume2me'].failure).toMatchObject({
      code: 'vault-unreachable',
      count: 2,
    })
    expect(await serials()).toEqual(before)
    await scenario.vault.start()
  })

  it('10 owes a reload to a container that is down, and tells it later without a new certificate', async () => {
    await scenario.podman.podman('stop', '--time', '0', 'worker')
    const told = await hups()
    const owing = await keyroller('renew', '--now', 'certificate/resume2me')
    expect(owing.exit).toBe(11)
    const serial = await serials()
    expect((await state()).owed).toMatchObject([
      { target: 'podman:label=tls=true', materials: ['certificate/resume2me'], attempts: 1 },
    ])
    expect((await keyroller('renew')).exit).toBe(11)
    await scenario.podman.podman('start', 'worker')
    const mark = await auditMark(scenario.vault.auditLogPath)
    expect((await keyroller('renew')).exit).toBe(0)
    expect((await state()).owed).toEqual([])
    expect(await serials()).toEqual(serial)
    expect(await auditMark(scenario.vault.auditLogPath)).toBe(mark)
    expect(await hups()).toEqual([(told[0] ?? 0) + 1, (told[1] ?? 0) + 1])
  })

  it('11 verifies every line of the checklist', async () => {
    const { exit, stdout } = await keyroller('verify', '--json')
    const { lines } = JSON.parse(stdout)
    expect(lines.filter(({ pass }: { pass: boolean }) => !pass)).toEqual([])
    expect(exit).toBe(0)
    const checks = new Set(lines.map(({ check }: { check: string }) => check))
    expect([...checks].sort()).toEqual([
      'chain',
      'consumer',
      'expiry',
      'file',
      'key',
      'login',
      'served',
      'server',
      'server-side',
      'subject',
    ])
  })

  it('12 shows all four rungs, in status.json too', async () => {
    const { stdout } = await keyroller('status', '--json')
    const published = JSON.parse(await readFile(join(scenario.host.runtimeDir, 'status.json'), 'utf8'))
    for (const status of [JSON.parse(stdout), published]) {
      expect(status.ready).toBe(true)
      expect(status.server.version).toBe('1.21.1')
    }
    const leaf = JSON.parse(stdout).materials.find(({ id }: { id: string }) => id === 'certificate/ncprd1')
    expect([leaf.issued, leaf.installed, leaf.loaded, leaf.served].map(({ state }) => state)).toEqual([
      'yes',
      'yes',
      'yes',
      'yes',
    ])
  })

  it('13 repairs a mode and a lost copy without a new certificate', async () => {
    const before = await serials()
    const { agentKey, agentCa } = scenario.host.paths('ncprd1')
    await must(['chmod', '0640', agentKey])
    await must(['rm', agentCa])
    expect((await keyroller('renew')).exit).toBe(0)
    expect([(await stat(agentKey)).mode & 0o777, (await stat(agentCa)).mode & 0o777]).toEqual([0o600, 0o644])
    expect(await serials()).toEqual(before)
  })

  it('14 stops when told to, owes what was not told, and goes on next time without a new certificate', async () => {
    const flag = join(scenario.dir, 'stop')
    const script = `if [ -e ${flag} ]; then rm ${flag}; kill -TERM $PPID; sleep 5; fi`
    await scenario.host.configure(({ certificate }) => {
      const table = certificate?.ncprd1 as { reload: unknown[] }
      table.reload = [{ exec: ['/bin/sh', '-c', script] }, ...table.reload]
    })
    await must(['touch', flag])
    const told = await hups()
    expect((await keyroller('renew', '--now', 'certificate/ncprd1')).exit).toBe(13)
    expect((await state()).owed).toHaveLength(3)
    expect(await hups()).toEqual(told)
    const before = await serials()
    expect((await keyroller('renew')).exit).toBe(0)
    expect(await serials()).toEqual(before)
    expect((await state()).owed).toEqual([])
    expect(await hups()).toEqual(told.map((count) => count + 1))
  })

  it('15 installs nothing worse than what works, and says what the role grants', async () => {
    const before = await serials()
    await writeLeafRole(scenario.admin, 'ncprd1', '5s')
    const { exit, stdout } = await keyroller('renew', '--now', 'certificate/ncprd1', '--log', 'human')
    await writeLeafRole(scenario.admin, 'ncprd1', '24h')
    expect([exit, stdout]).toEqual([
      7,
      expect.stringContaining('too-short: expected about 1d of life from pki-prod/roles/'),
    ])
    expect(await serials()).toEqual(before)
  })

  it('16 asks Vault for nothing when its own state could not be kept', async () => {
    await must(['mount', '-t', 'tmpfs', '-o', 'size=8k,mode=0700', 'tmpfs', scenario.host.stateDir])
    try {
      const mark = await auditMark(scenario.vault.auditLogPath)
      const { exit, stdout } = await keyroller('renew', '--now', 'certificate/ncprd1', '--log', 'human')
      expect([exit, stdout]).toEqual([4, expect.stringContaining('ENOSPC')])
      expect(await auditMark(scenario.vault.auditLogPath)).toBe(mark)
    } finally {
      await must(['umount', scenario.host.stateDir])
    }
  })

  it('17 refuses a link in the app directory, and leaves its target untouched', async () => {
    const { agentKey } = scenario.host.paths('resume2me')
    const victim = join(scenario.dir, 'victim')
    await must(['sh', '-c', `echo precious > ${victim}; rm ${agentKey}; ln -s ${victim} ${agentKey}`])
    const { exit } = await keyroller('renew', '--now', 'identity/resume2me')
    expect([5, 4]).toContain(exit)
    expect(await readFile(victim, 'utf8')).toBe('precious\n')
  })
})
