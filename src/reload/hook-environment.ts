/** What exec hooks learn of the change, in keyroller's words and in certbot's, so that its deploy hooks run unchanged. */
import { dirname } from 'node:path'
import { isPaired, type Material, type Paired } from '../core/material.ts'
import type { HookEnvironment } from './teller.ts'

/**
 * `KEYROLLER_MATERIALS` (`certificate/web identity/web`) and `KEYROLLER_DOMAINS`, separated by spaces;
 * `KEYROLLER_FILES`, one path a line. `RENEWED_DOMAINS` and `RENEWED_LINEAGE` are what certbot(1) gives a deploy hook. A
 * lineage is one directory: when several changed at once there is no such value, and the variable is left out rather
 * than letting a hook deploy one of them and believe it did all.
 */
export function hookEnvironment(changed: readonly Material[]): HookEnvironment {
  const pairs = changed.filter(isPaired)
  const domains = unique(pairs.flatMap(domainsOf)).join(' ')
  const lineages = unique(pairs.flatMap(lineageOf))
  const [lineage] = lineages
  return {
    KEYROLLER_MATERIALS: changed.map(({ id }) => id).join(' '),
    KEYROLLER_DOMAINS: domains,
    KEYROLLER_FILES: unique(changed.flatMap(({ files }) => files.map(({ path }) => path))).join('\n'),
    RENEWED_DOMAINS: domains,
    ...(lineage !== undefined && lineages.length === 1 ? { RENEWED_LINEAGE: lineage } : {}),
  }
}

/** A common name with a space in it is no domain and would read as two. */
function domainsOf({ issuance }: Paired): string[] {
  return [issuance.commonName, ...issuance.dnsNames].filter((name) => /^\S+$/.test(name))
}

/** Where the certificate is: certbot's hooks look for fullchain.pem and privkey.pem there. */
function lineageOf({ files }: Paired): string[] {
  const certificate =
    files.find(({ role }) => role === 'fullchain') ?? files.find(({ role }) => role === 'cert')
  const file = certificate ?? files[0]
  return file ? [dirname(file.path)] : []
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)]
}
