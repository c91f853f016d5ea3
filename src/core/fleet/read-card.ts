/**
 * Cards as a reader takes them. Whoever wrote one may be hostile, and what it says goes to terminals and scripts: every text has its form
 * and every list its end, and nothing else gets through.
 */
import { type Guard, isCount, isText, listOf, matching, optional, shape } from '../shape.ts'
import {
  CARD_RUNGS,
  CARD_SCHEMA,
  type CardEnd,
  type CardFault,
  type CardKeyset,
  type CardSkew,
  type FleetCard,
  MOST_AGENTS,
  MOST_ENDS,
  MOST_FAULTS,
  MOST_KEYSETS,
} from './card.ts'

/** Throws an Error that says what was expected; what was found is not quoted. */
export function readCard(payload: string): FleetCard {
  const value = parseJson(payload)
  if (isCard(value)) return value
  const { schema } = Object(value) as { readonly schema?: unknown }
  const found = isCount(schema) && schema !== CARD_SCHEMA ? `schema ${schema}` : 'something else'
  throw new Error(`expected a card of schema ${CARD_SCHEMA}, found ${found}`)
}

const isMomentText = matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
const isWord = matching(/^[a-z][a-z-]{0,63}$/)
const isVersion = matching(/^[\w.+~-]{1,64}$/)
const isShort = matching(/^[^\p{C}]{1,256}$/u)
const isFlag: Guard = (value) => typeof value === 'boolean'

/** Versions that are accepted at a time. */
const MOST_VERSIONS = 256

function atMost(count: number, guard: Guard): Guard {
  return (value) => listOf(guard)(value) && (value as readonly unknown[]).length <= count
}

function oneOf(words: readonly string[]): Guard {
  return (value) => isText(value) && words.includes(value as string)
}

function isCard(value: unknown): value is FleetCard {
  return isWhole(value)
}

const isWhole: Guard = shape<FleetCard>({
  schema: (value) => value === CARD_SCHEMA,
  name: isShort,
  at: isMomentText,
  every: (value) => isCount(value) && Number(value) > 0 && Number(value) <= 366 * 86_400,
  version: isVersion,
  server: optional(isVersion),
  skew: atMost(MOST_AGENTS, shape<CardSkew>({ subject: isShort, version: isVersion, verdict: isWord })),
  exit: isCount,
  ready: isFlag,
  materials: isCount,
  reached: shape<FleetCard['reached']>({
    issued: isCount,
    installed: isCount,
    loaded: isCount,
    served: isCount,
    verified: isCount,
  }),
  unready: atMost(
    MOST_FAULTS,
    shape<CardFault>({
      material: isShort,
      rung: oneOf(CARD_RUNGS),
      state: oneOf(['no', 'unknown']),
      reason: isWord,
    }),
  ),
  ends: atMost(MOST_ENDS, shape<CardEnd>({ material: isShort, at: isMomentText })),
  owed: isCount,
  ledger: optional(
    shape<NonNullable<FleetCard['ledger']>>({ seq: isCount, hash: matching(/^[0-9a-f]{64}$/) }),
  ),
  keysets: optional(
    atMost(MOST_KEYSETS, shape<CardKeyset>({ at: isShort, knows: atMost(MOST_VERSIONS, isCount) })),
  ),
})

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
