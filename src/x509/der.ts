/** The few DER encodings a signing request needs (X.690). Definite lengths only. */
import { isIPv4, SocketAddress } from 'node:net'

/** One value: tag, definite length (§8.1.3), content. */
export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const length = Buffer.from(content.length.toString(16).padStart(8, '0'), 'hex')
  const significant = length.subarray(length.findIndex((byte) => byte !== 0))
  return Buffer.concat([Buffer.from([tag, 0x80 | significant.length]), significant, content])
}

export const TAG = {
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  bmpString: 0x1e,
  bitString: 0x03,
  sequence: 0x30,
  set: 0x31,
} as const

/** The tag of context-specific number `n`: primitive, as in GeneralName, or constructed. */
export function contextTag(n: number, form: 'primitive' | 'constructed'): number {
  return (form === 'primitive' ? 0x80 : 0xa0) | n
}

/** An address as RFC 5280 §4.2.1.6 has it in iPAddress: 4 or 16 bytes in network order. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  return Buffer.from(expand(new SocketAddress({ address, family: 'ipv6' }).address), 'hex')
}

/** The 32 hex digits of an IPv6 address in the spelling of RFC 5952, with at most one `::` and perhaps an IPv4 tail. */
function expand(canonical: string): string {
  const plain = canonical.replace(/[\d.]+$/, (tail) => {
    return tail.includes('.')
      ? Buffer.from(tail.split('.').map(Number)).toString('hex').replace(/^.{4}/, '$&:')
      : tail
  })
  const [head = [], tail = []] = plain
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join('')
}
