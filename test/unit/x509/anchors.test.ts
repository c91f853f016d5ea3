import { describe, expect, test } from 'vitest'
import { parseAnchors } from '../../../src/x509/anchors.ts'
import { authority, issue } from './authority.ts'

const root = await authority('Root')
const intermediate = await authority('Intermediate', { issuer: root })
const leaf = await issue({ commonName: 'web', issuer: intermediate })

describe('anchors', () => {
  test('every certificate of the file, in order', () => {
    const parsed = parseAnchors(root.certPem + intermediate.certPem, '/etc/root.pem')
    expect(parsed.certificates.map(({ facts }) => facts.commonName)).toEqual(['Root', 'Intermediate'])
  })

  test.each([
    ['nothing', '', 'expected at least one certificate, found none'],
    ['a leaf', root.certPem + leaf.certPem, 'expected only CA certificates, found web'],
    ['a key', leaf.keyPem, 'expected a PEM block CERTIFICATE, found PRIVATE KEY'],
    ['text', `# our root\n${root.certPem}`, 'expected a PEM block at character 0, found something else'],
  ])('a trust file with %s', (_, text, message) => {
    expect(() => parseAnchors(text, '/etc/root.pem')).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: `/etc/root.pem: ${message}` }),
    )
  })
})
