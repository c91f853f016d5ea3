/** Whom to tell: reload targets of a material as they are written. */
import * as z from 'zod/mini'
import { HTTP_METHODS, SIGNALS } from '../core/consumers/target.ts'
import {
  absolutePath,
  containerLabel,
  containerName,
  httpUrl,
  oneLineText,
  pidFile,
  socketPath,
  timeout,
  unitName,
  userName,
} from './formats.ts'
import { parseReload } from './reload-target.ts'
import { RELOAD_TEXTS } from './reload-text.ts'
import { told } from './told.ts'
import type { WrittenReload } from './written-reload.ts'

const signal = z.optional(z.enum(SIGNALS, { error: `one of ${SIGNALS.join(', ')}` }))
const restart = told(
  'may it be restarted: true instead of a reload, "if-needed" when a reload did not help; default: never',
  z.optional(
    z.union([z.literal(true), z.literal('if-needed')], {
      error: 'true or "if-needed"',
    }),
  ),
)
const STATUS = { error: 'a status from 200 to 599' }
const httpStatus = z.int(STATUS).check(z.minimum(200, STATUS), z.maximum(599, STATUS))
const RETRIES = { error: 'a whole number from 0 to 10' }
const ORDER = { error: 'a whole number from -100 to 100' }
const options = {
  timeout: told('for finding whom to tell, and again for telling each', z.optional(timeout)),
  settle: told('how long each has to survive it; default: 1s', z.optional(timeout)),
  retries: told(
    'how often one that failed is told again in the same run; default: 0',
    z.optional(z.int(RETRIES).check(z.minimum(0, RETRIES), z.maximum(10, RETRIES))),
  ),
  order: told(
    'lower is told earlier; default: 0',
    z.optional(z.int(ORDER).check(z.minimum(-100, ORDER), z.maximum(100, ORDER))),
  ),
}
const delay = told(
  'pause between those that are told; the first that fails then ends it',
  z.optional(timeout),
)
const container = {
  signal,
  exec: told(
    'program in the container that is run instead of the signal, with its arguments',
    z.optional(z.tuple([oneLineText], oneLineText)),
  ),
  user: told('account whose containers are meant; default: those of the host', z.optional(userName)),
  socket: told("the engine's API socket; default: where it listens", z.optional(socketPath)),
  restart,
}
const reloadTarget = z.union(
  [
    told(RELOAD_TEXTS, z.string().check(z.minLength(1, { error: RELOAD_TEXTS }))),
    z.strictObject({ podman: containerName, ...container, ...options }),
    z.strictObject({ docker: containerName, ...container, ...options }),
    z.strictObject({ podman_label: containerLabel, ...container, delay, ...options }),
    z.strictObject({ docker_label: containerLabel, ...container, delay, ...options }),
    z.strictObject({
      systemd: unitName,
      user: told("account whose unit it is; default: the system's", z.optional(userName)),
      restart,
      ...options,
    }),
    z.strictObject({
      exec: z.tuple([absolutePath], z.string()),
      user: told('account that the program runs as; default: that of keyroller', z.optional(userName)),
      ...options,
    }),
    z.strictObject({
      pid_file: told('pid file of whom gets the signal', pidFile),
      signal,
      ...options,
    }),
    z.strictObject({
      socket: told('Unix socket that takes a line of text', socketPath),
      send: told('the line, without its end', oneLineText),
      expect: told(
        'what must stand in the answer; default: whatever it is, it must end',
        z.optional(oneLineText),
      ),
      ...options,
    }),
    z.strictObject({
      url: told('http or https, asked once', httpUrl),
      method: z.optional(z.enum(HTTP_METHODS, { error: `one of ${HTTP_METHODS.join(', ')}` })),
      status: told('the status that means success; default: any from 200 to 299', z.optional(httpStatus)),
      socket: told(
        'Unix socket on which it is answered; default: the host of the URL',
        z.optional(socketPath),
      ),
      ca_file: told(
        'PEM file of the authorities a server is trusted from; default: the public ones',
        z.optional(absolutePath),
      ),
      ...options,
    }),
  ],
  { error: `a reload target: ${RELOAD_TEXTS}, or its long form` },
)

export const reload = z
  .array(reloadTarget.check(z.superRefine(isTarget)))
  // Also when another entry has a fault: all problems are told at once.
  .check(z.superRefine(eachOnce, { when: ({ value }) => Array.isArray(value) }))

interface Refinement {
  addIssue(issue: string | { readonly code: 'custom'; readonly message: string; path: PropertyKey[] }): void
}

function isTarget(written: WrittenReload, context: Refinement): void {
  const target = parseReload(written)
  if ('expected' in target) context.addIssue(target.expected)
}

function eachOnce(all: readonly WrittenReload[], context: Refinement): void {
  const seen = new Set<string>()
  for (const [index, written] of all.entries()) {
    const target = reloadTarget.safeParse(written).success ? parseReload(written) : undefined
    if (!target || 'expected' in target) continue
    if (seen.has(target.text))
      context.addIssue({ code: 'custom', message: 'each target once', path: [index] })
    seen.add(target.text)
  }
}
