#!/usr/bin/env bash
# Runs a command on a D-Bus session of its own, with the Secret Service in a state:
# unlocked, locked, absent (a bus without the service) or nowhere (no bus at all).
# HOME must be a directory that may be used up. Exit code: the command's.
set -euo pipefail
state=$1
shift
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS GNOME_KEYRING_CONTROL
export XDG_RUNTIME_DIR=$HOME/run
mkdir -pm 700 "$XDG_RUNTIME_DIR"
if [ "$state" = nowhere ]; then exec "$@"; fi

# A bus that starts no service by itself: what is there is what we started.
cat >"$HOME/bus.conf" <<'X'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
X
cat >"$HOME/inside.sh" <<'X'
set -euo pipefail
state=$1
shift
ask() { dbus-send --session --print-reply --dest="$1" "${@:2}"; }
if [ "$state" != absent ]; then
    printf 'keyring password' | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1
    # The daemon answers before it has its name.
    for _ in $(seq 100); do
        owned=$(ask org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets)
        if grep -q true <<<"$owned"; then break; fi
        sleep 0.05
    done
    grep -q true <<<"$owned"
fi
if [ "$state" = locked ]; then
    ask org.freedesktop.secrets /org/freedesktop/secrets org.freedesktop.Secret.Service.Lock \
        array:objpath:/org/freedesktop/secrets/collection/login >/dev/null
fi
exec "$@"
X
exec dbus-run-session --config-file="$HOME/bus.conf" -- bash "$HOME/inside.sh" "$state" "$@"
