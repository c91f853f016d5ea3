#!/bin/sh
# dpkg calls this with `remove`, `purge` or `upgrade`, rpm with the number of versions that stay.
set -e

case "$1" in
  remove | purge | 0)
    [ ! -d /run/systemd/system ] || systemctl daemon-reload || true
    ;;
esac

# Of what runs wrote, only what is worth nothing without the program. Keys, certificates, what was written by hand, and the
# previous generations (keys too) stay where they are: a purge must never take a key from an app that still uses it.
if [ "$1" = purge ]; then
  rm -rf /run/keyroller
  rm -f /var/lib/keyroller/state.json
  for dir in /etc/keyroller/keyroller.d /etc/keyroller /var/lib/keyroller/inbox /var/lib/keyroller; do
    [ ! -d $dir ] || rmdir --ignore-fail-on-non-empty $dir
  done
fi
