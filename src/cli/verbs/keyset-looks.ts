/** What is known of keysets here, from memory alone: nobody is asked. */
import { formatMoment } from '../../core/duration.ts'
import { outlookOf } from '../../core/keysets/outlook.ts'
import { isKeyset, type Keyset } from '../../core/material.ts'
import type { RunMemory } from '../../core/memory.ts'
import { selectOne } from '../../core/select.ts'
import { openMemory } from '../../run/recording/memory-store.ts'
import { type CommonOptions, printJson, printLines } from '../edge.ts'
import { keysetJson, versionsJson } from '../keyset-json.ts'
import { KEYSET_NAME } from '../keyset-order.ts'
import { type KeysetLine, keysetLines, versionLines } from '../keyset-table.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

export const addKeysetLooks: AddVerb = (keyset, edge, finish) => {
  const { host, stdout } = edge
  newVerb(keyset, {
    name: 'list',
    summary: 'every keyset: the version in use, what comes next, and what that waits for',
    example: 'keyroller keyset list',
    exits: '3 configuration',
  }).action((options: CommonOptions) => {
    const { materials, stateDir } = configFor(options, edge)
    const memory = openMemory(stateDir).current()
    const nowMs = host.clock()
    const all = materials.filter(isKeyset).map((one) => lineOf(one, memory, nowMs))
    if (options.json) printJson(stdout, { schema: 1, at: formatMoment(nowMs), keysets: all.map(keysetJson) })
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

function lineOf(keyset: Keyset, memory: RunMemory, nowMs: number): KeysetLine {
  const outlook = outlookOf(keyset, memory, nowMs)
  return { keyset, ...(outlook ? { outlook } : {}) }
}
