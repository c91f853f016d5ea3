/**
 * A small issuer of stateless tokens: signs with whatever its private JWK Set calls active, as it was at its start and at each HUP, and has
 * every token checked twice by every validator: at once, and just before the token ends.
 *
 *   node token-issuer.ts PRIVATE_JWKS LIFETIME_MS REJECTED_LOG PORT…
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { importJWK, type JWK, SignJWT } from 'jose'

const [file = '', lifetimeMs = '0', log = '', ...ports] = process.argv.slice(2)
const PAUSE_MS = 100

let signer = await load()
process.on(
  'SIGHUP',
  () =>
    void load().then((next) => {
      signer = next
    }),
)
for (;;) {
  const { kid, key } = signer
  const endsAtS = Math.floor((Date.now() + Number(lifetimeMs)) / 1000)
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .setExpirationTime(endsAtS)
    .sign(key)
  void check(token, kid, 'at once')
  setTimeout(() => void check(token, kid, 'at its end'), endsAtS * 1000 - Date.now() - 500).unref()
  await sleep(PAUSE_MS)
}

async function load() {
  const { active, keys } = JSON.parse(readFileSync(file, 'utf8')) as { active: string; keys: JWK[] }
  const jwk = keys.find(({ kid }) => kid === active)
  if (!jwk) throw new Error(`expected the key ${active} among ${keys.map(({ kid }) => kid).join(', ')}`)
  return { kid: active, key: await importJWK(jwk, 'EdDSA') }
}

/** A line for each answer. A token that had ended before a busy machine came to look at it was not valid any more. */
async function check(token: string, kid: string, when: string): Promise<void> {
  await Promise.all(
    ports.map(async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: token })
      const why = answer.status === 200 ? undefined : await answer.text()
      if (why === 'ERR_JWT_EXPIRED') return
      appendFileSync(log, `${why === undefined ? 'accepted' : `rejected ${why}`} ${kid} ${when} by ${port}\n`)
    }),
  )
}
