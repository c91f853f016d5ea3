import { describe, expect, test } from 'vitest'
import { findSubjectDrift } from '../../../../src/core/deciding/subject-drift.ts'
import { certificate, leaf } from '../builders.ts'

describe('subject drift', () => {
  const material = certificate('web', {
    issuance: {
      dnsNames: ['a.example', 'b.example'],
      ipAddresses: ['192.0.2.7'],
      uris: ['spiffe://x/web'],
      emails: ['ops@x.example'],
    },
  })
  const found = leaf({
    dnsNames: ['b.example', 'a.example'],
    ipAddresses: ['192.0.2.7'],
    uris: ['spiffe://x/web'],
    emails: ['ops@x.example'],
  })

  test('names are a set: order and repetition do not matter', () => {
    expect(findSubjectDrift(found, material)).toBeUndefined()
    expect(
      findSubjectDrift({ ...found, dnsNames: ['a.example', 'b.example', 'a.example'] }, material),
    ).toBeUndefined()
  })

  test('the common name may stand among the DNS names or not, on either side', () => {
    const withName = { ...found, dnsNames: [...found.dnsNames, 'web.int.privsec.ch'] }
    expect(findSubjectDrift(withName, material)).toBeUndefined()
    const asked = certificate('web', { issuance: { dnsNames: ['web.int.privsec.ch'] } })
    expect(findSubjectDrift(leaf({ dnsNames: [] }), asked)).toBeUndefined()
  })

  test.each([
    [{ commonName: '' }, 'expected common name web.int.privsec.ch, found none'],
    [
      { commonName: 'web.int.privsec.ch+evil' },
      'expected common name web.int.privsec.ch, found web.int.privsec.ch+evil',
    ],
    [{ dnsNames: ['a.example'] }, 'expected DNS names a.example, b.example, found a.example'],
    [
      { dnsNames: ['a.example', 'b.example', '*.example'] },
      'expected DNS names a.example, b.example, found *.example, a.example, b.example',
    ],
    [{ ipAddresses: [] }, 'expected IP addresses 192.0.2.7, found none'],
    [{ emails: ['evil@x.example'] }, 'expected email addresses ops@x.example, found evil@x.example'],
    [{ otherNameKinds: ['othername'] }, 'expected alternative names of other kinds none, found othername'],
    [{ uris: ['spiffe://x/evil'] }, 'expected URIs spiffe://x/web, found spiffe://x/evil'],
  ])('%j', (changes, message) => expect(findSubjectDrift({ ...found, ...changes }, material)).toBe(message))
})

test('a common name that is an email address may stand among those', () => {
  const material = certificate('ops', { issuance: { commonName: 'ops@x.example' } })
  const found = leaf({ commonName: 'ops@x.example', dnsNames: [], emails: ['ops@x.example'] })
  expect(findSubjectDrift(found, material)).toBeUndefined()
})

describe('subject fields', () => {
  const material = certificate('web', {
    issuance: { subject: { country: ['CH'], organization: ['A', 'B'] } },
  })
  const found = leaf({ subject: { country: ['CH'], organization: ['B', 'A'] } })

  test('those configured are looked at, as a set; the others are for the role to set', () => {
    expect(findSubjectDrift(found, material)).toBeUndefined()
    expect(
      findSubjectDrift({ ...found, subject: { ...found.subject, locality: ['Bern'] } }, material),
    ).toBeUndefined()
    expect(findSubjectDrift(found, certificate('web'))).toBeUndefined()
  })

  test.each([
    [{ country: ['DE'], organization: ['A', 'B'] }, 'expected subject country CH, found DE'],
    [{ organization: ['A', 'B'] }, 'expected subject country CH, found none'],
    [{ country: ['CH'], organization: ['A'] }, 'expected subject organisation A, B, found A'],
  ])('%j', (subject, message) => expect(findSubjectDrift({ ...found, subject }, material)).toBe(message))
})
