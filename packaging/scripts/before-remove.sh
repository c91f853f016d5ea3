#!/bin/sh
# dpkg calls this with `remove` or `upgrade`, rpm with the number of versions that stay.
set -e

case "$1" in
  remove | 0) ;;
  *) exit 0 ;;
esac

if [ -d /run/systemd/system ]; then
  systemctl disable --now keyroller.timer keyroller-recover.service keyroller-adopt.path agent-keyroller.service || true
  systemctl stop 'keyroller-deliver@*.socket' || true
  # SIGTERM; what a run leaves unfinished is finished or undone while the program is still here.
  systemctl stop keyroller.service || true
fi
if [ -e /var/lib/keyroller/journal.json ]; then
  keyroller recover || true
fi
