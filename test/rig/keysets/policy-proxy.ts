/**
 * A small proxy of scenario S0: its policy comes from a control plane, is cached with a signature of the key in its environment, and a start
 * without the control plane believes nothing that this key has not signed.
 *
 *   POLICY_SIGNING_KEY=PEM node policy-proxy.ts CACHE_DIR CONTROL_PLANE_URL PID_FILE
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [cacheDir = '', controlPlane = '', pidFile = ''] = process.argv.slice(2)
const key = createPrivateKey(process.env.POLICY_SIGNING_KEY ?? '')
const [policyFile, signatureFile] = ['policy.json', 'policy.json.sig'].map((name) =>
  join(cacheDir, name),
) as [string, string]

const fetched = await fetchPolicy()
if (fetched === undefined) expectOwnCache()
else {
  writeFileSync(policyFile, fetched)
  writeFileSync(signatureFile, sign(null, Buffer.from(fetched), key))
}
writeFileSync(pidFile, `${process.pid}\n`)
setInterval(() => {}, 1 << 30)

async function fetchPolicy(): Promise<string | undefined> {
  try {
    const answer = await fetch(controlPlane)
    return answer.ok ? await answer.text() : undefined
  } catch {
    return undefined
  }
}

/** Fails closed. */
function expectOwnCache(): void {
  const isOwn = verify(null, readFileSync(policyFile), createPublicKey(key), readFileSync(signatureFile))
  if (!isOwn) throw new Error('expected a cache that my key has signed, found another')
}
