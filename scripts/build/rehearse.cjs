// node --random-seed=1 rehearse.cjs FOLDER [ARGUMENT…]
// Runs FOLDER/hot once, as the executable will. As the process ends, writes which chunks it loaded to FOLDER/loaded.json, then
// loads all the others too, and writes V8's code caches to FOLDER/hot-cache and FOLDER/cold-cache.
//
// The same program gives the same caches: the seed is fixed, and nothing is compiled on other threads or dropped again, whose
// timing leaves marks in them. V8 binds a cache to its flags (not to the seed), so they are put back before it is made.
const { readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { setFlagsFromString } = require('node:v8')
const { Script } = require('node:vm')

const TIMED = ['sparkplug', 'maglev', 'turbofan', 'flush-bytecode']

const [node, , folder, ...args] = process.argv
process.argv = [node, 'keyroller', ...args]
for (const flag of TIMED) setFlagsFromString(`--no-${flag}`)

const scripts = ['hot', 'cold'].map((name) => {
  return new Script(readFileSync(join(folder, name), 'latin1'), { filename: `keyroller-${name}.cjs` })
})
const [start, cold] = scripts.map((script) => script.runInThisContext())
const loaded = []
process.once('exit', () => {
  writeFileSync(join(folder, 'loaded.json'), JSON.stringify(loaded))
  for (const name of Object.keys(cold)) load(`./${name}`)
  for (const flag of TIMED) setFlagsFromString(`--${flag}`)
  for (const [index, name] of ['hot', 'cold'].entries()) {
    writeFileSync(join(folder, `${name}-cache`), scripts[index].createCachedData())
  }
})
const load = start(
  require,
  () => cold,
  __filename,
  (name) => loaded.push(name),
)
