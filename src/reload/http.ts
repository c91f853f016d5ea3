/** `http://…`, `https://…`: one request; the status of the answer says whether the consumer was told. */
import type { NetConnectOpts } from 'node:net'
import type { HttpTarget } from '../core/consumers/target.ts'
import { KeyrollerError } from '../core/errors.ts'
import { lastLine } from '../core/one-line.ts'
import { askUrl, bareHost } from './ask-url.ts'
import type { Answer } from './http-exchange.ts'
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

function ask(target: HttpTarget, { readTrusted, signal }: Reach): Promise<Answer> {
  const { url, method, socketPath, caFile } = target
  return askUrl({
    ...{ url, readTrusted, where: target.text, maxBytes: MAX_BYTES, signal },
    request: { method, ...(socketPath === undefined ? {} : { socketPath }) },
    ...(caFile === undefined ? {} : { caFile }),
  })
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
  return { host: bareHost(hostname), port: Number(port) || (protocol === 'https:' ? 443 : 80) }
}
