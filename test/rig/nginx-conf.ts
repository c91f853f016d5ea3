export interface NginxSite {
  readonly serverName: string
  readonly certFile: string
  readonly keyFile: string
}

/** An nginx.conf that serves each site by its name on one TLS port of 127.0.0.1 and says there which one it is. */
export function nginxConf(port: number, sites: readonly NginxSite[], errorLog: string): string {
  const servers = sites.map(
    (site) => `
  server {
    listen 127.0.0.1:${port} ssl;
    server_name ${site.serverName};
    ssl_certificate ${site.certFile};
    ssl_certificate_key ${site.keyFile};
    return 200 "${site.serverName}\\n";
  }`,
  )
  // Level notice: nginx then logs every signal it gets, which is how HUPs are counted.
  return `daemon off;
user root;
worker_processes 1;
pid /run/nginx.pid;
error_log ${errorLog} notice;
events {}
http {
  access_log off;${servers.join('')}
}
`
}
