import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Package } from './packages.ts'

/**
 * CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/) of what the executable holds, which is less than what npm installs.
 * No serial number and no time: the same contents give the same document.
 */
export function sbom(product: Package, packages: readonly Package[]): object {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', ...component(product) } },
    components: [runtime(), ...packages.map(library)],
  }
}

function runtime(): object {
  const node = { name: 'node', version: process.versions.node, license: 'MIT' }
  const content = createHash('sha256').update(readFileSync(process.execPath)).digest('hex')
  return { type: 'platform', ...component(node), hashes: [{ alg: 'SHA-256', content }] }
}

function library(one: Package): object {
  // https://github.com/package-url/purl-spec: the @ of a scope is escaped.
  const purl = `pkg:npm/${one.name.replace('@', '%40')}@${one.version}`
  return { type: 'library', ...component(one), purl }
}

function component({ name, version, license }: Package): object {
  return { name, version, ...(typeof license === 'string' ? { licenses: [{ expression: license }] } : {}) }
}
