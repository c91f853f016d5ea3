/** Sets the attributes given as JSON; a process of its own, so that a tracer can slow it down between two system calls. */
import { setAttributes } from '../../../src/files/set-attributes.ts'

await setAttributes(JSON.parse(process.argv[2] ?? '{}'))
