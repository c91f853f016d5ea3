import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { onlyBlock, splitPem, toPem } from '../../../src/x509/pem.ts'

const SMALL = Buffer.from('0203010001', 'hex')
const OTHER = Buffer.from('3003020105', 'hex')

test('blocks come in order, each with its label', () => {
  const text = toPem('CERTIFICATE', SMALL) + toPem('PRIVATE KEY', OTHER)
  expect(splitPem(text)).toEqual([
    { label: 'CERTIFICATE', der: SMALL },
    { label: 'PRIVATE KEY', der: OTHER },
  ])
})

test('white space around blocks, CRLF and a missing last newline are PEM', () => {
  const text = ` \t\r\n${toPem('CERTIFICATE', SMALL)}\n\n  ${toPem('CERTIFICATE', OTHER)}`
  expect(splitPem(text.replaceAll('\n', '\r\n')).map(({ der }) => der)).toEqual([SMALL, OTHER])
  expect(splitPem(text.trimEnd()).map(({ der }) => der)).toEqual([SMALL, OTHER])
})

test('nothing is no block', () => {
  expect(splitPem('')).toEqual([])
  expect(splitPem(' \r\n\t')).toEqual([])
})

const GOOD = toPem('CERTIFICATE', SMALL)

describe('what a lenient parser passes over is refused', () => {
  test.each([
    ['text in front', `subject=CN = web\n${GOOD}`, 'a PEM block at character 0'],
    ['text between', `${GOOD}issuer\n${GOOD}`, `a PEM block at character ${GOOD.length}`],
    ['text behind', `${GOOD}x`, `a PEM block at character ${GOOD.length}`],
    ['an unterminated last block', GOOD + GOOD.slice(0, 40), `a PEM block at character ${GOOD.length}`],
    [
      'another label at the end',
      GOOD.replace('END CERTIFICATE', 'END TRUSTED CERTIFICATE'),
      'a PEM block at',
    ],
    ['RFC 1421 headers', GOOD.replace('-\n', '-\nProc-Type: 4,ENCRYPTED\n\n'), 'a PEM block at character 0'],
    ['a blank line inside', GOOD.replace('-\n', '-\n\n'), 'a PEM block at character 0'],
    ['an indented line', GOOD.replace('-\n', '-\n '), 'a PEM block at character 0'],
    ['no base64 at all', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n', 'a PEM block at'],
    ['a byte order mark', `\uFEFF${GOOD}`, 'a PEM block at character 0'],
    ['a NUL', GOOD.replace('\n', '\n\0'), 'a PEM block at character 0'],
    ['four dashes', GOOD.replace('-----BEGIN', '----BEGIN'), 'a PEM block at character 0'],
    ['two blocks on one line', GOOD.trimEnd() + GOOD, 'a PEM block at character 0'],
  ])('%s', (_, text, expected) => expect(() => splitPem(text)).toThrow(`expected ${expected}`))
})

describe('base64 has one spelling', () => {
  test.each([
    ['bits behind the last byte', 'AgMBAAF='],
    ['no padding', 'AgMBAAE'],
    ['padding too much', 'AgMBAAE=='],
    ['padding inside', 'AgMB=AAE'],
    ['two values one after another', 'AgE=\nAgE='],
    ['a single character', 'A'],
  ])('%s', (_, base64) => {
    expect(() => splitPem(block(base64))).toThrow('expected canonical base64')
  })

  test('the same bytes in lines of any length up to 76', () => {
    expect(splitPem(block('Ag\nMB\nAAE=')).map(({ der }) => der)).toEqual([SMALL])
    expect(() => splitPem(block('A'.repeat(77)))).toThrow('expected a PEM block')
  })
})

describe('one DER value fills its block', () => {
  test.each([
    ['trailing bytes', '020301000100'],
    ['missing bytes', '02040100'],
    ['a header alone', '30'],
    ['indefinite length', '308002010500 00'],
    ['a length of five bytes', '30850000000003020105'],
    ['a length in more bytes than needed', '308103020105'],
    ['a length with leading zeros', '30820003020105'],
  ])('%s', (_, hex) => {
    const pem = toPem('CERTIFICATE', Buffer.from(hex.replaceAll(' ', ''), 'hex'))
    expect(() => splitPem(pem)).toThrow('expected one DER value filling its block')
  })

  test('long forms of the length, where they are needed', () => {
    for (const size of [0, 127, 128, 255, 256, 5000]) {
      const der = derOf(size)
      expect(splitPem(toPem('X', der)).map((one) => one.der)).toEqual([der])
    }
  })
})

test('a hostile file cannot make many or large blocks', () => {
  expect(() => splitPem(GOOD.repeat(21))).toThrow(
    'expected at most 20 PEM blocks, the authorities of a private PKI, found more',
  )
  expect(splitPem(GOOD.repeat(20))).toHaveLength(20)
  expect(() => splitPem(toPem('X', derOf(65_536)))).toThrow('expected at most 65536 bytes a block')
})

test('onlyBlock: one block, of the label asked for', () => {
  expect(onlyBlock(GOOD, 'CERTIFICATE')).toEqual(SMALL)
  expect(() => onlyBlock('', 'CERTIFICATE')).toThrow('expected one PEM block, CERTIFICATE, found 0 blocks')
  expect(() => onlyBlock(GOOD + GOOD, 'CERTIFICATE')).toThrow('found 2 blocks')
  expect(() => onlyBlock(GOOD, 'PRIVATE KEY')).toThrow('expected a PEM block PRIVATE KEY, found CERTIFICATE')
})

test('what is refused is a fault of what was issued, and its message holds none of the bytes', () => {
  const secret = 'SECRETSECRET'
  try {
    splitPem(`${secret}\n${GOOD}`)
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ code: 'issue-invalid' })
    expect(String(error)).not.toContain(secret)
  }
})

test('property: toPem and splitPem undo each other, in lines of 64', () => {
  const label = fc.stringMatching(/^[A-Z][A-Z0-9 ]{0,30}[A-Z0-9]$/)
  const der = fc.integer({ min: 0, max: 3000 }).map(derOf)
  fc.assert(
    fc.property(fc.array(fc.record({ label, der }), { maxLength: 20 }), (blocks) => {
      const text = blocks.map((one) => toPem(one.label, one.der)).join('')
      expect(splitPem(text)).toEqual(blocks)
      for (const line of text.split('\n').filter((one) => !one.startsWith('-----')))
        expect(line.length).toBeLessThanOrEqual(64)
    }),
  )
})

test('property: no single changed character is read as the same blocks', () => {
  const text = toPem('CERTIFICATE', derOf(100))
  const change = fc.record({
    at: fc.nat(text.length - 2),
    to: fc.constantFrom('A', 'z', '=', '-', ' ', '\n', '\0'),
  })
  fc.assert(
    fc.property(change, ({ at, to }) => {
      fc.pre(text[at] !== to)
      const changed = text.slice(0, at) + to + text.slice(at + 1)
      expect(read(changed)).not.toBe(read(text))
    }),
  )
})

function read(text: string): string {
  try {
    return splitPem(text)
      .map(({ label, der }) => label + der.toString('hex'))
      .join()
  } catch {
    return 'refused'
  }
}

function block(base64: string): string {
  return `-----BEGIN X-----\n${base64}\n-----END X-----\n`
}

/** An OCTET STRING of so many bytes. */
function derOf(size: number): Buffer {
  const bytes = [size >> 16, (size >> 8) & 0xff, size & 0xff]
  const significant = bytes.slice(bytes.findIndex((byte) => byte !== 0))
  const length = size < 0x80 ? [size] : [0x80 | significant.length, ...significant]
  return Buffer.concat([Buffer.from([0x04, ...length]), Buffer.alloc(size, size)])
}
