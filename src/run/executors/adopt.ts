import { isPushable } from '../../core/material.ts'
import { materialOf } from '../context.ts'
import type { Executor } from './executor.ts'

/** What lies in the inbox of a material, judged and installed. Imported only here: few hosts are pushed to. */
export const adoptExecutor: Executor<'adopt'> = async ({ material: id }, context) => {
  const material = materialOf(context, id)
  if (!isPushable(material)) throw new Error(`${id} has no inbox`)
  switch (material.kind) {
    case 'certificate': {
      const { adoptPair } = await import('../push/adopt-pair.ts')
      return adoptPair(material, context)
    }
    case 'keyset': {
      const { adoptKey } = await import('../push/adopt-key.ts')
      return adoptKey(material, context)
    }
  }
}
