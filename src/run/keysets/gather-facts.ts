/** What must be so before a version is put in use: asked for at that moment, of the control plane, of this host, of the others. */
import { readTrustedFile } from '../../config/trusted-file.ts'
import { KeyrollerError, toFault } from '../../core/errors.ts'
import type { ControlPlane, KeysetFacts, Knower } from '../../core/keysets/gates.ts'
import { knowersHere } from '../../core/keysets/knowers.ts'
import { type ControlPlaneProbe, isShared, type Keyset, type SharedKeyset } from '../../core/material.ts'
import { askUrl } from '../../reload/ask-url.ts'
import { within } from '../../reload/deadline.ts'
import type { RunContext } from '../context.ts'
import { askHealth } from '../executors/health.ts'
import { knowersElsewhere } from './knowers-elsewhere.ts'

/** Throws nothing that was met: whoever cannot be asked does not know, which keeps only what waits for them. */
export async function gatherFacts(keyset: Keyset, context: RunContext): Promise<KeysetFacts> {
  return {
    controlPlane: await askControlPlane(keyset, context),
    consumers: knowersHere(keyset, context.memory.current()),
    hosts: isShared(keyset) ? await askHosts(keyset, context) : [],
  }
}

async function askHosts(keyset: SharedKeyset, context: RunContext): Promise<Knower[]> {
  try {
    return await knowersElsewhere(keyset, context)
  } catch (error) {
    return [{ name: `the others, whose cards could not be read: ${toFault(error).message}`, knows: [] }]
  }
}

async function askControlPlane({ controlPlane }: Keyset, context: RunContext): Promise<ControlPlane> {
  if (!controlPlane) return { state: 'unneeded' }
  try {
    if (controlPlane.kind === 'vault') await askHealth(context)
    else await askHealthUrl(controlPlane, context)
    return { state: 'reachable' }
  } catch (error) {
    return { state: 'unreachable', why: toFault(error).message }
  }
}

const URL_TIMEOUT_MS = 10_000
const MAX_BYTES = 256 * 1024

async function askHealthUrl(
  { url, caFile }: Extract<ControlPlaneProbe, { readonly kind: 'url' }>,
  { host, signal: run }: RunContext,
): Promise<void> {
  const { status } = await within({ timeoutMs: URL_TIMEOUT_MS, signal: run }, (signal) =>
    askUrl({
      ...{ url, where: url, maxBytes: MAX_BYTES, signal, request: { method: 'GET' } },
      ...(caFile === undefined ? {} : { caFile }),
      readTrusted: (path) => readTrustedFile(path, host.uid),
    }),
  )
  if (status >= 200 && status <= 299) return
  throw new KeyrollerError('reload-failed', `expected status 2xx from ${url}, found ${status}`)
}
