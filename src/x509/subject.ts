/**
 * The subject of a request in DER (RFC 5280 §4.1.2.4), one attribute a part. Country and serial number have no other form
 * than PrintableString (appendix A.1); everything else is UTF8String.
 */
import type { Issuance } from '../core/material.ts'
import { SUBJECT_FIELDS, type SubjectField } from '../core/subject.ts'
import { der, TAG } from './der.ts'

export function encodeSubject({ commonName, subject }: Pick<Issuance, 'commonName' | 'subject'>): Buffer {
  const fields = SUBJECT_FIELDS.flatMap((field) =>
    (subject[field] ?? []).map((value) => part(ATTRIBUTES[field], value)),
  )
  return der(TAG.sequence, ...fields, part(COMMON_NAME, commonName))
}

interface Attribute {
  /** The whole value in DER, tag and length included. */
  readonly oid: Buffer
  readonly tag: number
}

/** id-at of X.520: 2.5.4.n. */
function attribute(n: number, tag: number): Attribute {
  return { oid: Buffer.from([TAG.oid, 3, 0x55, 0x04, n]), tag }
}

const COMMON_NAME = attribute(3, TAG.utf8String)

const ATTRIBUTES: Readonly<Record<SubjectField, Attribute>> = {
  country: attribute(6, TAG.printableString),
  province: attribute(8, TAG.utf8String),
  locality: attribute(7, TAG.utf8String),
  organization: attribute(10, TAG.utf8String),
  organizationalUnit: attribute(11, TAG.utf8String),
  serialNumber: attribute(5, TAG.printableString),
}

function part({ oid, tag }: Attribute, value: string): Buffer {
  return der(TAG.set, der(TAG.sequence, oid, der(tag, Buffer.from(value, 'utf8'))))
}
