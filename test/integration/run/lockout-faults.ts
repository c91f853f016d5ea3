/** What can go wrong on the server or on the host while an identity is rotated, and how it is mended. */
import { AUTH_MOUNT, appNames, PKI_MOUNT, pem, ROOT_MOUNT, writeIdentityRole } from '../../rig/pki.ts'
import type { ScenarioServer } from '../../rig/scenario-s2.ts'
import type { MOMENTS, PausedRun } from './paused-run.ts'

export const APP = 'ncprd1'
const { mapping, commonName, identityRole, policy } = appNames(APP)
export const MAPPING_PATH = `auth/${AUTH_MOUNT}/certs/${mapping}`

export interface Fault {
  readonly name: string
  readonly strike: (server: ScenarioServer, run: PausedRun) => Promise<unknown>
  readonly mend: (server: ScenarioServer) => Promise<unknown>
  /** Struck there or before, it keeps the old pair in place; later it comes too late for that. */
  readonly last: (typeof MOMENTS)[number]
  /** Nobody logs in while it lasts, with whatever pair. */
  readonly takesLogin: boolean
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'mapping deleted',
    strike: ({ admin }) => admin.remove(MAPPING_PATH),
    mend: writeSound,
    last: 'prove',
    takesLogin: true,
  },
  {
    name: 'another common name allowed',
    strike: ({ admin }) => admin.write(MAPPING_PATH, { allowed_common_names: [`other.${commonName}`] }),
    mend: writeSound,
    last: 'prove',
    takesLogin: true,
  },
  {
    name: 'policy detached from the mapping',
    strike: ({ admin }) => admin.write(MAPPING_PATH, { token_policies: ['marker-cert-auth'] }),
    mend: writeSound,
    // A token keeps the policies it was made with.
    last: 'login',
    takesLogin: false,
  },
  {
    name: 'authority rotated, the old one pinned',
    strike: ({ admin }) => admin.write(`${PKI_MOUNT}/config/issuers`, { default: SUCCESSOR }),
    mend: ({ admin }) => admin.write(`${PKI_MOUNT}/config/issuers`, { default: PREDECESSOR }),
    last: 'issue',
    takesLogin: false,
  },
  {
    name: 'role gone',
    strike: ({ admin }) => admin.remove(`${PKI_MOUNT}/roles/${identityRole}`),
    mend: ({ admin }) => writeIdentityRole(admin, APP, '720h'),
    last: 'issue',
    takesLogin: false,
  },
  {
    name: 'server sealed',
    strike: ({ vault }) => vault.seal(),
    mend: ({ vault }) => vault.unseal(),
    last: 'prove',
    takesLogin: true,
  },
  {
    name: 'server ended',
    strike: ({ vault }) => vault.stop(),
    mend: ({ vault }) => vault.start(),
    last: 'prove',
    takesLogin: true,
  },
  {
    name: 'keyroller killed',
    strike: async (_, run) => run.kill(),
    mend: async () => undefined,
    last: 'install',
    takesLogin: false,
  },
]

/** What an identity that pins its authority needs. */
async function writeSound({ admin, pki }: ScenarioServer): Promise<void> {
  await admin.write(MAPPING_PATH, {
    certificate: pki.intermediatePem,
    allowed_common_names: [commonName],
    token_policies: [policy, 'marker-cert-auth'],
  })
}

const PREDECESSOR = 'predecessor'
const SUCCESSOR = 'successor'

/** A second authority in the mount, below the same root; the first stays the one that signs. */
export async function addSuccessor({ admin }: ScenarioServer): Promise<void> {
  const { default: first } = (await admin.read(`${PKI_MOUNT}/config/issuers`)) ?? {}
  await admin.write(`${PKI_MOUNT}/issuer/${first}`, { issuer_name: PREDECESSOR })
  const name = { common_name: 'PrivSec Intermediate CA 2 (prod)' }
  const { csr } = await admin.write(`${PKI_MOUNT}/intermediate/generate/internal`, name)
  const signing = { ...name, csr: pem(csr), ttl: '43800h', not_before_duration: '8760h' }
  const { certificate } = await admin.write(`${ROOT_MOUNT}/root/sign-intermediate`, signing)
  const { imported_issuers: imported } = await admin.write(`${PKI_MOUNT}/intermediate/set-signed`, {
    certificate: pem(certificate),
  })
  const [issuer] = Array.isArray(imported) ? imported : []
  await admin.write(`${PKI_MOUNT}/issuer/${issuer}`, { issuer_name: SUCCESSOR })
  await admin.write(`${PKI_MOUNT}/config/issuers`, { default: PREDECESSOR })
}
