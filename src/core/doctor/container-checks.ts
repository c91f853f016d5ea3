/** Podman: whether it can be asked, and whether containers see what is renewed. */
import type { Check } from './finding.ts'

/**
 * The service cannot fall back to the `podman` command, which needs namespaces that its sandbox does not give: a socket that
 * nobody listens on means that nobody is told.
 */
export const podmanCheck: Check = ({ containers }) => {
  if (!containers) return undefined
  const { socket, refusal, unseen } = containers
  const found = refusal ?? unseen
  if (found === undefined) return []
  const unit = /^\/run\/user\/(\d+)\//.test(socket) ? 'systemctl --user' : 'systemctl'
  return [
    {
      severity: 'fail',
      subject: socket,
      expected: 'podman to listen and answer',
      found,
      fix:
        refusal === 'EACCES'
          ? `run keyroller as a user who may use ${socket}`
          : `${unit} enable --now podman.socket`,
    },
  ]
}

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
