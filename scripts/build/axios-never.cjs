// What node-vault finds in the bundle when it asks for axios. keyroller injects its own transport (src/vault), so axios was
// loaded on every run and used on none; and should a call ever take the default path, it must fail rather than send the
// token with axios' redirect and proxy rules.
module.exports = {
  create() {
    throw new Error('axios is not part of keyroller: node-vault must be given a transport')
  },
}
