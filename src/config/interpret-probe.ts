/** Probes of a material: defaults filled in, and what a strict one could never find refused. */
import { isIPv4 } from 'node:net'
import type { ExecProbe, Probe, ProbeAddress, ProbeClient, TlsProbe } from '../core/consumers/probe.ts'
import { attest } from '../core/consumers/spiffe.ts'
import { hostPort } from '../core/host-port.ts'
import type { OnUnserved } from '../core/planning/ladder.ts'
import { dnsName, durationMs, execText, parseListener } from './formats.ts'
import type { WrittenMaterial } from './material-schema.ts'
import type { WrittenExecProbe, WrittenTlsProbe } from './probe-schema.ts'
import type { Report } from './problem.ts'

/** In the order in which they are written; `at` is the path of the material's table, for what is reported. */
export function interpretProbes(at: readonly string[], one: WrittenMaterial, report: Report): Probe[] {
  if (one.probe === undefined) return []
  if (!Array.isArray(one.probe)) return [interpretProbe([...at, 'probe'], one.probe, one, report)]
  return one.probe.map((probe, index) => interpretProbe([...at, 'probe', `${index}`], probe, one, report))
}

/** Going back needs somebody who sees that something is wrong, and something to go back to. */
export function interpretOnUnserved(
  at: readonly string[],
  one: WrittenMaterial,
  { keep }: { readonly keep: number },
  report: Report,
): OnUnserved {
  const { on_unserved, probe, ephemeral } = one
  if (on_unserved === 'keep') return on_unserved
  const here = [...at, 'on_unserved']
  if (probe === undefined) report(here, 'a probe beside roll-back', 'none')
  // Such a mapping trusts what is installed alone: what was kept could not be proved.
  if ('mapping_pins' in one && one.mapping_pins === 'certificate')
    report(here, 'keep beside mapping_pins = "certificate"', '"roll-back"')
  if (ephemeral) report(here, 'keep for an ephemeral material, of which nothing is kept', '"roll-back"')
  else if (keep === 0) report(here, '[previous] keep of at least 1 beside roll-back', '0')
  return on_unserved
}

type WrittenProbes = NonNullable<WrittenMaterial['probe']>

function interpretProbe(
  at: string[],
  probe: Exclude<WrittenProbes, readonly unknown[]>,
  of: WrittenMaterial,
  report: Report,
): Probe {
  return 'connect' in probe ? interpretTls(at, probe, of, report) : interpretExecProbe(probe)
}

export function interpretExecProbe({ exec: argv, timeout }: WrittenExecProbe): ExecProbe {
  return { kind: 'exec', argv, text: execText(argv), timeoutMs: durationMs(timeout) }
}

/** Node sends no server name but a DNS name (RFC 6066 §3), so a common name can stand in only where it is one. */
function interpretTls(at: string[], probe: WrittenTlsProbe, of: WrittenMaterial, report: Report): TlsProbe {
  const address = parseListener(probe.connect)
  if (!address) throw new Error(`the schema let a place through that is none: ${probe.connect}`)
  const serverName = probe.server_name ?? of.common_name
  if (!isServerName(serverName))
    report([...at, 'server_name'], 'a DNS name here, or as common_name', JSON.stringify(serverName))
  reportUnattested(at, probe, of, report)
  return {
    kind: 'tls',
    address,
    text: textOf(address),
    serverName,
    alpn: probe.alpn,
    strict: probe.strict,
    ...(probe.starttls === undefined ? {} : { startTls: probe.starttls }),
    ...(probe.client === undefined ? {} : { client: interpretClient(probe.client) }),
    ...(probe.trust_domain === undefined ? {} : { trustDomain: probe.trust_domain }),
    timeoutMs: durationMs(probe.timeout),
  }
}

function isServerName(name: string): boolean {
  return dnsName.safeParse(name).success && !isIPv4(name) && !name.startsWith('*')
}

/** A certificate has the URIs that are configured, or it is renewed: what they do not attest nothing ever will. */
function reportUnattested(
  at: string[],
  { strict, trust_domain }: WrittenTlsProbe,
  { uris }: WrittenMaterial,
  report: Report,
): void {
  const attested = trust_domain === undefined || !strict ? undefined : attest(uris, trust_domain)
  if (attested && 'fault' in attested)
    report([...at, 'trust_domain'], `uris with one SPIFFE ID of ${trust_domain}`, JSON.stringify(uris))
}

function interpretClient(client: NonNullable<WrittenTlsProbe['client']>): ProbeClient {
  if (typeof client === 'string')
    return { material: client as Extract<ProbeClient, { material: string }>['material'] }
  return { certFile: client.cert, keyFile: client.key }
}

function textOf(address: ProbeAddress): string {
  return 'path' in address ? `unix:${address.path}` : hostPort(address)
}
