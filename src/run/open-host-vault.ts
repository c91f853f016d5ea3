import { readTrustedFile } from '../config/trusted-file.ts'
import type { HostConfig } from '../core/host-config.ts'
import { openVault, type Vault } from '../vault/open-vault.ts'
import type { Host } from './host.ts'

/** The server of this host. Throws `config-untrusted`, `config-missing`, `config-invalid` for its CA file. */
export function openHostVault({ vault, renewal }: HostConfig, host: Host, signal: AbortSignal): Vault {
  const caPem = readTrustedFile(vault.caFile, host.uid)
  return openVault(vault, { caPem, concurrency: renewal.concurrency, version: host.version, signal })
}
