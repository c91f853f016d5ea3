/**
 * What is said in plain text before TLS begins, as data: a line each way, in turn. `isWhole` and `isAgreed` judge what the
 * server has said since the last line that was sent.
 */
import type { Socket } from 'node:net'
import type { StartTls } from '../core/consumers/probe.ts'
import { oneLine } from '../core/one-line.ts'

interface Turn {
  readonly send?: Buffer
  readonly isWhole: (heard: Buffer) => boolean
  readonly isAgreed: (heard: Buffer) => boolean
}

/** The last line of an SMTP reply has a space after its code (RFC 5321 §4.2.1). */
const smtp = (code: number, send?: string): Turn => ({
  ...(send === undefined ? {} : { send: Buffer.from(send) }),
  isWhole: (heard) => /^\d{3} .*\r?\n$/m.test(heard.toString('latin1')),
  isAgreed: (heard) => heard.toString('latin1').startsWith(`${code}`),
})

const imap = (answer: RegExp, send?: string): Turn => ({
  ...(send === undefined ? {} : { send: Buffer.from(send) }),
  isWhole: (heard) => /^(?:\*|a) \S+.*\r?\n$/m.test(heard.toString('latin1')),
  isAgreed: (heard) => answer.test(heard.toString('latin1')),
})

/** SSLRequest of PostgreSQL's frontend/backend protocol 3.0: length 8, code 80877103; the answer is one byte, `S` or `N`. */
const SSL_REQUEST = Buffer.from('0000000804d2162f', 'hex')

/** LDAPMessage 1, ExtendedRequest 1.3.6.1.4.1.1466.20037 (RFC 4511 §4.14). */
const LDAP_START = Buffer.from(
  `301d02010177188016${Buffer.from('1.3.6.1.4.1.1466.20037').toString('hex')}`,
  'hex',
)
/** An ExtendedResponse ([APPLICATION 24]) to message 1 with resultCode 0. */
const LDAP_AGREED =
  /^30(?:8[1-4](?:[0-9a-f]{2})+?|[0-7][0-9a-f])02010178(?:8[1-4](?:[0-9a-f]{2})+?|[0-7][0-9a-f])0a0100/

const DIALOGUES: Readonly<Record<StartTls, readonly Turn[]>> = {
  smtp: [smtp(220), smtp(250, 'EHLO keyroller.invalid\r\n'), smtp(220, 'STARTTLS\r\n')],
  imap: [imap(/^\* OK/), imap(/^a OK/m, 'a STARTTLS\r\n')],
  postgres: [
    {
      send: SSL_REQUEST,
      isWhole: ({ length }) => length > 0,
      isAgreed: (heard) => heard.equals(Buffer.from('S')),
    },
  ],
  ldap: [
    { send: LDAP_START, isWhole: isWholeLdap, isAgreed: (heard) => LDAP_AGREED.test(heard.toString('hex')) },
  ],
}

/** BER with the length in one byte or in up to four (X.690 §8.1.3). */
function isWholeLdap(heard: Buffer): boolean {
  const first = heard[1]
  if (first === undefined) return false
  if (first < 0x80) return heard.length >= 2 + first
  const size = first & 0x7f
  return (
    size >= 1 && size <= 4 && heard.length >= 2 + size + heard.readUIntBE(2, Math.min(size, heard.length - 2))
  )
}

const MAX_BYTES = 16 * 1024

export interface NoTls {
  readonly kind: 'reset' | 'not-tls'
  readonly message: string
}

/**
 * Undefined when the server has agreed and the next byte is TLS; the socket is paused then. Rejects as the socket does.
 * Whoever calls holds the deadline.
 */
export async function startTls(socket: Socket, protocol: StartTls): Promise<NoTls | undefined> {
  for (const { send, isWhole, isAgreed } of DIALOGUES[protocol]) {
    if (send) socket.write(send)
    const heard = await hear(socket, isWhole)
    if (heard.length === 0) return { kind: 'reset', message: 'the connection was closed before TLS began' }
    if (!isAgreed(heard)) {
      const found = oneLine(heard.toString('latin1'))
      return { kind: 'not-tls', message: `expected ${protocol} to go on with TLS, found ${found}` }
    }
  }
  return undefined
}

/** What comes until it is whole, or until the peer ends; nothing behind it is taken off the socket. */
function hear(socket: Socket, isWhole: (heard: Buffer) => boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let heard = Buffer.alloc(0)
    const done = (act: () => void) => {
      socket.off('data', take).off('end', end).off('error', fail).pause()
      act()
    }
    const end = () => done(() => resolve(heard))
    const fail = (error: Error) => done(() => reject(error))
    const take = (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk])
      if (heard.length > MAX_BYTES || isWhole(heard)) end()
    }
    socket.on('data', take).on('end', end).on('error', fail).resume()
  })
}
