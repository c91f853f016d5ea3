import type { Layout } from '../../core/material.ts'
import { filesSwitch } from './files-layout.ts'
import { generationSwitch } from './generation-layout.ts'
import type { JournalSet, SetOf } from './journal.ts'
import type { LayoutSwitch } from './layout-work.ts'

const SWITCHES: { readonly [L in Layout]: LayoutSwitch<SetOf<L>> } = {
  files: filesSwitch,
  generation: generationSwitch,
}

/** The mapped type guarantees that layout and work belong together; only the compiler cannot see it through the index. */
export function switchOf({ layout }: { readonly layout: Layout }): LayoutSwitch<JournalSet> {
  return SWITCHES[layout] as LayoutSwitch<JournalSet>
}
