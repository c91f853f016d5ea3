import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { configJsonSchema } from '../../../src/config/schema.ts'

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

const page = readFileSync(new URL('../../../docs/configure.md', import.meta.url), 'utf8')

/** First cells of the tables, each a key path in backticks. */
const documented = [...page.matchAll(/^\| `([a-zA-Z0-9_.]+)` \|/gm)].map(([, key = '']) => key)

const schema = configJsonSchema() as Schema

/** Key paths as the page writes them: a material's files, reload and probe have tables of their own. */
function keysOf(of: Schema, prefix: string): string[] {
  return Object.entries(of.properties ?? {}).flatMap(([name, value]) => {
    const parts = [value, ...(value.anyOf ?? [])]
    const inner = parts.flatMap((part) => keysOf(part, `${prefix}${name}.`))
    const entries = parts.flatMap(({ additionalProperties }) =>
      typeof additionalProperties === 'object'
        ? [additionalProperties, ...(additionalProperties.anyOf ?? [])].flatMap((part) =>
            keysOf(part, `${prefix}${name}.NAME.`),
          )
        : [],
    )
    const items = parts.flatMap(({ items }) =>
      (items?.anyOf ?? []).flatMap((one) => keysOf(one, `${prefix}${name}.`)),
    )
    const all = [...inner, ...entries, ...items]
    return all.length > 0 && !OWN_ROW.has(name) ? all : [`${prefix}${name}`, ...all]
  })
}

const OWN_ROW = new Set([
  'files',
  'reload',
  'probe',
  'client',
  'server',
  'key',
  'cert',
  'chain',
  'fullchain',
  'ca',
  'combined',
  'pkcs12',
  'raw',
  'env',
  'json',
  'shared',
  'control_plane',
  'jwks',
  'private_jwks',
  'pem',
  'public_pem',
  'pem_dir',
  'public_dir',
  'variable',
  'list',
  'slots',
])

function asOnPage(key: string): string {
  return key
    .replace(/^(?:identity|certificate)\.NAME\.(files|reload|probe|server)\./, '$1.')
    .replace(/^bundle\.NAME\.files\..*$/, 'bundle.NAME.files')
    .replace(/^(?:bundle|secret|keyset)\.NAME\.reload\./, 'reload.')
    .replace(/^(?:secret|keyset)\.NAME\.files\.\w+\.(?:NAME\.)?(?=(?:path|mode|owner|group)$)/, 'files.ROLE.')
    .replace(/^files\.\w+\.(?=(?:path|mode|owner|group)$)/, 'files.ROLE.')
}

/** What an identity has of its own. */
const LOGIN_KEYS = ['auth_mount', 'mapping', 'mapping_pins']

/** An identity has the keys of a certificate but for `identity`; the page says so instead of repeating them. */
function isToldOnce(key: string): boolean {
  return !key.startsWith('identity.NAME.') || LOGIN_KEYS.some((own) => key === `identity.NAME.${own}`)
}

describe('docs/configure.md and the schema name the same keys', () => {
  const configured = new Set(keysOf(schema, '').map(asOnPage).filter(isToldOnce))

  test('every key of the schema has a row', () => {
    expect([...configured].filter((key) => !documented.includes(key))).toEqual([])
  })

  test('every row is a key of the schema', () => {
    expect(documented.filter((key) => !configured.has(key))).toEqual([])
    expect(documented.length).toBeGreaterThan(40)
  })

  test('an identity takes what a certificate takes', () => {
    const of = (kind: string) => {
      const table = schema.properties?.[kind]?.additionalProperties
      return typeof table === 'object' ? Object.keys(table.properties ?? {}) : []
    }
    const own = ['identity', 'inbox', ...LOGIN_KEYS]
    const common = (kind: string) => of(kind).filter((key) => !own.includes(key))
    expect(common('identity')).toEqual(common('certificate'))
  })
})
