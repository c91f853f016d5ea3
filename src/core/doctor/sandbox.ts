/** What a sandbox of systemd.exec(5) makes of a path: the settings that decide over the file system, and which of them wins. */
import type { SandboxFacts } from './facts.ts'

/** `private`: the unit has a directory of its own there, which nobody else sees. */
export type Access = 'writable' | 'read-only' | 'hidden' | 'private'

/**
 * Access of the unit to a directory. The setting whose path is nearest decides, as the nearest mount does; of settings for the
 * same path the later one of this list, which is systemd's order of severity.
 */
export function accessOf(path: string, sandbox: SandboxFacts): Access {
  let nearest: Rule = { path: '/', access: 'writable' }
  for (const rule of rulesOf(sandbox))
    if (isBelow(path, rule.path) && rule.path.length >= nearest.path.length) nearest = rule
  return nearest.access
}

interface Rule {
  readonly path: string
  readonly access: Access
}

function rulesOf(sandbox: SandboxFacts): Rule[] {
  return [
    ...rules(SYSTEM[sandbox.protectSystem] ?? [], 'read-only'),
    // ProtectSystem=strict leaves the homes, and what the kernel makes, to settings of their own.
    ...(sandbox.protectSystem === 'strict' ? rules([...HOMES, '/dev', '/proc', '/sys'], 'writable') : []),
    ...homeRules(sandbox.protectHome),
    ...rules(sandbox.privateTmp ? ['/tmp', '/var/tmp'] : [], 'private'),
    ...rules(sandbox.temporary, 'private'),
    ...rules([...sandbox.readWrite, ...sandbox.binds], 'writable'),
    ...rules([...sandbox.readOnly, ...sandbox.readOnlyBinds], 'read-only'),
    ...rules(sandbox.inaccessible, 'hidden'),
  ]
}

const HOMES = ['/home', '/root', '/run/user']

/** systemd says booleans as `yes` or `true`, and older ones as neither. */
const SYSTEM: Readonly<Record<string, readonly string[]>> = {
  yes: ['/usr', '/boot', '/efi'],
  true: ['/usr', '/boot', '/efi'],
  full: ['/usr', '/boot', '/efi', '/etc'],
  strict: ['/'],
}

function homeRules(protectHome: string): Rule[] {
  switch (protectHome) {
    case 'yes':
    case 'true':
      return rules(HOMES, 'hidden')
    case 'read-only':
      return rules(HOMES, 'read-only')
    case 'tmpfs':
      return rules(HOMES, 'private')
    default:
      return []
  }
}

/** `-` before a path forgives that it is missing, `+` puts it below RootDirectory=. */
function rules(paths: readonly string[], access: Access): Rule[] {
  return paths.map((path) => ({ path: path.replace(/^[-+]+/, ''), access }))
}

function isBelow(path: string, above: string): boolean {
  return above === '/' || path === above || path.startsWith(`${above}/`)
}
