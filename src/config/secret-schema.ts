/** Secrets as they are written, and what they mean. */
import * as z from 'zod/mini'
import { parseDuration } from '../core/duration.ts'
import { ENV_QUOTINGS, FINAL_NEWLINES, type FileSpec, RAW_ENCODINGS } from '../core/file-spec.ts'
import type { Secret } from '../core/material.ts'
import { fileOrPath, placed } from './files-schema.ts'
import {
  absolutePath,
  duration,
  fieldName,
  materialName,
  mountPath,
  principal,
  secretPath,
} from './formats.ts'
import { interpretFile } from './interpret-files.ts'
import { ephemeral, layout } from './placement-schema.ts'
import { reload } from './reload-schema.ts'
import { interpretReload } from './reload-target.ts'
import { told } from './told.ts'

const rawTable = z.strictObject({
  ...placed,
  encoding: told(
    'how the field writes the bytes; default: as they are',
    z.optional(z.enum(RAW_ENCODINGS, { error: `one of ${RAW_ENCODINGS.join(', ')}` })),
  ),
  final_newline: told(
    'line feed at the end: as the field has it, one, or none',
    z._default(z.enum(FINAL_NEWLINES, { error: `one of ${FINAL_NEWLINES.join(', ')}` }), 'keep'),
  ),
})
const rawFile = z.union([absolutePath, rawTable], {
  error: 'an absolute path, or a table with path, encoding, final_newline, mode, owner, group',
})

const envTable = z.strictObject({
  ...placed,
  quoting: told(
    'shell: for sh and EnvironmentFile=; none: values as they are, for podman and docker --env-file',
    z._default(z.enum(ENV_QUOTINGS, { error: `one of ${ENV_QUOTINGS.join(', ')}` }), 'shell'),
  ),
})
const envFile = z.union([absolutePath, envTable], {
  error: 'an absolute path, or a table with path, quoting, mode, owner, group',
})

const files = z
  .strictObject({
    raw: told('by field: one field as a file', z._default(z.record(fieldName, rawFile), {})),
    env: told('NAME=value lines', z.optional(envFile)),
    json: told('one object', z.optional(fileOrPath)),
  })
  .check(
    z.refine(({ raw, env, json }) => Object.keys(raw).length > 0 || (env ?? json) !== undefined, {
      error: 'raw, env or json',
    }),
  )

export const secret = z.strictObject({
  identity: told('the identity whose login reads it', materialName),
  kv_mount: told('mount of a KV engine of version 2; default: [kv] mount', z.optional(mountPath)),
  path: told('of the secret in its mount, like app/db', secretPath),
  fields: told(
    'what env and json files hold; default: every field',
    z.optional(z.array(fieldName).check(z.minLength(1, { error: 'at least one field' }))),
  ),
  refresh_every: told('how often it is read', z._default(duration, '1h')),
  ephemeral,
  owner: told('of all its files', z.optional(principal)),
  group: told('of all its files', z.optional(principal)),
  files,
  layout,
  reload: z._default(reload, []),
})

export type WrittenSecret = z.output<typeof secret>

export function interpretSecret(name: string, one: WrittenSecret, defaultMount: string): Secret {
  return {
    kind: 'secret',
    id: `secret/${name}`,
    name,
    identity: `identity/${one.identity}`,
    kvMount: one.kv_mount ?? defaultMount,
    path: one.path,
    ...(one.fields ? { fields: one.fields } : {}),
    refreshEveryMs: parseDuration(one.refresh_every) ?? 0,
    ephemeral: one.ephemeral,
    files: interpretSecretFiles(name, one),
    layout: one.layout,
    reload: one.reload.map(interpretReload),
  }
}

function interpretSecretFiles(name: string, one: WrittenSecret): FileSpec[] {
  const { raw, env, json } = one.files
  const rawFiles = Object.entries(raw).map(([field, written]): FileSpec => {
    const table = typeof written === 'string' ? { path: written, final_newline: 'keep' as const } : written
    const encoding = table.encoding === undefined ? {} : { encoding: table.encoding }
    const form = { field, ...encoding, finalNewline: table.final_newline }
    return { ...interpretFile('raw', table, one, name), raw: form }
  })
  if (env !== undefined) {
    const table = typeof env === 'string' ? { path: env, quoting: 'shell' as const } : env
    rawFiles.push({ ...interpretFile('env', table, one, name), quoting: table.quoting })
  }
  return json === undefined ? rawFiles : [...rawFiles, interpretFile('json', json, one, name)]
}
