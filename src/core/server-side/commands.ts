/** The same changes as commands of Vault's own client, for those who apply them by other means. */
import type { ServerChange } from './compare.ts'

/** Shell text, one block a change; `jq`-free, as every field goes through one JSON document. */
export function commandsFor(changes: readonly ServerChange[]): string[] {
  return changes.flatMap((change) => {
    if (change.action === 'keep') return []
    if (change.action === 'refuse') return [`# ${change.path}: ${change.message}`]
    if (change.action === 'seed') return [`# ${change.path}: ${change.message}: ${SEED}`]
    return [commandFor(change.path, change.write)]
  })
}

const SEED = 'keyroller vault apply --with-kv-seed FILE, or vault kv put -cas=0'

function commandFor(path: string, write: Readonly<Record<string, unknown>>): string {
  const policy = /^sys\/policies\/acl\/(.+)$/.exec(path)?.[1]
  if (policy !== undefined && typeof write.policy === 'string') {
    return `vault policy write ${policy} - <<'HCL'\n${write.policy.trimEnd()}\nHCL`
  }
  return `vault write ${path} - <<'JSON'\n${JSON.stringify(write, null, 2)}\nJSON`
}
