const MAX_CHARS = 400

/**
 * What Vault said in `errors`, as one line fit for a terminal and a log. The server chooses these words, and a broken or
 * hostile one may echo the request, so anything that could be a token, a key or a signing request is left out.
 */
export function sentenceOf(body: unknown): string {
  const errors = (body as { errors?: unknown } | undefined)?.errors
  if (!Array.isArray(errors)) return ''
  const said = errors.filter((one) => typeof one === 'string').join('; ')
  // Hidden before anything is cut: half a token is one that no pattern knows.
  return cut(tidy(hideSecrets(said).slice(0, 10 * MAX_CHARS)))
}

/** PEM blocks, tokens by their prefix, and any run too long for a name: a DNS label ends at 63 characters. */
function hideSecrets(text: string): string {
  return text
    .replace(/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, '[left out]')
    .replace(/\b(hv[sbr]|[sbr])\.[\w.-]{16,}/g, '[left out]')
    .replace(/[\w+/=-]{64,}/g, '[left out]')
}

/** Go's multierror heads a list with a count and puts each error on a line with a bullet. */
function tidy(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/[\p{C}\s]+/gu, ' ')
        .trim()
        .replace(/^\* /, ''),
    )
    .filter((line) => line !== '' && !/^\d+ errors? occurred:$/.test(line))
    .join('; ')
    .replace(/\.$/, '')
}

function cut(text: string): string {
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text
}
