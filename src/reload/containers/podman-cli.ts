/** podman by its command, for hosts where the API socket is not enabled. Same JSON, same answers. */

import { type Account, asAccount } from '../../command/account.ts'
import { type CommandEnd, runCommand } from '../../command/run-command.ts'
import { KeyrollerError } from '../../core/errors.ts'
import { lastLine } from '../../core/one-line.ts'
import type { Podman } from './podman-port.ts'
import { judgeContainer, judgeList, MAX_PODMAN_BYTES, parseJson } from './podman-shape.ts'

const PODMAN_PATH = '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What podman(1) needs to find its configuration and the storage of this user. CONTAINER_HOST would make it remote. */
const HANDED_ON = ['HOME', 'XDG_RUNTIME_DIR', 'CONTAINERS_CONF', 'CONTAINERS_STORAGE_CONF'] as const

export interface PodmanCommand {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whose containers are meant; unset: those of whoever keyroller runs as. */
  readonly account?: Account
  /** Stands in the message when there is no podman command either. */
  readonly whyNotApi: string
}

export function podmanCli(command: PodmanCommand): Podman {
  const podman = (args: readonly string[], signal: AbortSignal) => run(command, args, signal)

  return {
    list: async ({ key, value }, signal) => {
      const label = value === undefined ? key : `${key}=${value}`
      const end = await podman(['ps', '--all', '--filter', `label=${label}`, '--format', 'json'], signal)
      return judgeList(parseJson(wholeOutput(end), 'podman ps'))
    },
    listRunning: async (signal) => {
      const end = await podman(['ps', '--format', 'json'], signal)
      return judgeList(parseJson(wholeOutput(end), 'podman ps'))
    },
    inspect: async (nameOrId, signal) => {
      const end = await podman(['container', 'inspect', '--', nameOrId], signal)
      if (end.failure && (await isMissing(podman, nameOrId, signal))) return undefined
      const answer = parseJson(wholeOutput(end), 'podman container inspect')
      return judgeContainer(Array.isArray(answer) ? answer[0] : answer)
    },
    kill: async (id, signalName, signal) => {
      wholeOutput(await podman(['kill', '--signal', signalName, '--', id], signal))
    },
    exec: (id, argv, signal) => podman(['exec', '--', id, ...argv], signal),
    restart: async (id, signal) => {
      wholeOutput(await podman(['restart', '--', id], signal))
    },
  }
}

/** podman-container-exists(1): 0 there, 1 not there, anything else cannot say. Inspect's 125 means all of these. */
async function isMissing(
  podman: (args: readonly string[], signal: AbortSignal) => Promise<CommandEnd>,
  nameOrId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { failure } = await podman(['container', 'exists', '--', nameOrId], signal)
  return failure === 'exit code 1'
}

async function run(
  { environment, account, whyNotApi }: PodmanCommand,
  args: readonly string[],
  signal: AbortSignal,
): Promise<CommandEnd> {
  try {
    return await runCommand({
      argv: account ? asAccount(['podman', ...args], account) : ['podman', ...args],
      environment: { ...(account ? homeOf(account) : handedOn(environment)), PATH: PODMAN_PATH },
      maxOutputBytes: MAX_PODMAN_BYTES,
      signal,
    })
  } catch (error) {
    if (!(error instanceof KeyrollerError && error.code === 'target-missing')) throw error
    throw new KeyrollerError('reload-failed', `${whyNotApi}, and no podman command`)
  }
}

function handedOn(environment: PodmanCommand['environment']): Record<string, string> {
  const found = HANDED_ON.flatMap((name) => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(found)
}

/** As a login of that account has it: root's own settings are for root's podman. */
function homeOf({ name, uid, home }: Account): Record<string, string> {
  return { HOME: home, USER: name, LOGNAME: name, XDG_RUNTIME_DIR: `/run/user/${uid}` }
}

function wholeOutput({ failure, stdout, stderr }: CommandEnd): string {
  if (failure) {
    const said = lastLine(stderr.text).replace(/^Error: /, '')
    throw new KeyrollerError('reload-failed', `expected podman to answer, found ${failure}: ${said}`)
  }
  if (!stdout.cut) return stdout.text
  throw new KeyrollerError(
    'reload-failed',
    `expected at most ${MAX_PODMAN_BYTES} bytes from podman, found more`,
  )
}
