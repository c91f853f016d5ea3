/**
 * Subject fields as a table, so that nothing in them can be taken for another field. Bounds of RFC 5280 appendix A.1, which
 * counts characters; control characters have no place in a name that people read.
 */
import * as z from 'zod/mini'
import type { SubjectFields } from '../core/subject.ts'
import { told } from './told.ts'

export const subject = z.strictObject({
  country: told(
    'two-letter code, or several',
    z.optional(oneOrMore(/^[A-Z]{2}$/, 'a country of two capital letters')),
  ),
  province: told('state or province', z.optional(text(128))),
  locality: told('city', z.optional(text(128))),
  organization: z.optional(text(64)),
  organizational_unit: z.optional(text(64)),
  serial_number: told('of the subject, not of the certificate', z.optional(serialNumber())),
})

/** Without a table no field is asked for, and none is looked at in what comes back. */
export function interpretSubject(written: z.output<typeof subject> = {}): SubjectFields {
  const fields: Record<keyof SubjectFields, string | readonly string[] | undefined> = {
    country: written.country,
    province: written.province,
    locality: written.locality,
    organization: written.organization,
    organizationalUnit: written.organizational_unit,
    serialNumber: written.serial_number,
  }
  const said = Object.entries(fields).filter(([, values]) => values !== undefined)
  return Object.fromEntries(said.map(([field, values]) => [field, [values ?? []].flat()]))
}

function text(maxCharacters: number) {
  // By code point: the bounds count characters of UTF8String.
  const pattern = new RegExp(`^[^\\p{Cc}]{1,${maxCharacters}}$`, 'u')
  return oneOrMore(pattern, `a text of 1 to ${maxCharacters} characters`)
}

function oneOrMore(pattern: RegExp, expected: string) {
  const one = z.string({ error: expected }).check(z.regex(pattern, { error: expected }))
  return z.union([one, z.array(one).check(z.minLength(1, { error: expected }))], {
    error: `${expected}, or a list`,
  })
}

/** PrintableString (X.680 §41.4). */
function serialNumber() {
  const expected = "a serial number of 1 to 64 letters, digits, spaces and '()+,-./:=?"
  return z.string({ error: expected }).check(z.regex(/^[A-Za-z0-9 '()+,./:=?-]{1,64}$/, { error: expected }))
}
