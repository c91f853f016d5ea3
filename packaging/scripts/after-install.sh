#!/bin/sh
# dpkg calls this with `configure [OLD VERSION]`, rpm with the number of versions then installed. It starts and enables
# nothing: a host without a configuration has nothing to keep.
set -e

case "$1:$2" in
  configure: | 1:*) first=yes ;;
  configure:* | 2:*) first=no ;;
  *) exit 0 ;; # deb-postinst(5): an undo that asks nothing of us
esac

# The directories for a run by hand before the first one by systemd; neither is there yet in a chroot without systemd.
if command -v systemd-tmpfiles >/dev/null; then
  systemd-tmpfiles --create keyroller.conf || true
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
  # Only what waits takes up its new unit file; a run under way is left to end.
  [ $first = yes ] || systemctl try-restart keyroller.timer keyroller-adopt.path || true
fi
[ $first = no ] || cat <<'NEXT'
keyroller is installed and does nothing yet. Next:
  cp /usr/share/doc/keyroller/keyroller.example.toml /etc/keyroller/keyroller.toml   and make it yours
  keyroller config check && keyroller plan
  systemctl enable --now keyroller.timer
NEXT
