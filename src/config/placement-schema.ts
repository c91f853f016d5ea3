/** How and where the files of any material may lie. */
import * as z from 'zod/mini'
import { LAYOUTS } from '../core/material.ts'
import { told } from './told.ts'

export const layout = told(
  'files: each under its own name; generation: links that one rename switches together',
  z._default(z.enum(LAYOUTS, { error: `one of ${LAYOUTS.join(', ')}` }), 'files'),
)

export const ephemeral = told(
  'its files may lie on tmpfs or ramfs only',
  z._default(z.boolean({ error: 'true or false' }), false),
)
