import { dirname, join } from 'node:path'
import { hasStrayLink } from '../core/deciding/file-drift.ts'
import { KeyrollerError } from '../core/errors.ts'
import type { MaterialId } from '../core/material.ts'
import { openHolder } from '../files/held-directory.ts'
import { readVisible } from '../files/read-visible.ts'
import { middleName } from '../files/switching/generation-names.ts'
import { materialOf, type RunContext } from './context.ts'

/**
 * Which of these materials may not be switched yet, because configured files of another still lead through their middle link:
 * where a material was renamed and its old name given to another one, they would lead nowhere, and their key would be lost.
 */
export function findBorrowed(
  context: Pick<RunContext, 'config' | 'observation' | 'materials'>,
  ids: readonly MaterialId[],
): Map<MaterialId, KeyrollerError> {
  const borrowers = findBorrowers(context)
  return new Map(
    ids.flatMap((id) => {
      const { layout, files } = materialOf(context, id)
      const [first] = files
      // With the layout `files` a middle link goes only when no name leads through it any more.
      if (!first || layout === 'files') return []
      const middle = join(dirname(first.path), middleName(id))
      const borrower = borrowers.get(middle)
      return borrower && borrower.id !== id ? [[id, refusal(middle, borrower)] as const] : []
    }),
  )
}

/** By the path of the middle link. Only those are looked at that the run found astray: on most hosts there are none. */
function findBorrowers({
  config,
  observation,
}: Pick<RunContext, 'config' | 'observation'>): Map<string, Borrower> {
  const strays = config.materials.filter(({ id }) => hasStrayLink(observation.materials.get(id)))
  const holder = openHolder()
  try {
    return new Map(
      strays.flatMap(({ id, files }) =>
        files.flatMap(({ path }) => {
          const { through } = readVisible(path, holder)
          return through === undefined ? [] : [[join(dirname(path), through), { id, path }] as const]
        }),
      ),
    )
  } finally {
    holder.close()
  }
}

interface Borrower {
  readonly id: MaterialId
  readonly path: string
}

function refusal(middle: string, { id, path }: Borrower): KeyrollerError {
  return new KeyrollerError(
    'files-refused',
    `${middle}: expected files of its own set alone to lead through it, found ${path} of ${id}`,
    {
      hint: `keyroller renew ${id}, which moves its files; when each has the old name of the other, rename one`,
    },
  )
}
