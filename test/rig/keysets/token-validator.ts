/**
 * A small validator of tokens: knows the keys of a JWK Set as it was at its start and at each HUP; 200 for a token that is valid, else 401.
 *
 *   node token-validator.ts JWKS PORT
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createLocalJWKSet, jwtVerify } from 'jose'

const [file = '', port = ''] = process.argv.slice(2)
const load = () => createLocalJWKSet(JSON.parse(readFileSync(file, 'utf8')))

let keys = load()
process.on('SIGHUP', () => {
  keys = load()
})
createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  try {
    await jwtVerify(Buffer.concat(chunks).toString(), keys)
    response.end()
  } catch (error) {
    response.writeHead(401).end((error as { code?: string }).code ?? 'none')
  }
}).listen(Number(port), '127.0.0.1')
