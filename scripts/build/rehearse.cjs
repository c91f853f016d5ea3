// node --random-seed=1 rehearse.cjs PROGRAM CACHE [ARGUMENT…]
// Runs PROGRAM once, as the executable will, and writes V8's code cache to CACHE as the process ends.
//
// The same program gives the same cache: the seed is fixed, and nothing is compiled on other threads or dropped again, whose
// timing leaves marks in it. V8 binds a cache to its flags (not to the seed), so they are put back before it is made.
const { readFileSync, writeFileSync } = require('node:fs')
const { setFlagsFromString } = require('node:v8')
const { Script } = require('node:vm')

const TIMED = ['sparkplug', 'maglev', 'turbofan', 'flush-bytecode']

const [node, , program, cache, ...args] = process.argv
process.argv = [node, 'keyroller', ...args]
for (const flag of TIMED) setFlagsFromString(`--no-${flag}`)
const script = new Script(readFileSync(program, 'latin1'), { filename: 'keyroller.cjs' })
process.once('exit', () => {
  for (const flag of TIMED) setFlagsFromString(`--${flag}`)
  writeFileSync(cache, script.createCachedData())
})
script.runInThisContext()(module.exports, require, module)
