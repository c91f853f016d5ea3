/** Debian's nginx as a service of a booted machine, which has no package of it: from a root of its own. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { nginxConf } from '../rig/nginx-conf.ts'
import { makeImageRoot } from '../rig/nginx-image.ts'
import { appNames } from '../rig/pki.ts'
import { servedCertificate } from '../rig/served.ts'
import { waitFor } from '../rig/wait-for.ts'
import { type AgentMachine, pathsInside } from './agent-machine.ts'

export const NGINX = 'nginx.service'
const ROOT = '/opt/nginx'

/** Returns once it serves the leaf of the app, on a port that is this machine's too. */
export async function startUnitNginx(
  { machine, write }: AgentMachine,
  app: string,
  port: number,
): Promise<void> {
  const root = machine.outside(ROOT)
  await makeImageRoot(root)
  for (const mount of ['dev', 'proc', 'sys', 'home']) await mkdir(join(root, mount))
  const { leafName: serverName } = appNames(app)
  const { fullchain: certFile, leafKey: keyFile } = pathsInside(app)
  await write(`${ROOT}/etc/nginx.conf`, nginxConf(port, [{ serverName, certFile, keyFile }], '/run/log'))
  await write(`/etc/systemd/system/${NGINX}`, UNIT)
  await machine.must(['systemctl', 'start', NGINX])
  await waitFor('nginx serves', () => servedCertificate(port, serverName))
}

const UNIT = `[Service]
RootDirectory=${ROOT}
MountAPIVFS=yes
BindReadOnlyPaths=/home
ExecStart=/usr/sbin/nginx -c /etc/nginx.conf
ExecReload=/bin/sh -c 'kill -HUP $MAINPID'
`
