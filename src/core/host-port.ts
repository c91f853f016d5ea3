/** Where a client looks, as it is written in a URL: an IPv6 address in brackets (RFC 3986 §3.2.2). */
export function hostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
