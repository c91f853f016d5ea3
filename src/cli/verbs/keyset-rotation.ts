/** The next version of a keyset takes over: by its time, because somebody asks, or at once because a key has leaked. */
import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../../core/duration.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { KeysetOrder } from '../../core/keysets/order.ts'
import { AGREE, giveOrder, newOrderVerb, ORDER_EXITS, type OrderOptions } from '../keyset-order.ts'
import type { AddVerb } from '../verb.ts'

interface RotateOptions extends OrderOptions {
  readonly now?: boolean
  readonly grace?: number
  readonly nextLeaked?: boolean
}

export const addKeysetRotation: AddVerb = (keyset, edge, finish) => {
  newOrderVerb(keyset, {
    name: 'rotate',
    summary: 'put the next version in use as soon as peers know it; with --now, at once',
    example: 'keyroller keyset rotate tokens',
    exits: ORDER_EXITS,
  })
    .option('--now', 'after a leak: wait for nothing, whatever breaks by it')
    .option('--grace <duration>', 'how long what leaked is accepted still, or 0; default 1h', readGrace)
    .option('--next-leaked', 'the version in waiting leaked too: another one is made')
    .option('--yes', AGREE)
    .action(async (name: string, options: RotateOptions) =>
      finish(await giveOrder(name, rotationOf(options), options, edge)),
    )
  newOrderVerb(keyset, {
    name: 'advance',
    summary: 'do what is due of its life now, and say what holds back the rest',
    example: 'keyroller keyset advance tokens',
    exits: 'see keyroller --help; 75 a run holds the lock',
  }).action(async (name: string, options: OrderOptions) =>
    finish(await giveOrder(name, undefined, options, edge)),
  )
}

const GRACE_MS = 3_600_000

function rotationOf({ now, grace, nextLeaked }: RotateOptions): KeysetOrder {
  if (now) return { kind: 'rotate-now', graceMs: grace ?? GRACE_MS, isNextLeaked: nextLeaked ?? false }
  if (grace === undefined && !nextLeaked) return { kind: 'rotate' }
  throw new KeyrollerError('usage-invalid', 'expected --now beside --grace and --next-leaked, found none')
}

function readGrace(text: string): number {
  const ms = text === '0' ? 0 : parseDuration(text)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('expected a duration such as 1h, or 0')
}
