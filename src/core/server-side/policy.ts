/** Vault's policy language (https://developer.hashicorp.com/vault/docs/concepts/policies), as far as keyroller writes it. */

export interface PolicyPath {
  readonly path: string
  readonly capabilities: readonly string[]
  /** The only fields that may be written there, with any value; unset: every field. */
  readonly allowedParameters?: readonly string[]
}

/** The text of a policy; the same paths give the same text. */
export function formatCapabilities(owner: string, paths: readonly PolicyPath[]): string {
  const rules = paths.map(({ path, capabilities, allowedParameters = [] }) => {
    const list = capabilities.map((one) => `"${one}"`).join(', ')
    const fields = allowedParameters.map((one) => `"${one}" = []`).join(', ')
    const only = fields === '' ? '' : `  allowed_parameters = { ${fields} }\n`
    return `path "${path}" {\n  capabilities = [${list}]\n${only}}\n`
  })
  return [`# what keyroller's ${owner} may do\n`, ...rules].join('\n')
}

/** Whether two texts say the same: comments and white space do not count. */
export function samePolicy(a: string, b: string): boolean {
  return essence(a) === essence(b)
}

function essence(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/^\s*(?:#|\/\/).*$/, ''))
    .join(' ')
    .replace(/\s+/g, '')
}
