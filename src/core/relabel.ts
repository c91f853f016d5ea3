/** Whether and how the files of a switch get the SELinux type that the policy has for their paths. */

export interface Labelling {
  /** SELinux is on, enforcing or not. */
  readonly isOn: boolean
  /** Path of restorecon(8); unset when it is not installed. */
  readonly restorecon?: string
}

export type RelabelCommand = readonly [string, ...string[]]

/** Far below what execve(2) takes (ARG_MAX), with paths of any length (PATH_MAX). */
const PATHS_A_COMMAND = 256

/**
 * Files are made in their directory and inherit its type, which mostly is the right one; what the policy wants otherwise for
 * a path only restorecon knows. Never with `-F`: a directory that containers mount has a type that the policy lets be
 * (customizable_types(5)), and with it the categories of one container. `-i`: what is gone by now needs no label.
 */
export function relabelCommands(paths: readonly string[], { isOn, restorecon }: Labelling): RelabelCommand[] {
  if (!isOn || restorecon === undefined) return []
  const count = Math.ceil(paths.length / PATHS_A_COMMAND)
  return Array.from({ length: count }, (_, index): RelabelCommand => {
    const first = index * PATHS_A_COMMAND
    return [restorecon, '-i', ...paths.slice(first, first + PATHS_A_COMMAND)]
  })
}
