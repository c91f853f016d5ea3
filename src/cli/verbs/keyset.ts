import type { AddVerb } from '../verb.ts'
import { addKeysetEnds } from './keyset-ends.ts'
import { addKeysetExport } from './keyset-export.ts'
import { addKeysetLooks } from './keyset-looks.ts'
import { addKeysetRecover } from './keyset-recover.ts'
import { addKeysetRotation } from './keyset-rotation.ts'

export const addKeyset: AddVerb = (program, edge, finish) => {
  const keyset = program
    .command('keyset')
    .description(
      'keys that sign or encrypt, in versions: how far each has come, what comes next, what persons ask for',
    )
  addKeysetLooks(keyset, edge, finish)
  addKeysetRotation(keyset, edge, finish)
  addKeysetEnds(keyset, edge, finish)
  addKeysetRecover(keyset, edge, finish)
  addKeysetExport(keyset, edge, finish)
}
