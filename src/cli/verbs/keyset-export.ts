/** Public keys to standard output, from the store itself: what was archived is nowhere else. */
import { InvalidArgumentError } from 'commander'
import { PUBLIC_FORMATS, type PublicFormat } from '../../core/keysets/public-format.ts'
import { isKeyset } from '../../core/material.ts'
import { selectOne } from '../../core/select.ts'
import { type CommonOptions, type Edge, printJson } from '../edge.ts'
import { KEYSET_NAME } from '../keyset-order.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

interface ExportOptions extends CommonOptions {
  readonly format: PublicFormat
  readonly all?: boolean
}

export const addKeysetExport: AddVerb = (keyset, edge, finish) => {
  newVerb(keyset, {
    name: 'export-public',
    summary: 'public keys of what is accepted and what comes next, or of every version there was',
    example: 'keyroller keyset export-public tokens --format pem --all',
    exits: '2 no such keyset; 3 configuration; 5 6 9 its store could not be read; 7 it has no public keys',
  })
    .argument('<name>', KEYSET_NAME)
    .option('--format <format>', PUBLIC_FORMATS.join(' or '), readFormat, 'jwks')
    .option('--all', 'also versions that are accepted no more, but for destroyed ones')
    .action(async (name: string, options: ExportOptions) => {
      await printKeys(name, options, edge)
      finish(0)
    })
}

async function printKeys(
  name: string,
  { format, all = false, ...options }: ExportOptions,
  edge: Edge,
): Promise<void> {
  const config = configFor(options, edge)
  const keyset = selectOne(name, config.materials.filter(isKeyset))
  const { exportKeys } = await import('../../run/keysets/export-keys.ts')
  const { host, signal, stdout } = edge
  const keys = await exportKeys({ keyset, config, host, signal, format, isAll: all })
  if (options.json) printJson(stdout, { schema: 1, material: keyset.id, format, keys })
  else stdout.write(keys)
}

function readFormat(text: string): PublicFormat {
  const format = PUBLIC_FORMATS.find((one) => one === text)
  if (format) return format
  throw new InvalidArgumentError(`expected ${PUBLIC_FORMATS.join(' or ')}`)
}
