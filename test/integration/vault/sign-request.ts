import type { SignRequest } from '../../../src/vault/pki.ts'

/** A request whose names are those of scenario S2. */
export const SIGN: SignRequest = {
  csrPem: '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n',
  issuance: {
    pkiMount: 'pki-prod',
    role: 'nginx-app',
    commonName: 'app.int.privsec.ch',
    dnsNames: [],
    ipAddresses: [],
    uris: [],
    emails: [],
    subject: {},
    reuseKey: false,
    keyType: 'ec-p256',
    trustFile: '/etc/keyroller/pki-root.pem',
  },
}
