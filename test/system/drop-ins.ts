/** Drop-ins of systemd.unit(5) that a test puts beside units. */

/** It cannot reload. */
export const BROKEN = '[Service]\nExecReload=\nExecReload=/bin/false\n'

/** Whether due or not. */
export const NOW = `[Service]
ExecStart=
ExecStart=/usr/bin/keyroller renew --now
`

export const SOON = `[Timer]
OnCalendar=
OnActiveSec=1s
RandomizedDelaySec=0
AccuracySec=100ms
`
