// The main script of the executable. V8's own code cache holds only what is compiled before anything runs; these were
// written after a rehearsed run (rehearse.cjs), so the functions a run needs are there already compiled. A cache that V8
// refuses costs time, nothing else.
const { getRawAsset } = require('node:sea')
const { Script } = require('node:vm')

// Both views share the memory of the executable. esbuild writes ASCII, so latin1 gives a one-byte string without decoding.
function script(name) {
  const source = Buffer.from(getRawAsset(name)).latin1Slice()
  const cachedData = Buffer.from(getRawAsset(`${name}-cache`))
  return new Script(source, { filename: `keyroller-${name}.cjs`, cachedData }).runInThisContext()
}

let cold
script('hot')(
  require,
  () => {
    cold ??= script('cold')
    return cold
  },
  __filename,
)
