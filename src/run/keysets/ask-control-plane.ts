/** Whether what must answer while keys change does. */
import { readTrustedFile } from '../../config/trusted-file.ts'
import { KeyrollerError, toFault } from '../../core/errors.ts'
import type { ControlPlane } from '../../core/keysets/gates.ts'
import type { ControlPlaneProbe, Keyset } from '../../core/material.ts'
import { askUrl } from '../../reload/ask-url.ts'
import { within } from '../../reload/deadline.ts'
import type { RunContext } from '../context.ts'
import { askHealth } from '../executors/health.ts'

/** Throws nothing that was met. */
export async function askControlPlane({ controlPlane }: Keyset, context: RunContext): Promise<ControlPlane> {
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
