import { join } from 'node:path'

/** Where scenario S2 keeps the files of an app, below a folder that stands for /home. */
export interface AppPaths {
  readonly home: string
  readonly agentKey: string
  readonly agentCert: string
  readonly agentCa: string
  readonly leafKey: string
  readonly fullchain: string
}

export function appPaths(homes: string, app: string): AppPaths {
  const home = join(homes, app)
  return {
    home,
    agentKey: join(home, 'vault/mtls/agent.key'),
    agentCert: join(home, 'vault/mtls/agent.crt'),
    agentCa: join(home, 'vault/ca/ca.pem'),
    leafKey: join(home, `tls/${app}.key.pem`),
    fullchain: join(home, `tls/${app}.fullchain.pem`),
  }
}
