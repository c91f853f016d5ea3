/** The telling half: under the lock, with every try on disk before it is made. */
import { hostname } from 'node:os'
import { toFault } from '../../core/errors.ts'
import { messageOf } from '../../core/notify/message.ts'
import { delivered } from '../../core/notify/telling.ts'
import { within } from '../../reload/deadline.ts'
import type { Host } from '../host.ts'
import { lockHost } from '../lock-host.ts'
import type { RunRequest } from '../request.ts'
import type { Channel, Send } from './channel.ts'
import { type ChannelTelling, type Occasion, planTellings, recordOf } from './plan-tellings.ts'
import { readTold, saveTold } from './told-file.ts'

/** Another run may have told in between: the plan is made again. Throws as `tellChanges` does. */
export async function tellLocked(request: RunRequest, occasion: Occasion): Promise<void> {
  const { config, host, signal, listener } = request
  const { stateDir } = config
  const unlock = await lockHost(config, host, { ms: 0, signal })
  try {
    const before = readTold(stateDir)
    const tellings = planTellings(before, occasion)
    const counted = recordOf(tellings)
    await saveTold(stateDir, before, counted)
    const after = await Promise.all(tellings.map((one) => deliver(one, request, occasion)))
    await saveTold(stateDir, counted, recordOf(after)).catch((error: unknown) =>
      listener.noted(`may be told again, since it could not be remembered: ${toFault(error).message}`),
    )
  } finally {
    unlock()
  }
}

/** Why it failed is noted once, and not again while it goes on failing for the same reason. */
async function deliver(
  telling: ChannelTelling,
  request: RunRequest,
  { standing, nowMs }: Occasion,
): Promise<ChannelTelling> {
  const { channel, events, told } = telling
  if (events.length === 0) return telling
  const { config, signal, listener } = request
  const message = messageOf(events, { host: hostname(), nowMs })
  try {
    const send = await openChannel(channel, request.host)
    await within({ timeoutMs: config.notify.timeoutMs, signal }, (deadline) =>
      send(message, events, deadline),
    )
    return { ...telling, told: delivered(telling, standing, nowMs) }
  } catch (error) {
    const undelivered = toFault(error).message
    if (undelivered !== told.undelivered)
      listener.noted(`${channel.name} could not be told, the next runs try again: ${undelivered}`)
    return { ...telling, told: { ...told, undelivered } }
  }
}

async function openChannel(channel: Channel, host: Host): Promise<Send> {
  switch (channel.name) {
    case 'exec': {
      const { execChannel } = await import('./exec-channel.ts')
      return execChannel(channel.argv)
    }
    case 'webhook': {
      const { webhookChannel } = await import('./webhook-channel.ts')
      return webhookChannel(channel.webhook, host)
    }
    case 'journal':
      return (await import('./journal-channel.ts')).journalChannel
  }
}
