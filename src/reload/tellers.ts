/** One teller per kind of target: a mapped type, so a new kind does not compile until somebody can tell it. */
import type { TargetKind } from '../core/consumers/target.ts'
import { containerLabelTeller, containerNameTeller } from './containers/podman.ts'
import { execTeller } from './exec.ts'
import { httpTeller } from './http.ts'
import { signalTeller } from './signal.ts'
import { socketTeller } from './socket.ts'
import type { TellerOf } from './teller.ts'
import { systemdTeller } from './units/systemd.ts'

const TELLERS: { readonly [Kind in TargetKind]: TellerOf<Kind> } = {
  'podman-name': containerNameTeller,
  'podman-label': containerLabelTeller,
  'docker-name': containerNameTeller,
  'docker-label': containerLabelTeller,
  systemd: systemdTeller,
  exec: execTeller,
  signal: signalTeller,
  socket: socketTeller,
  http: httpTeller,
}

/** The teller for this target, and for no target of another kind. */
export function tellerFor<Kind extends TargetKind>(target: { readonly kind: Kind }): TellerOf<Kind> {
  return TELLERS[target.kind]
}
