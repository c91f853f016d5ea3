/** `npm run docs:faults`: writes docs/reload-faults.md anew. A unit test fails while the page says something else than the table. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderFaultPage } from './faults/page.ts'

await writeFile(join(import.meta.dirname, '../docs/reload-faults.md'), renderFaultPage())
