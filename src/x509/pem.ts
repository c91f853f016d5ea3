/**
 * PEM by a strict grammar (RFC 7468 §3, the strict form of its figure 3): whole blocks, base64 lines, nothing before,
 * between or after them but white space. Library parsers take the first of two blocks, drop an unterminated last one, and
 * pass over text in front; on a host that installs what they return, that is how wrong files get in.
 */
import { KeyrollerError } from '../core/errors.ts'

export interface PemBlock {
  readonly label: string
  readonly der: Buffer
}

/** A private PKI with everything it had before. What trusts the public one trusts the store of the system. */
export const MAX_BLOCKS = 20
const MAX_BLOCK_BYTES = 64 * 1024
const BLOCK =
  /-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n((?:[A-Za-z0-9+/=]{1,76}\r?\n)+)-----END \1-----(?:\r?\n|$)/y

/** Every block of the text, in order. Throws `issue-invalid` with the place of the first thing that is no block. */
export function splitPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  let offset = skipSpace(text, 0)
  while (offset < text.length) {
    BLOCK.lastIndex = offset
    const match = BLOCK.exec(text)
    if (!match) throw malformed(`a PEM block at character ${offset}`, 'something else')
    if (blocks.length === MAX_BLOCKS)
      throw malformed(`at most ${MAX_BLOCKS} PEM blocks, the authorities of a private PKI`, 'more')
    blocks.push({ label: match[1] ?? '', der: decode(match[2] ?? '') })
    offset = skipSpace(text, BLOCK.lastIndex)
  }
  return blocks
}

/** The only block of the text, which must carry this label. */
export function onlyBlock(text: string, label: string): Buffer {
  const blocks = splitPem(text)
  const [block] = blocks
  if (blocks.length !== 1 || !block) throw malformed(`one PEM block, ${label}`, `${blocks.length} blocks`)
  if (block.label !== label) throw malformed(`a PEM block ${label}`, block.label)
  return block.der
}

/** Whether the bytes are one DER sequence, from the first to the last of them: what every key and certificate is. */
export function isDer(bytes: Buffer): boolean {
  return bytes[0] === 0x30 && bytes.length <= MAX_BLOCK_BYTES && derLength(bytes) === bytes.length
}

/** DER as PEM with 64 characters a line. */
export function toPem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64')
  return `-----BEGIN ${label}-----\n${base64.replace(/(.{64})(?!$)/g, '$1\n')}\n-----END ${label}-----\n`
}

function decode(lines: string): Buffer {
  const base64 = lines.replace(/\r?\n/g, '')
  const der = Buffer.from(base64, 'base64')
  if (der.toString('base64') !== base64) throw malformed('canonical base64', 'other characters or padding')
  if (der.length > MAX_BLOCK_BYTES)
    throw malformed(`at most ${MAX_BLOCK_BYTES} bytes a block`, String(der.length))
  if (derLength(der) !== der.length)
    throw malformed('one DER value filling its block', 'trailing or missing bytes')
  return der
}

/** Length of the outermost value, header included; -1 when it is not in DER's only form (X.690 §8.1.3, §10.1). */
function derLength(der: Buffer): number {
  const first = der[1]
  if (first === undefined) return -1
  if (first < 0x80) return 2 + first
  const count = first & 0x7f
  if (count === 0 || count > 4 || der.length < 2 + count) return -1
  const length = der.readUIntBE(2, count)
  const isShortest = length >= 0x80 && length >= 2 ** (8 * (count - 1))
  return isShortest ? 2 + count + length : -1
}

function skipSpace(text: string, from: number): number {
  let offset = from
  while (offset < text.length && ' \t\r\n'.includes(text.charAt(offset))) offset += 1
  return offset
}

function malformed(expected: string, found: string): KeyrollerError {
  return new KeyrollerError('issue-invalid', `expected ${expected}, found ${found}`)
}
