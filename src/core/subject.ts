/** The attributes of a subject beside its common name (X.520), in the order in which a request writes them. */
export const SUBJECT_FIELDS = [
  'country',
  'province',
  'locality',
  'organization',
  'organizationalUnit',
  'serialNumber',
] as const
export type SubjectField = (typeof SUBJECT_FIELDS)[number]

/** Values, never text to be parsed: `PrivSec, O=evil` is one organisation. A field that is not named is the CA's to set. */
export type SubjectFields = Readonly<Partial<Record<SubjectField, readonly string[]>>>

/** What an operator calls them, singular and plural alike. */
export const SUBJECT_WORDS: Readonly<Record<SubjectField, string>> = {
  country: 'subject country',
  province: 'subject province',
  locality: 'subject locality',
  organization: 'subject organisation',
  organizationalUnit: 'subject organisational unit',
  serialNumber: 'subject serial number',
}
