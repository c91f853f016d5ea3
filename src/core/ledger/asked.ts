import type { Asked } from './entry.ts'

/**
 * Who asked for a run. SYSTEMD_EXEC_PID names the process that systemd itself started (systemd.exec(5)): whatever that starts in
 * turn, a shell in a terminal service for one, inherits the rest of the environment but not the number. TRIGGER_UNIT is
 * set from systemd 252 on. SUDO_USER is what sudo(8) says; root can say anything.
 */
export function askedBy(
  env: Readonly<Record<string, string | undefined>>,
  { uid, pid }: { readonly uid: number; readonly pid: string },
): Asked {
  const { SYSTEMD_EXEC_PID, TRIGGER_UNIT, SUDO_USER } = env
  if (SYSTEMD_EXEC_PID === pid) return { by: TRIGGER_UNIT?.endsWith('.timer') ? 'timer' : 'unit', uid }
  return SUDO_USER ? { by: 'sudo', uid, user: SUDO_USER.toWellFormed().slice(0, 100) } : { by: 'user', uid }
}

/** systemd's own id of the run, by which `journalctl` finds it; undefined for what systemd did not start. */
export function invocationOf({ by }: Asked, { INVOCATION_ID }: Readonly<Record<string, string | undefined>>) {
  const isOurs = (by === 'timer' || by === 'unit') && /^[0-9a-f]{32}$/.test(INVOCATION_ID ?? '')
  return isOurs ? INVOCATION_ID : undefined
}
