/** What is known of keysets here, from memory alone: nobody is asked. */
import { formatMoment } from '../../core/duration.ts'
import { calendarOf, comingRotation, type Rotation } from '../../core/keysets/calendar.ts'
import { keysetPlace } from '../../core/keysets/card-keysets.ts'
import { outlookOf } from '../../core/keysets/outlook.ts'
import { isKeyset, isShared, type Keyset } from '../../core/material.ts'
import type { RunMemory } from '../../core/memory.ts'
import { selectOne } from '../../core/select.ts'
import { ledgerHost } from '../../run/ledger/ledger.ts'
import { openMemory } from '../../run/recording/memory-store.ts'
import { type CommonOptions, type Edge, printJson, printLines } from '../edge.ts'
import { keysetJson, versionsJson } from '../keyset-json.ts'
import { KEYSET_NAME } from '../keyset-order.ts'
import { type KeysetLine, keysetLines, versionLines } from '../keyset-table.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

interface ListOptions extends CommonOptions {
  readonly ics?: boolean
}

export const addKeysetLooks: AddVerb = (keyset, edge, finish) => {
  const { host, stdout } = edge
  newVerb(keyset, {
    name: 'list',
    summary: 'every keyset: the version in use, what comes next, and what that waits for',
    example: 'keyroller keyset list',
    exits: '3 configuration',
  })
    .option('--ics', 'the coming rotations as a calendar, to be imported or subscribed to')
    .action((options: ListOptions) => {
      const { materials, stateDir } = configFor(options, edge)
      const memory = openMemory(stateDir).current()
      const nowMs = host.clock()
      const all = materials.filter(isKeyset).map((one) => lineOf(one, memory, nowMs))
      if (options.ics)
        stdout.write(
          calendarOf(
            all.flatMap((one) => rotationsOf(one, edge)),
            nowMs,
          ),
        )
      else if (options.json)
        printJson(stdout, { schema: 1, at: formatMoment(nowMs), keysets: all.map(keysetJson) })
      else printLines(stdout, keysetLines(all, nowMs))
      finish(0)
    })
  newVerb(keyset, {
    name: 'show',
    summary: 'every version of a keyset: how far it has come, since when, and what lies ahead',
    example: 'keyroller keyset show tokens',
    exits: '2 no such keyset; 3 configuration',
  })
    .argument('<name>', KEYSET_NAME)
    .action((name: string, options: CommonOptions) => {
      const { materials, stateDir } = configFor(options, edge)
      const one = selectOne(name, materials.filter(isKeyset))
      const nowMs = host.clock()
      const line = lineOf(one, openMemory(stateDir).current(), nowMs)
      if (options.json) printJson(stdout, { schema: 1, at: formatMoment(nowMs), ...versionsJson(line) })
      else printLines(stdout, versionLines(line, nowMs))
      finish(0)
    })
}

/** A keyset of this host alone may have the name of one of another host. */
function rotationsOf({ keyset, outlook }: KeysetLine, { host }: Edge): Rotation[] {
  const place = isShared(keyset) ? keysetPlace(keyset.store) : ledgerHost(host.hostId)
  const coming = outlook && comingRotation(keyset, outlook, place)
  return coming ? [coming] : []
}

function lineOf(keyset: Keyset, memory: RunMemory, nowMs: number): KeysetLine {
  const outlook = outlookOf(keyset, memory, nowMs)
  return { keyset, ...(outlook ? { outlook } : {}) }
}
