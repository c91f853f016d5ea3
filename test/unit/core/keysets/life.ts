/** A keyset over many runs, as a host would have them: what the clock shows at each, which gates are shut, and what was done. */
import fc from 'fast-check'
import { type Advance, advance } from '../../../../src/core/keysets/advance.ts'
import { afterStep } from '../../../../src/core/keysets/after-step.ts'
import { emptyKeyset, type KeysetDocument } from '../../../../src/core/keysets/document.ts'
import type { KeysetFacts, ShutGate } from '../../../../src/core/keysets/gates.ts'
import type { KeysetPolicy } from '../../../../src/core/keysets/policy.ts'
import { type Leak, rotateNow } from '../../../../src/core/keysets/rotate-now.ts'
import type { KeysetStep } from '../../../../src/core/keysets/steps-ahead.ts'
import { DAY_MS, HOUR_MS, NOW_MS } from '../builders.ts'

export type Gate = ShutGate['gate']
export const GATES: readonly Gate[] = ['control-plane', 'consumers', 'hosts']

export const QUARTERLY: KeysetPolicy = {
  kind: 'ed25519',
  rotateEveryMs: 90 * DAY_MS,
  publishAheadMs: 14 * DAY_MS,
  acceptForMs: 30 * DAY_MS,
  longestLifetimeMs: 30 * DAY_MS,
  atEnd: 'archive',
  underHold: 'retire',
}

export interface Run {
  readonly afterMs: number
  readonly shut: readonly Gate[]
  readonly leak?: Leak
  /** A version by its place, put under hold of its own before the run. */
  readonly hold?: number
}

export interface Taken {
  readonly nowMs: number
  readonly step: KeysetStep
  readonly isLeak: boolean
  readonly before: KeysetDocument
  readonly after: KeysetDocument
}

export interface Life {
  readonly taken: readonly Taken[]
  /** At the end of each run. */
  readonly rests: readonly {
    readonly nowMs: number
    readonly document: KeysetDocument
    readonly last: Advance
  }[]
}

/** No run does more: whoever went on at the same moment for ever would hang here. */
const MOST_STEPS = 500

export function live(policy: KeysetPolicy, runs: readonly Run[]): Life {
  const taken: Taken[] = []
  const rests: Life['rests'][number][] = []
  let document = emptyKeyset('tokens')
  let nowMs = NOW_MS
  const take = (step: KeysetStep, isLeak: boolean) => {
    const after = afterStep(document, step, { atMs: nowMs })
    taken.push({ nowMs, step, isLeak, before: document, after })
    document = after
  }
  for (const { afterMs, shut, leak, hold } of runs) {
    nowMs = Math.max(0, nowMs + afterMs)
    document = withHold(document, hold, nowMs)
    const leaked = leak && rotateNow(document, policy, factsOf(document, shut), leak, nowMs)
    if (leaked) take(leaked.step, true)
    let last = advance(document, policy, factsOf(document, shut), nowMs)
    for (let count = 0; last.kind === 'step'; count += 1) {
      if (count > MOST_STEPS) throw new Error(`expected a rest, found ${last.message}`)
      take(last.step, false)
      last = advance(document, policy, factsOf(document, shut), nowMs)
    }
    rests.push({ nowMs, document, last })
  }
  return { taken, rests }
}

/** Gates that are open, but for these. */
export function factsOf({ versions }: KeysetDocument, shut: readonly Gate[] = []): KeysetFacts {
  const all = versions.map(({ number }) => number)
  const used = versions.filter(({ state }) => state !== 'next').map(({ number }) => number)
  return {
    controlPlane: shut.includes('control-plane')
      ? { state: 'unreachable', why: 'ECONNREFUSED' }
      : { state: 'reachable' },
    consumers: [
      { name: 'podman:proxy', knows: all },
      { name: 'podman:api', knows: shut.includes('consumers') ? used : all },
    ],
    hosts: [
      { name: 'a.int.privsec.ch', knows: all },
      { name: 'b.int.privsec.ch', knows: shut.includes('hosts') ? used : all },
    ],
  }
}

function withHold(document: KeysetDocument, place: number | undefined, sinceMs: number): KeysetDocument {
  if (place === undefined) return document
  const versions = document.versions.map((one, index) =>
    index === place ? { ...one, hold: { sinceMs, why: 'case 4711' } } : one,
  )
  return { ...document, versions }
}

/** Without a hold on all. */
export const policies: fc.Arbitrary<KeysetPolicy> = fc
  .record({
    kind: fc.constantFrom('ed25519', 'aes-256', 'hmac-256', 'raw'),
    rotateEveryMs: hours(48, 2000),
    share: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    acceptForMs: hours(1, 4000),
    atEnd: fc.constantFrom('archive', 'destroy'),
    underHold: fc.constantFrom('retire', 'accept'),
  })
  .map(({ share, ...drawn }) => ({
    ...drawn,
    publishAheadMs: Math.round(drawn.rotateEveryMs * share),
    longestLifetimeMs: drawn.acceptForMs,
  }))

export const forward = hours(0, 600)
/** Also a clock that someone sets back, by years, or ahead. */
export const jumping = fc.oneof(forward, hours(-20_000, 20_000))
export const anyGates = fc.oneof(fc.constant<Gate[]>([]), fc.subarray([...GATES]))
export const anyLeak = fc.record({ graceMs: hours(0, 100), isNextLeaked: fc.boolean() })

interface Chances {
  readonly afterMs?: fc.Arbitrary<number>
  readonly shut?: fc.Arbitrary<Gate[]>
  readonly leak?: fc.Arbitrary<Leak>
  readonly hold?: fc.Arbitrary<number>
}

/** A clock that goes forward and gates that come and go, unless said otherwise; no leak and no hold but where asked for. */
export function runsOf({
  afterMs = forward,
  shut = anyGates,
  leak,
  hold,
}: Chances = {}): fc.Arbitrary<Run[]> {
  const run = fc.record({ afterMs, shut, leak: rarely(leak), hold: rarely(hold) })
  return fc.array(
    run.map(({ leak, hold, ...rest }) => ({
      ...rest,
      ...(leak ? { leak } : {}),
      ...(hold === undefined ? {} : { hold }),
    })),
    { minLength: 1, maxLength: 60 },
  )
}

function rarely<T>(arbitrary: fc.Arbitrary<T> | undefined): fc.Arbitrary<T | undefined> {
  const never = fc.constant(undefined)
  return arbitrary ? fc.oneof({ weight: 6, arbitrary: never }, { weight: 1, arbitrary }) : never
}

function hours(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min, max }).map((count) => count * HOUR_MS)
}
