import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { JOURNAL_SCHEMA, type Journal, type JournalFile } from '../../../../src/files/switching/journal.ts'
import { recoverSwitch } from '../../../../src/files/switching/recover-switch.ts'
import { type FilesJournal, interruptSwitch } from '../interrupted-switch.ts'

const OLD = { 'cert.pem': 'old cert', 'key.pem': 'old key' }
const NEW = { 'cert.pem': 'new cert', 'key.pem': 'new key' }

let root: string
let home: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-recover-'))
  home = join(root, 'app')
  mkdirSync(home)
})
afterEach(() => rm(root, { recursive: true }))

describe('a set whose every file is staged or in place is finished', () => {
  test.each([[[]], [['key.pem']], [['cert.pem']], [['key.pem', 'cert.pem']]])(
    'renamed: %j',
    async (renamed) => {
      const journal = interruptSwitch(home, { renamed })
      expect(await recoverSwitch(journal)).toEqual([
        {
          material: 'certificate/app',
          outcome: 'finished',
          message: 'all files were staged, the switch is finished',
        },
      ])
      expect(contents()).toEqual(NEW)
      expect(await outcomes(journal)).toEqual(['finished'])
      expect(contents()).toEqual(NEW)
    },
  )

  test('also where there was nothing before', async () => {
    const journal = interruptSwitch(home, { renamed: ['key.pem'], isFirst: true })
    expect(await outcomes(journal)).toEqual(['finished'])
    expect(contents()).toEqual(NEW)
  })
})

describe('a set with a lost file is undone', () => {
  test.each([[[]], [['key.pem']]])('renamed: %j', async (renamed) => {
    const journal = interruptSwitch(home, { renamed })
    rmSync(stagedPath(journal, 'cert.pem'))
    expect(await recoverSwitch(journal)).toEqual([
      {
        material: 'certificate/app',
        outcome: 'undone',
        message: 'not all files were staged, the files of before are back',
      },
    ])
    expect(contents()).toEqual(OLD)
    expect(await outcomes(journal)).toEqual(['undone'])
    expect(contents()).toEqual(OLD)
  })

  test('and what was not there before is gone again', async () => {
    const journal = interruptSwitch(home, { renamed: ['key.pem'], isFirst: true })
    rmSync(stagedPath(journal, 'cert.pem'))
    expect(await outcomes(journal)).toEqual(['undone'])
    expect(contents()).toEqual({})
  })

  test('staged bytes that are not those of the journal are a lost file', async () => {
    const journal = interruptSwitch(home, { renamed: ['key.pem'] })
    writeFileSync(stagedPath(journal, 'cert.pem'), 'new ce')
    expect(await outcomes(journal)).toEqual(['undone'])
    expect(contents()).toEqual(OLD)
  })

  test('a link under the staged name is a lost file, and is not followed', async () => {
    const journal = interruptSwitch(home, { renamed: ['key.pem'] })
    const path = stagedPath(journal, 'cert.pem')
    renameSync(path, join(root, 'elsewhere'))
    symlinkSync(join(root, 'elsewhere'), path)
    expect(await outcomes(journal)).toEqual(['undone'])
    expect(contents()).toEqual(OLD)
    expect(readFileSync(join(root, 'elsewhere'), 'utf8')).toBe('new cert')
  })

  test('bytes that somebody else wrote since stay', async () => {
    const journal = interruptSwitch(home, { renamed: [] })
    rmSync(stagedPath(journal, 'cert.pem'))
    rmSync(join(home, 'key.pem'))
    writeFileSync(join(home, 'key.pem'), 'by hand')
    expect(await outcomes(journal)).toEqual(['undone'])
    expect(contents()).toEqual({ ...OLD, 'key.pem': 'by hand' })
  })

  test('a visible file that was removed since comes back', async () => {
    const journal = interruptSwitch(home, { renamed: [] })
    rmSync(stagedPath(journal, 'cert.pem'))
    rmSync(join(home, 'key.pem'))
    expect(await outcomes(journal)).toEqual(['undone'])
    expect(contents()).toEqual(OLD)
  })

  test('when nothing of before is left of a file, that is said', async () => {
    const journal = interruptSwitch(home, { renamed: ['key.pem'] })
    rmSync(stagedPath(journal, 'cert.pem'))
    rmSync(previousPath(journal, 'key.pem'))
    expect(await recoverSwitch(journal)).toMatchObject([
      {
        outcome: 'undone',
        message: `not all files were staged, nothing of before is left of ${join(home, 'key.pem')}`,
      },
    ])
  })
})

describe('what cannot be decided is left alone', () => {
  test('a directory that became a link: nothing behind it is touched', async () => {
    const journal = interruptSwitch(home, { renamed: ['key.pem'] })
    renameSync(home, join(root, 'moved'))
    mkdirSync(join(root, 'outside'))
    writeFileSync(join(root, 'outside/key.pem'), 'victim')
    symlinkSync(join(root, 'outside'), home)
    const before = readdirSync(join(root, 'moved'))
    expect(await recoverSwitch(journal)).toEqual([
      {
        material: 'certificate/app',
        outcome: 'unclear',
        message: `${home}: expected app to be a directory, found a link or file`,
      },
    ])
    expect(readdirSync(join(root, 'outside'))).toEqual(['key.pem'])
    expect(readFileSync(join(root, 'outside/key.pem'), 'utf8')).toBe('victim')
    expect(readdirSync(join(root, 'moved'))).toEqual(before)
  })

  test('one directory of two is not there yet: the other waits, and both are finished once it is', async () => {
    const journal = interruptSwitch(home, { renamed: ['key.pem'], certs: split() })
    renameSync(join(root, 'certs'), join(root, 'unmounted'))
    const before = readdirSync(home)
    expect(await outcomes(journal)).toEqual(['unclear'])
    expect(readdirSync(home)).toEqual(before)
    renameSync(join(root, 'unmounted'), join(root, 'certs'))
    expect(await outcomes(journal)).toEqual(['finished'])
    expect(contents()).toEqual({ 'key.pem': 'new key' })
    expect(readdirSync(join(root, 'certs'))).toEqual(['cert.pem'])
  })

  test.each([['cert.pem'], ['key.pem']])(
    'a directory in place of %s: the rest is as before, and all is once it is gone',
    async (name) => {
      const journal = interruptSwitch(home, {
        renamed: ['key.pem', 'cert.pem'].filter((one) => one !== name),
      })
      rmSync(join(home, name))
      mkdirSync(join(home, name))
      expect(await recoverSwitch(journal)).toMatchObject([
        {
          outcome: 'unclear',
          message: `${join(home, name)}: expected to put back what was there before, found EISDIR`,
        },
      ])
      expect(await outcomes(journal)).toEqual(['unclear'])
      rmdirSync(join(home, name))
      expect(await outcomes(journal)).toEqual(['undone'])
      expect(contents()).toEqual(OLD)
    },
  )

  test('a directory is there but empty, as before a mount: the other file waits', async () => {
    const journal = interruptSwitch(home, { renamed: ['key.pem'], certs: split() })
    renameSync(join(root, 'certs'), join(root, 'unmounted'))
    mkdirSync(join(root, 'certs'))
    const before = readdirSync(home)
    expect(await recoverSwitch(journal)).toEqual([
      {
        material: 'certificate/app',
        outcome: 'unclear',
        message: `${join(root, 'certs/cert.pem')}: expected it, old or new, found nothing: not mounted, or removed`,
      },
    ])
    expect(readdirSync(home)).toEqual(before)
    rmdirSync(join(root, 'certs'))
    renameSync(join(root, 'unmounted'), join(root, 'certs'))
    expect(await outcomes(journal)).toEqual(['finished'])
  })

  test('one set that is unclear does not keep the others', async () => {
    const [other] = interruptSwitch(home, { renamed: [] }).sets
    const [lost] = interruptSwitch(home, { renamed: [], certs: split() }).sets
    if (!other || !lost) throw new Error('no sets')
    rmSync(join(root, 'certs'), { recursive: true })
    expect(await outcomes({ schema: JOURNAL_SCHEMA, sets: [lost, other], owed: [] })).toEqual([
      'unclear',
      'finished',
    ])
  })
})

/** A directory of their own for the certificates. */
function split(): string {
  mkdirSync(join(root, 'certs'))
  return join(root, 'certs')
}

async function outcomes(journal: Journal): Promise<string[]> {
  return (await recoverSwitch(journal)).map(({ outcome }) => outcome)
}

/** Everything in the home: recovery leaves no leftover of its own. */
function contents(): Record<string, string> {
  return Object.fromEntries(readdirSync(home).map((name) => [name, readFileSync(join(home, name), 'utf8')]))
}

function stagedPath(journal: FilesJournal, name: string): string {
  const file = fileOf(journal, name)
  return join(file.directory, file.staged)
}

function previousPath(journal: FilesJournal, name: string): string {
  const file = fileOf(journal, name)
  return join(file.directory, file.previous ?? '')
}

function fileOf(journal: FilesJournal, name: string): JournalFile {
  const file = journal.sets.flatMap((set) => set.files).find((one) => one.name === name)
  if (!file) throw new Error(`no ${name} in the journal`)
  return file
}
