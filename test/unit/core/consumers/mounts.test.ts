import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  findMountTraps,
  type ManagedFile,
  type Mount,
  type MountingContainer,
} from '../../../../src/core/consumers/mounts.ts'

const DIRECTORY = '/home/web/tls'
const MIDDLE = `${DIRECTORY}/.keyroller-certificate-web`
const GENERATION = `${MIDDLE}.0123456789abcdef`
const files = ['web.key', 'web.pem'].map(managed)

test.each<[string, string, 'file' | 'generation', number]>([
  ['a file alone', `${DIRECTORY}/web.pem`, 'file', 1],
  ['the link to its generation', MIDDLE, 'generation', 1],
  ['one generation', GENERATION, 'generation', 1],
  ['a file through the link', `${MIDDLE}/web.key`, 'file', 1],
  ['a file of one generation', `${GENERATION}/web.key`, 'file', 1],
])('a trap: %s', (_, source, kind, count) => {
  const traps = findMountTraps(files, [container([mount(source, '/etc/tls/x')])])
  expect(traps.map((trap) => trap.kind)).toEqual(Array(count).fill(kind))
})

test.each([
  ['the directory', DIRECTORY],
  ['one above it', '/home'],
  ['the root', '/'],
  ['another file of the directory', `${DIRECTORY}/other.pem`],
  ['a file whose name begins alike', `${DIRECTORY}/web.pem.old`],
  ['the generation of a material whose name begins alike', `${MIDDLE}-2.0123456789abcdef`],
  ['another file in the generation', `${GENERATION}/other.pem`],
])('no trap: %s', (_, source) => {
  expect(findMountTraps(files, [container([mount(source, '/etc/tls')])])).toEqual([])
})

test('a link that leads to the file is the file', () => {
  const linked: Mount = {
    sources: ['/etc/ssl/now.pem', '/etc/ssl/now.pem', `${DIRECTORY}/web.pem`],
    destination: '/now.pem',
    options: '',
  }
  expect(findMountTraps(files, [container([linked])])).toMatchObject([{ kind: 'file' }])
})

test('the change to make, for a container that somebody runs', () => {
  const [trap] = findMountTraps(files, [container([mount(`${DIRECTORY}/web.pem`, '/etc/tls/web.pem', 'ro')])])
  expect(trap).toEqual({
    material: 'certificate/web',
    container: 'proxy',
    kind: 'file',
    found:
      'container proxy mounts /home/web/tls/web.pem at /etc/tls/web.pem, the file alone: it never sees what is renewed',
    fix: 'create proxy again with --volume /home/web/tls:/home/web/tls:ro in place of /home/web/tls/web.pem:/etc/tls/web.pem, and let it read /home/web/tls/web.pem',
  })
})

test('the change to make, for a container of a unit', () => {
  const path = `${DIRECTORY}/web.pem`
  const [trap] = findMountTraps(files, [{ ...container([mount(path, path)]), unit: 'proxy.service' }])
  expect(trap?.fix).toBe(
    'write Volume=/home/web/tls:/home/web/tls in place of /home/web/tls/web.pem:/home/web/tls/web.pem into the unit file of proxy.service, then systemctl daemon-reload and systemctl restart proxy.service',
  )
})

test('where the directory is mounted beside the file, the file only has to go', () => {
  const mounts = [mount('/home/web', '/data'), mount(`${DIRECTORY}/web.pem`, '/etc/web.pem')]
  const [trap] = findMountTraps(files, [container(mounts)])
  expect(trap?.fix).toBe(
    'create proxy again without --volume /home/web/tls/web.pem:/etc/web.pem, and let it read /data/tls/web.pem',
  )
})

test('a mounted generation is told once a material, and its files are to be read from the directory', () => {
  const [trap, ...more] = findMountTraps(files, [container([mount(GENERATION, '/tls', 'ro')])])
  expect(more).toEqual([])
  expect(trap?.fix).toContain('and let it read its files in /home/web/tls')
})

test('whatever is mounted, the fix names a mount that is no trap itself', () => {
  const source = fc.constantFrom(`${DIRECTORY}/web.pem`, `${DIRECTORY}/web.key`, MIDDLE, GENERATION, '/srv')
  const anyMount = fc.tuple(source, fc.constantFrom('/a', '/b/web.pem', DIRECTORY))
  fc.assert(
    fc.property(fc.array(anyMount, { maxLength: 5 }), (pairs) => {
      const mounts = pairs.map(([from, to]) => mount(from, to))
      const traps = findMountTraps(files, [container(mounts)])
      expect(traps.length === 0).toBe(pairs.every(([from]) => from === '/srv'))
      for (const { fix } of traps) {
        const [, from = '', to = ''] = /with --volume (\/[^:]+):([^: ]+)/.exec(fix) ?? []
        expect(findMountTraps(files, [container([mount(from, to)])])).toEqual([])
      }
    }),
  )
})

function managed(name: string): ManagedFile {
  return {
    material: 'certificate/web',
    directory: DIRECTORY,
    path: `${DIRECTORY}/${name}`,
    middle: MIDDLE,
  }
}

function mount(source: string, destination: string, options = ''): Mount {
  return { sources: [source], destination, options }
}

function container(mounts: readonly Mount[]): MountingContainer {
  return { name: 'proxy', mounts }
}
