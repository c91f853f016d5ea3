/** Two materials that share a container, both unserved: the last resort stops it once. */
import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PodmanLabelTarget, PodmanNameTarget } from '../../../../src/core/consumers/target.ts'
import { tellSteps, type Unserved } from '../../../../src/core/planning/escalation.ts'
import { applySteps } from '../../../../src/run/apply.ts'
import { certificate, NOW_MS } from '../../../unit/core/builders.ts'
import { podman } from '../../../unit/core/consumer-builders.ts'
import { SILENT, UNRECORDED } from '../../../unit/run/silent-run.ts'
import { smallHost } from '../../../unit/run/small-host.ts'
import { contextOf } from '../../files/switched-host.ts'
import { onHup, type PodmanHost, startPodmanHost } from '../../reload/podman-host.ts'

let host: PodmanHost
let root: string
beforeAll(async () => {
  host = await startPodmanHost()
  root = await mkdtemp(join(tmpdir(), 'keyroller-shared-'))
})
afterAll(async () => {
  await host?.stop()
  await rm(root, { recursive: true })
})

test('named by one and selected by a label of the other', async () => {
  await host.startScript('web', onHup('echo hup'), '--label', 'tls=true')
  const byName: PodmanNameTarget = { ...podman('web'), restart: 'if-needed' }
  const { container: _, ...way } = byName
  const byLabel: PodmanLabelTarget = { ...way, kind: 'podman-label', key: 'tls', text: 'podman:label=tls' }
  const materials = [certificate('web', { reload: [byName] }), certificate('api', { reload: [byLabel] })]
  const climbing = materials.map(
    (material): Unserved => ({
      ...{ material, outcome: 'old-certificate', fingerprint: 'aa' },
      ...{ tried: ['again', 'restart'], open: [] },
    }),
  )
  const { config, ...small } = smallHost(root)
  mkdirSync(config.stateDir, { mode: 0o700 })
  const context = contextOf({ ...small, config: { ...config, podmanSocket: host.socketPath, materials } })
  const steps = tellSteps('restart', climbing, NOW_MS).filter(({ kind }) => kind === 'restart')
  const outcomes = await applySteps(steps, context, SILENT, UNRECORDED)
  expect(outcomes).toMatchObject([
    { outcome: 'done', message: 'podman:web: web: restarted, still running 1s later' },
    { outcome: 'done', message: 'podman:label=tls: web: restarted already in this run' },
  ])
  expect(await host.podman('logs', 'web')).toBe('ready\nready\n')
})
