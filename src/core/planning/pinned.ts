/**
 * Mappings that trust the certificate of a host itself. Vault's cert auth method looks at the first certificate of such a
 * mapping alone (builtin/credential/cert, verifyCredentials; measured with 1.21.1: a second one is stored and lets nobody
 * in), unless the first is an authority: then every one of them counts. So the new certificate comes in beside the old one
 * behind an authority that can let nobody in, and once the new pair is on disk, its certificate stands alone again.
 */
import type { CertificateFacts } from '../facts.ts'
import type { Identity } from '../material.ts'

export function mappingPath({ login }: Identity): string {
  return `auth/${login.authMount}/certs/${login.mapping}`
}

type Pinned = Pick<CertificateFacts, 'fingerprint' | 'isCa'>

/** Of what a mapping holds, the certificates that let somebody in; `authority`: it trusts one, and so whoever that signs. */
export function effectivePins<P extends Pinned>(held: readonly P[]): readonly P[] | 'authority' {
  const [first, ...others] = held
  if (!first) return []
  if (first.fingerprint !== PLACEHOLDER_FINGERPRINT) return first.isCa ? 'authority' : [first]
  const mere = others.filter(({ fingerprint }) => fingerprint !== PLACEHOLDER_FINGERPRINT)
  return mere.some(({ isCa }) => isCa) ? 'authority' : mere
}

/**
 * Those that stay beside a new one: the certificate on disk, and nothing that a rotation which came to nothing left behind.
 * Where none is on disk that the mapping knows, all of them: none is known to be useless.
 */
export function staying<P extends Pinned>(pins: readonly P[], onDisk: string | undefined): readonly P[] {
  const current = pins.filter(({ fingerprint }) => fingerprint === onDisk)
  return current.length > 0 ? current : pins
}

/**
 * An authority whose life was the first second of 1970 and whose key was never written anywhere: no chain can end in it.
 * Always this one, so that it is known again when it is read.
 */
export const PLACEHOLDER_PEM = `-----BEGIN CERTIFICATE-----
MIIBZTCCAQugAwIBAgIBATAKBggqhkjOPQQDAjAwMS4wLAYDVQQDEyVrZXlyb2xs
ZXIgcGxhY2Vob2xkZXIsIGxldHMgbm9ib2R5IGluMB4XDTcwMDEwMTAwMDAwMFoX
DTcwMDEwMTAwMDAwMVowMDEuMCwGA1UEAxMla2V5cm9sbGVyIHBsYWNlaG9sZGVy
LCBsZXRzIG5vYm9keSBpbjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMWL9iys
UdEnhRimnWOMx8s2uxkGv3Q1OxLLDi7JCPW40wuGhtdYyZHGpddMafFNDr8JVKbF
+Nxitl074i1qxm+jFjAUMBIGA1UdEwEB/wQIMAYBAf8CAQAwCgYIKoZIzj0EAwID
SAAwRQIgFL80DvLp9phUHsKHqUlfBoqU3QPSPcYaXvkH5MrJtg4CIQC87a6fzm4s
OZaSp2UsAXBl7GApVKgCVV3hbKBiItFb0Q==
-----END CERTIFICATE-----
`

/** SHA-256 over its DER, lower-case hex. */
export const PLACEHOLDER_FINGERPRINT = '83c3153a0ef0402f76d1972517649cce004818cce4d437648434ece22d7be34d'
