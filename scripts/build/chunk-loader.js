/**
 * Part of the executable's first script. Gives `start(require, loadCold, filename, onLoad)`, which runs the entry chunk; the
 * others run when they are first required. `loadCold` gives the chunks of the second script, which most runs never need.
 */
// biome-ignore lint/correctness/noUnusedVariables: program.ts calls it in the text it makes around this file
function loadChunks(entry, hot) {
  return (require, loadCold, filename, onLoad = () => {}) => {
    const loaded = new Map()
    const load = (name) => {
      if (!name.startsWith('./')) return require(name)
      const id = name.slice(2)
      const known = loaded.get(id)
      if (known) return known.exports
      const chunk = { exports: {} }
      loaded.set(id, chunk)
      onLoad(id)
      const run = hot[id] ?? loadCold()[id]
      run(chunk.exports, load, chunk, filename)
      addNames(chunk.exports)
      return chunk.exports
    }
    load(`./${entry}`)
    return load
  }

  /** esbuild gives a CommonJS package as a chunk with a default export alone; Node's import() gives its names as well. */
  function addNames(exports) {
    if (Object.keys(exports).join() !== 'default') return
    for (const name of Object.keys(exports.default ?? {})) exports[name] ??= exports.default[name]
  }
}
