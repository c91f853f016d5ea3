// The main script of the executable. V8's own code cache holds only what is compiled before anything runs; this one was
// written after a rehearsed run (rehearse.cjs), so the functions a run needs are there already compiled. A cache that V8
// refuses costs time, nothing else.
const { getRawAsset } = require('node:sea')
const { Script } = require('node:vm')

// Both views share the memory of the executable. esbuild writes ASCII, so latin1 gives a one-byte string without decoding.
const source = Buffer.from(getRawAsset('program')).latin1Slice()
const script = new Script(source, {
  filename: 'keyroller.cjs',
  cachedData: Buffer.from(getRawAsset('code-cache')),
})
script.runInThisContext()(module.exports, require, module, __filename)
