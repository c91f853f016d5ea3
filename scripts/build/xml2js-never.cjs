// Stands for xml2js in the executable: dbus-next parses introspection with it, and keyroller sends plain messages only.
class Parser {
  parseString() {
    throw new Error('xml2js is not part of keyroller')
  }
}
module.exports = { Parser, Builder: Parser, parseString: Parser.prototype.parseString }
