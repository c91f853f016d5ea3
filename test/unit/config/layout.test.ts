import { expect, test } from 'vitest'
import { certificate, IDENTITY, load, PKI, problems, VAULT } from './written.ts'

const SAME = 'files = { key = "/srv/tls/web.key", fullchain = "/srv/tls/web.pem" }'

test('a generation needs all files in one directory', () => {
  expect(layoutOf('layout = "generation"', SAME)).toBe('generation')
  const scattered = 'files = { key = "/srv/private/web.key", fullchain = "/srv/tls/web.pem" }'
  expect(found('layout = "generation"', scattered)).toEqual([
    'keyroller.toml: certificate.web.files.fullchain: expected a path in /srv/private, for the layout generation, found /srv/tls/web.pem',
  ])
  expect(layoutOf('layout = "files"', scattered)).toBe('files')
})

test.each([
  ['generation', '.keyroller-certificate-web'],
  ['files', '.keyroller-0123456789abcdef.staged'],
])("with the layout %s a name of keyroller's own is refused", (layout, name) => {
  const own = `files = { key = "/srv/tls/${name}", fullchain = "/srv/tls/web.pem" }`
  expect(found(`layout = "${layout}"`, own)).toEqual([
    `keyroller.toml: certificate.web.files.key: expected a name that does not begin with .keyroller-, found /srv/tls/${name}`,
  ])
})

test('another layout is none', () => {
  expect(found('layout = "links"', SAME)).toEqual([
    'keyroller.toml: certificate.web.layout: expected one of files, generation, found "links"',
  ])
})

function written(...lines: string[]): string {
  return VAULT + PKI + IDENTITY + certificate(...lines)
}

function found(...lines: string[]): string[] {
  return problems(written(...lines))
}

function layoutOf(...lines: string[]): string | undefined {
  return load(written(...lines)).materials.find(({ kind }) => kind === 'certificate')?.layout
}
