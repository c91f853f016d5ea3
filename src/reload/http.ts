/** `http://…`, `https://…`: one request; the status of the answer says whether the consumer was told. */
import { X509Certificate } from 'node:crypto'
import type { NetConnectOpts } from 'node:net'
import type { HttpTarget } from '../core/consumers/target.ts'
import { KeyrollerError } from '../core/errors.ts'
import { lastLine } from '../core/one-line.ts'
import { type Answer, exchange } from './http-exchange.ts'
import { expectListener, expectStillListening } from './listener.ts'
import { later, settling } from './settle.ts'
import type { Reach, Teller } from './teller.ts'

const MAX_BYTES = 256 * 1024

export const httpTeller: Teller<HttpTarget> = {
  members: async ({ text }) => [{ id: text, name: text }],
  tell: async (_member, target, reach) => {
    const address = addressOf(target)
    await expectListener(address, target.text, reach.signal)
    const { status } = judge(await ask(target, reach), target)
    const time = settling(target, reach.signal)
    await expectStillListening(address, target.text, time)
    return `answered ${status}, still listening ${later(time)}`
  },
  look: async (_member, target, { signal }) => {
    await expectListener(addressOf(target), target.text, signal)
    return { active: true, message: 'listening' }
  },
}

async function ask(target: HttpTarget, { readTrusted, signal }: Reach): Promise<Answer> {
  const { url, method, socketPath, caFile } = target
  const { protocol, hostname, port, pathname, search } = new URL(url)
  const where = { hostname: bare(hostname), port, path: `${pathname}${search}` }
  const request = { ...where, method, ...(socketPath === undefined ? {} : { socketPath }) }
  const call = { request, where: target.text, maxBytes: MAX_BYTES, signal }
  if (protocol === 'http:') return exchange(call)
  const https = await import('node:https')
  const trust = caFile === undefined ? {} : { ca: readAuthorities(caFile, readTrusted) }
  return exchange({
    ...call,
    open: (options) => https.request({ ...options, ...trust, rejectUnauthorized: true }),
  })
}

/** Node takes an empty `ca` for the public web PKI. */
function readAuthorities(path: string, readTrusted: Reach['readTrusted']): string {
  try {
    const pem = readTrusted(path)
    new X509Certificate(pem)
    return pem
  } catch (error) {
    const found = error instanceof KeyrollerError ? error.message : 'none'
    throw new KeyrollerError('reload-failed', `expected authorities in ${path}, found ${found}`)
  }
}

function judge(answer: Answer, { status: wanted, text }: HttpTarget): Answer {
  const { status, body } = answer
  if (wanted === undefined ? status >= 200 && status <= 299 : status === wanted) return answer
  const said = lastLine(body)
  throw new KeyrollerError(
    'reload-failed',
    `expected status ${wanted ?? '2xx'} from ${text}, found ${status}${said ? `: ${said}` : ''}`,
  )
}

function addressOf({ url, socketPath }: HttpTarget): NetConnectOpts {
  if (socketPath !== undefined) return { path: socketPath }
  const { protocol, hostname, port } = new URL(url)
  return { host: bare(hostname), port: Number(port) || (protocol === 'https:' ? 443 : 80) }
}

/** An IPv6 address has brackets in a URL only. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}
