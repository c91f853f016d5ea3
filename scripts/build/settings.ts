import { join } from 'node:path'
import type { BuildOptions, Plugin } from 'esbuild'

const here = import.meta.dirname

const englishOnly: Plugin = {
  name: 'english-only',
  setup({ onResolve }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer }) =>
      importer.includes('/node_modules/zod/') ? { path: join(here, 'no-locales.mjs') } : undefined,
    )
  },
}

/** How src is read, whatever it is made into. */
export function settings(version: string) {
  return {
    bundle: true,
    platform: 'node',
    target: 'node26',
    // Names stay, so that a stack trace in a bug report can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    // Optional parts of dbus-next, an X11 session and a native socket: required inside a `try`, never needed here.
    external: ['x11', 'usocket'],
    // Needed for nothing keyroller does, and a way around it (axios) or a parser more to trust (xml2js, for introspection).
    alias: { axios: join(here, 'axios-never.cjs'), xml2js: join(here, 'xml2js-never.cjs') },
    plugins: [englishOnly],
    define: { KEYROLLER_VERSION: JSON.stringify(version) },
    logLevel: 'warning',
  } as const satisfies BuildOptions
}
