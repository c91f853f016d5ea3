/** Chunks as the two scripts of the executable: `hot` holds what a run with nothing due loads, `cold` all the rest. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Chunks } from './chunks.ts'

export interface Program {
  readonly hot: string
  readonly cold: string
}

/** Each chunk is a function in an object; `chunk-loader.js` runs them as they are asked for. */
export function assemble({ texts, entry }: Chunks, hotNames: ReadonlySet<string>): Program {
  const names = [...texts.keys()]
  const functions = (isWanted: (name: string) => boolean) =>
    names
      .filter(isWanted)
      .map(
        (name) => `${JSON.stringify(name)}:function(exports,require,module,__filename){${texts.get(name)}\n}`,
      )
      .join(',\n')
  const loader = readFileSync(join(import.meta.dirname, 'chunk-loader.js'), 'utf8')
  const hot = functions((name) => hotNames.has(name))
  return {
    hot: `(function(){${loader}\nreturn loadChunks(${JSON.stringify(entry)},{${hot}})})()`,
    cold: `({${functions((name) => !hotNames.has(name))}})`,
  }
}
