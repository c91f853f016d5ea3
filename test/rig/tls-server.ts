/**
 * A small TLS server that reads its certificates again on HUP and on USR1, for hosts without containers.
 * Usage: node tls-server.ts PORT LOG NAME=CERT=KEY…
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { createSecureContext, type SecureContext } from 'node:tls'

const [port, log, ...sites] = process.argv.slice(2)
if (port === undefined || log === undefined) throw new Error('usage: tls-server.ts PORT LOG NAME=CERT=KEY…')

let contexts = load()
for (const [signal, number] of [
  ['SIGHUP', 1],
  ['SIGUSR1', 10],
] as const)
  process.on(signal, () => {
    contexts = load()
    appendFileSync(log, `signal ${number} (${signal}) received\n`)
  })
const answerFor = (name: string, done: (error: Error | null, context?: SecureContext) => void) =>
  done(null, contexts.get(name))
createServer({ SNICallback: answerFor }, (_, response) => response.end('served\n')).listen(
  Number(port),
  '127.0.0.1',
  () => appendFileSync(log, 'ready\n'),
)

function load(): Map<string, SecureContext> {
  return new Map(
    sites.map((site) => {
      const [name = '', cert = '', key = ''] = site.split('=')
      return [name, createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) })]
    }),
  )
}
