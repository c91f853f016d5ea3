/** Where files are written: who else may read and write there, and whether there is room. */
import { octal } from '../deciding/file-drift.ts'
import { PRIVATE_ROLES } from '../file-spec.ts'
import type { DirectoryFacts } from './facts.ts'
import type { Check, Flaw } from './finding.ts'

/** A key that everybody may read is no secret, whether the file strayed from the configuration or that asks for it. */
export const keyModesCheck: Check = ({ host }) => {
  const files = [...(host?.observation.materials.values() ?? [])].flatMap((facts) => facts.files)
  const keys = files.filter(({ spec }) => PRIVATE_ROLES.has(spec.role))
  if (keys.length === 0) return undefined
  return keys.flatMap((file): Flaw[] => {
    const { spec } = file
    const asked = isOpenToAll(spec.mode)
    const mode = asked ? spec.mode : file.state === 'present' ? file.mode : 0
    if (!isOpenToAll(mode)) return []
    return [
      {
        severity: 'fail',
        subject: spec.path,
        expected: 'a mode that keeps everybody else out',
        found: `${octal(mode)}${asked ? ', as the configuration asks' : ''}`,
        fix: asked
          ? `set mode = "0640" with a group for its readers, then keyroller renew`
          : `keyroller renew sets the mode; then keyroller renew --now, as the key may be known`,
      },
    ]
  })
}

function isOpenToAll(mode: number): boolean {
  return (mode & 0o007) !== 0
}

/** With the sticky bit nobody can take the place of a file, but anybody can be there first (unlink(2)). */
export const directoryCheck: Check = ({ host }) => {
  const directories = host?.directories.filter(({ holdsKeys }) => holdsKeys)
  return directories
    ?.filter(({ mode }) => (mode & 0o002) !== 0)
    .map(({ path, mode }) => ({
      severity: 'fail',
      subject: path,
      expected: 'a directory that only its owner and group may write in',
      found: `mode ${octal(mode)}`,
      fix: `chmod o-w ${path}`,
    }))
}

/** Old, new and kept files lie side by side for a while; below a mebibyte no set is sure to fit. */
const LEAST_BYTES = 1024 * 1024
const FEW_BYTES = 32 * LEAST_BYTES

export const spaceCheck: Check = ({ host }) =>
  host?.directories.flatMap(({ path, freeBytes }) => {
    const found = `${Math.floor(freeBytes / 1024)} KiB free`
    return scarce(path, freeBytes, { least: LEAST_BYTES, few: FEW_BYTES, unit: '32 MiB free', found })
  })

const LEAST_INODES = 64
const FEW_INODES = 1024

export const inodesCheck: Check = ({ host }) => {
  const counted = host?.directories.filter(({ freeInodes }) => freeInodes !== undefined) ?? []
  if (counted.length === 0) return undefined
  return counted.flatMap(({ path, freeInodes = 0 }: DirectoryFacts) => {
    const found = `${freeInodes} free`
    return scarce(path, freeInodes, {
      least: LEAST_INODES,
      few: FEW_INODES,
      unit: `${FEW_INODES} free inodes`,
      found,
    })
  })
}

interface Bounds {
  readonly least: number
  readonly few: number
  readonly unit: string
  readonly found: string
}

function scarce(path: string, free: number, { least, few, unit, found }: Bounds): Flaw[] {
  if (free >= few) return []
  const severity = free < least ? 'fail' : 'warn'
  return [{ severity, subject: path, expected: `at least ${unit}`, found, fix: `df ${path}, and make room` }]
}
