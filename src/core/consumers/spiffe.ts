/**
 * SPIFFE IDs: who a peer is, from the certificate of a verified chain and never from one that was merely sent. SPIFFE-ID §2,
 * X509-SVID §2.
 */

/** An empty or malformed trust domain must fail where it is configured: no ID is in it, or every one. */
export const TRUST_DOMAIN_FORM = /^(?=.{1,255}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/

export type Attestation = { readonly peer: string } | { readonly fault: string }

/** The one SPIFFE ID among the URIs of a certificate, when it is of this trust domain. */
export function attest(uris: readonly string[], trustDomain: string): Attestation {
  const [peer, ...others] = uris
  const expected = `expected one SPIFFE ID of ${trustDomain}`
  if (peer === undefined) return { fault: `${expected}, found none` }
  // X509-SVID §2: exactly one URI, or whoever issued it could name two peers at once.
  if (others.length > 0) return { fault: `${expected}, found ${uris.length} URIs` }
  return domainOf(peer) === trustDomain ? { peer } : { fault: `${expected}, found ${peer}` }
}

/** Scheme and path are part of the form: `spiffe://example.org.evil/` and `spiffe://example.org/../x` are of no domain. */
const ID_FORM = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)*)$/

function domainOf(uri: string): string | undefined {
  const [, domain, path = ''] = ID_FORM.exec(uri) ?? []
  const hasDots = path.split('/').some((segment) => segment === '.' || segment === '..')
  return uri.length > 2048 || hasDots ? undefined : domain
}
