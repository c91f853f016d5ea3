/** Podman: whether it can be asked, and whether containers see what is renewed. */
import type { DoctorFacts } from './facts.ts'
import type { Check, Flaw } from './finding.ts'

/**
 * The service cannot fall back to the `podman` command, which needs namespaces that its sandbox does not give: a socket that
 * nobody listens on means that nobody is told.
 */
export const podmanCheck: Check = (facts) => {
  const { socket, refusal, unseen } = facts.containers ?? {}
  if (socket === undefined) return undefined
  const found = refusal ?? unseen
  if (found === undefined) return forgottenAtBoot(facts)
  const expected = 'podman to listen and answer'
  return [{ severity: 'fail', subject: socket, expected, found, fix: fixOf(facts, refusal) }]
}

function fixOf({ containers, systemd, uid }: DoctorFacts, refusal: string | undefined): string {
  if (refusal === 'EACCES') return `run keyroller as a user who may use ${containers?.socket}`
  if (systemd?.podmanSocket?.loadState === 'not-found') return 'install podman with its podman.socket'
  return `${uid === 0 ? 'systemctl' : 'systemctl --user'} enable --now podman.socket`
}

/** It listens until the next boot. Who starts podman in another way has no podman.socket, or another socket. */
function forgottenAtBoot({ containers, systemd, uid }: DoctorFacts): Flaw[] {
  if (uid !== 0 || containers?.socket !== OF_UNIT || systemd?.podmanSocket?.fileState !== 'disabled')
    return []
  return [
    {
      severity: 'warn',
      subject: 'podman.socket',
      expected: 'enabled, to listen after a reboot too',
      found: 'disabled',
      fix: 'systemctl enable podman.socket',
    },
  ]
}

/** What podman.socket listens on. */
const OF_UNIT = '/run/podman/podman.sock'

export const bindCheck: Check = ({ containers }) => {
  if (!containers || containers.unseen !== undefined) return undefined
  return containers.traps.map(({ material, found, fix }) => ({
    severity: 'fail',
    subject: material,
    expected: 'containers that mount the directory',
    found,
    fix,
  }))
}
