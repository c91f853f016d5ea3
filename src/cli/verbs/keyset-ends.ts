/** The end of a version, and what keeps its bytes from it. */
import { InvalidArgumentError } from 'commander'
import type { KeysetOrder } from '../../core/keysets/order.ts'
import { AGREE, giveOrder, newOrderVerb, ORDER_EXITS, type OrderOptions } from '../keyset-order.ts'
import type { AddVerb } from '../verb.ts'

interface HoldOptions extends OrderOptions {
  readonly why: string
}

export const addKeysetEnds: AddVerb = (keyset, edge, finish) => {
  const give = async (name: string, order: KeysetOrder, options: OrderOptions) =>
    finish(await giveOrder(name, order, options, edge))
  newOrderVerb(keyset, {
    name: 'retire',
    summary: 'accept a version that retires no more, before its time',
    example: 'keyroller keyset retire tokens v3 --yes',
    exits: ORDER_EXITS,
  })
    .argument('<version>', VERSION, readVersion)
    .option('--yes', AGREE)
    .action((name: string, version: number, options: OrderOptions) =>
      give(name, { kind: 'retire', version }, options),
    )
  newOrderVerb(keyset, {
    name: 'destroy',
    summary: 'remove the bytes of a retired version for good, also those that were archived',
    example: 'keyroller keyset destroy tokens v1 --yes',
    exits: ORDER_EXITS,
  })
    .argument('<version>', VERSION, readVersion)
    .option('--yes', AGREE)
    .action((name: string, version: number, options: OrderOptions) =>
      give(name, { kind: 'destroy', version }, options),
    )
  newOrderVerb(keyset, {
    name: 'hold',
    summary: 'put a version under legal hold, or every one there is: no bytes of it are lost',
    example: "keyroller keyset hold tokens v2 --why 'case 4711'",
    exits: ORDER_EXITS,
  })
    .argument('[version]', `${VERSION}; default: every version`, readVersion)
    .requiredOption('--why <text>', 'who asks for it and what for; stands in the document', readWhy)
    .action((name: string, version: number | undefined, options: HoldOptions) =>
      give(name, { kind: 'hold', why: options.why, ...(version === undefined ? {} : { version }) }, options),
    )
  newOrderVerb(keyset, {
    name: 'unhold',
    summary: 'end a legal hold that keyset hold has begun: its life goes on from there',
    example: 'keyroller keyset unhold tokens v2',
    exits: ORDER_EXITS,
  })
    .argument('[version]', `${VERSION}; default: every version`, readVersion)
    .option('--yes', AGREE)
    .action((name: string, version: number | undefined, options: OrderOptions) =>
      give(name, { kind: 'unhold', ...(version === undefined ? {} : { version }) }, options),
    )
}

const VERSION = 'its number, as v3 or 3'

function readVersion(text: string): number {
  const [, digits] = /^v?([1-9]\d{0,8})$/.exec(text) ?? []
  if (digits !== undefined) return Number(digits)
  throw new InvalidArgumentError('expected a version such as v3')
}

/** It goes to terminals and into a ledger. */
function readWhy(text: string): string {
  if (/^[^\p{C}]{1,256}$/u.test(text)) return text
  throw new InvalidArgumentError('expected one line of 1 to 256 characters')
}
