/** Tells whom it concerns what has changed since they were told last. A run that changes nothing says nothing. */
import { hostname } from 'node:os'
import { toFault } from '../../core/errors.ts'
import type { HostConfig } from '../../core/material.ts'
import { messageOf } from '../../core/notify/message.ts'
import { type Standing, standingOf } from '../../core/notify/standing.ts'
import { delivered, planTelling, type Telling } from '../../core/notify/telling.ts'
import { ensureOwnDirectory } from '../../files/own/own-file.ts'
import { within } from '../../reload/deadline.ts'
import type { Host } from '../host.ts'
import { takeLock } from '../lock.ts'
import type { LookResult } from '../observing/look.ts'
import type { RunRequest } from '../request.ts'
import { statuses } from '../statuses.ts'
import type { Channel } from './channel.ts'
import { isSame, readTold, saveTold, type ToldRecord, toldOn } from './told-file.ts'

/**
 * What a channel did not take is a note. Needs the host lock when there is something to tell. Throws `run-locked`, and
 * `state-failed`; nobody was told then, since a word that nobody remembers would be repeated by every run.
 */
export async function tellChanges(request: RunRequest, seen: LookResult): Promise<void> {
  const { config, host } = request
  const { memory, interrupted, nowMs } = seen
  const all = statuses(config, seen)
  const standing = standingOf({ statuses: all, interrupted, memory, version: host.version, nowMs })
  const channels = await channelsOf(config, host)
  const record = readTold(config.stateDir)
  const plan = (before: ToldRecord) =>
    channels.map((channel): ChannelTelling => {
      const told = toldOn(before, channel.name)
      return { channel, ...planTelling(told, standing, config.notify.limits, nowMs) }
    })
  if (isSame(recordOf(plan(record)), record)) return
  await tellLocked(request, plan, { standing, nowMs })
}

/** Loaded for those that are configured, or there. */
async function channelsOf({ notify: { exec, webhook } }: HostConfig, host: Host): Promise<Channel[]> {
  return [
    ...(exec ? [(await import('./exec-channel.ts')).execChannel(exec)] : []),
    ...(host.journalSocket === undefined ? [] : [(await import('./journal-channel.ts')).journalChannel]),
    ...(webhook ? [(await import('./webhook-channel.ts')).webhookChannel(webhook, host)] : []),
  ]
}

/** Another run may have told in between: the plan is made again under the lock. */
async function tellLocked(
  request: RunRequest,
  plan: (before: ToldRecord) => ChannelTelling[],
  look: Look,
): Promise<void> {
  const { config, host, signal } = request
  const { stateDir, runtimeDir } = config
  ensureOwnDirectory(runtimeDir, 0o755, host.uid)
  ensureOwnDirectory(stateDir, 0o700, host.uid)
  const unlock = await takeLock(runtimeDir, { ms: 0, signal })
  try {
    const before = readTold(stateDir)
    const tellings = plan(before)
    const counted = recordOf(tellings)
    await saveTold(stateDir, before, counted)
    const after = await Promise.all(tellings.map((one) => deliver(one, request, look)))
    await saveTold(stateDir, counted, recordOf(after)).catch((error: unknown) =>
      request.listener.noted(
        `may be told again, since it could not be remembered: ${toFault(error).message}`,
      ),
    )
  } finally {
    unlock()
  }
}

interface ChannelTelling extends Telling {
  readonly channel: Channel
}

interface Look {
  readonly standing: Standing
  readonly nowMs: number
}

function recordOf(tellings: readonly ChannelTelling[]): ToldRecord {
  return Object.fromEntries(tellings.map(({ channel, told }) => [channel.name, told]))
}

/** Why it failed is noted once, and not again while it goes on failing for the same reason. */
async function deliver(
  telling: ChannelTelling,
  { config, signal, listener }: RunRequest,
  { standing, nowMs }: Look,
): Promise<ChannelTelling> {
  const { channel, events, told } = telling
  if (events.length === 0) return telling
  const message = messageOf(events, { host: hostname(), nowMs })
  const { timeoutMs } = config.notify
  try {
    await within({ timeoutMs, signal }, (deadline) => channel.send(message, events, deadline))
    return { ...telling, told: delivered(telling, standing, nowMs) }
  } catch (error) {
    const undelivered = toFault(error).message
    if (undelivered !== told.undelivered)
      listener.noted(`${channel.name} could not be told, the next runs try again: ${undelivered}`)
    return { ...telling, told: { ...told, undelivered } }
  }
}
