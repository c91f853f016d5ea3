/** Consumers that are told through something of their own: an engine or a manager of an account, Docker, a listener. */
import type { ReloadTarget } from '../consumers/target.ts'
import type { Check } from './finding.ts'

export const reachedCheck: Check = ({ consumers }) => {
  if (!consumers || consumers.length === 0) return undefined
  return consumers
    .filter(({ active }) => !active)
    .map(({ target, name, message }) => ({
      severity: 'fail',
      subject: name === target.text ? name : `${target.text} ${name}`,
      expected: 'a consumer that is up and can be told',
      found: message,
      fix: `${fixOf(target)}, or correct reload`,
    }))
}

/** What has to run for it, first; then itself. */
function fixOf(target: ReloadTarget): string {
  switch (target.kind) {
    case 'docker-name':
    case 'docker-label':
      if (target.socketPath !== undefined) return `let docker listen on ${target.socketPath}, and start it`
      return target.user === undefined
        ? 'systemctl enable --now docker.socket, and start it'
        : `systemctl --user --machine=${target.user}@ enable --now docker, and start it`
    case 'podman-name':
    case 'podman-label':
      if (target.socketPath !== undefined) return `let podman listen on ${target.socketPath}, and start it`
      return `systemctl --user --machine=${target.user}@ enable --now podman.socket, and start it`
    case 'systemd':
      return `loginctl enable-linger ${target.user}, then systemctl --user --machine=${target.user}@ start ${target.unit}`
    case 'exec':
    case 'signal':
    case 'socket':
    case 'http':
      return 'start it'
  }
}
