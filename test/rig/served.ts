import { X509Certificate } from 'node:crypto'
import { connect } from 'node:tls'

/** The certificate a TLS server on 127.0.0.1 presents for a name, trusted or not; rejects when it does not answer in 5 s. */
export function servedCertificate(port: number, serverName: string): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: '127.0.0.1', port, servername: serverName, rejectUnauthorized: false, timeout: 5_000 },
      () => {
        const certificate = new X509Certificate(socket.getPeerCertificate().raw)
        socket.destroy()
        resolve(certificate)
      },
    )
    socket.once('timeout', () => socket.destroy(new Error('no TLS handshake within 5 s')))
    socket.once('error', reject)
  })
}
