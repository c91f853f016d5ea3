#!/bin/sh
# What a unit with EnvironmentFile= does: ends the proxy and starts it with the environment as the file has it now.
#   restart-proxy.sh NODE DIR CONTROL_PLANE_URL
set -eu
node=$1 dir=$2 control=$3
echo "$(basename "$dir")" >>"$dir/../restarts"
if [ -e "$dir/pid" ]; then
  kill "$(cat "$dir/pid")" 2>/dev/null || true
  rm -f "$dir/pid"
fi
set -a
. "$dir/../proxy.env"
set +a
setsid "$node" "$(dirname "$0")/policy-proxy.ts" "$dir" "$control" "$dir/pid" >>"$dir/log" 2>&1 </dev/null &
i=0
while [ ! -e "$dir/pid" ]; do
  i=$((i + 1))
  [ "$i" -lt 100 ] || { tail -n 1 "$dir/log" >&2; exit 1; }
  kill -0 $! 2>/dev/null || { tail -n 3 "$dir/log" >&2; exit 1; }
  sleep 0.1
done
