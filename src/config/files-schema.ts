/** The files of a material as they are written: a path, or a table with what else there is to say. */
import * as z from 'zod/mini'
import {
  CERT_FORMATS,
  COMBINED_PARTS,
  type CombinedPart,
  type FileFormat,
  KEY_FORMATS,
} from '../core/file-spec.ts'
import { absolutePath, materialName, mode, principal } from './formats.ts'
import { told } from './told.ts'

export const placed = {
  path: absolutePath,
  mode: told('default: 0600 where a key or secret is, 0644 for the rest', z.optional(mode)),
  owner: z.optional(principal),
  group: z.optional(principal),
}

const plainTable = z.strictObject(placed)
export const fileOrPath = z.union([absolutePath, plainTable], {
  error: 'an absolute path, or a table with path, mode, owner, group',
})

const keyFormat = z.enum(KEY_FORMATS, { error: `one of ${KEY_FORMATS.join(', ')}` })
const keyTable = z.strictObject({
  ...placed,
  format: told('PEM as pkcs8, pkcs1 (RSA) or sec1 (EC); der is PKCS#8', z.optional(keyFormat)),
})
const keyFile = z.union([absolutePath, keyTable], {
  error: 'an absolute path, or a table with path, format, mode, owner, group',
})

const certFormat = z.enum(CERT_FORMATS, { error: `one of ${CERT_FORMATS.join(', ')}` })
const certTable = z.strictObject({ ...placed, format: told('default: pem', z.optional(certFormat)) })
const certFile = z.union([absolutePath, certTable], {
  error: 'an absolute path, or a table with path, format, mode, owner, group',
})

const combinedOrder = z.array(z.enum(COMBINED_PARTS, { error: `one of ${COMBINED_PARTS.join(', ')}` })).check(
  // TLS sends the leaf first (RFC 8446 §4.4.2), and what reads one file takes the first certificate for the leaf.
  z.refine(
    (order) => order.toSorted().join() === 'cert,chain,key' && order.indexOf('cert') < order.indexOf('chain'),
    {
      error: 'cert, chain and key, each once, cert before chain',
    },
  ),
)
const combinedTable = z.strictObject({
  ...placed,
  order: told('default: cert, chain, key', z.optional(combinedOrder)),
})
const combinedFile = z.union([absolutePath, combinedTable], {
  error: 'an absolute path, or a table with path, order, mode, owner, group',
})

const pkcs12File = z.strictObject(
  {
    ...placed,
    password_file: told('file with the password in its first line', absolutePath),
    name: told(
      'friendly name, the alias of Java; default: the name of the material',
      z.optional(materialName),
    ),
  },
  { error: 'a table with path, password_file, name, mode, owner, group' },
)

export const files = z
  .strictObject({
    key: told('the private key', z.optional(keyFile)),
    cert: told('the certificate alone', z.optional(certFile)),
    chain: told('the intermediates', z.optional(fileOrPath)),
    fullchain: told('the certificate, then the intermediates', z.optional(fileOrPath)),
    ca: told('the trust anchors', z.optional(fileOrPath)),
    combined: told('certificate, intermediates and key in one PEM file', z.optional(combinedFile)),
    pkcs12: told('certificate, intermediates and key under a password', z.optional(pkcs12File)),
  })
  .check(
    // Without both, every run would find a part missing and have another certificate issued.
    z.refine(({ key, combined }) => key !== undefined || combined !== undefined, {
      error: 'key or combined',
    }),
    z.refine(
      ({ key, cert, fullchain, combined }) =>
        key === undefined || (cert ?? fullchain ?? combined) !== undefined,
      {
        error: 'cert, fullchain or combined beside the key',
      },
    ),
  )

/** What a table of any role can say. */
export interface WrittenFileTable extends z.output<typeof plainTable> {
  readonly format?: FileFormat | undefined
  readonly order?: readonly CombinedPart[] | undefined
  readonly password_file?: string | undefined
  readonly name?: string | undefined
}
