#!/usr/bin/env bash
# install.sh DEST : a pinned Keycloak, from Maven Central by mvn's own settings, unzipped
# to DEST, built once (quarkus augmentation) and its H2 database seeded once with realm
# master, so that start.sh skips both. Idempotent. Needs bash, curl, python3, mvn and a
# JDK >= 17 (the `java` on PATH, or JAVA_HOME); no unzip, no root, no docker.
set -euo pipefail
VERSION=26.7.3
SHA256=27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f
PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.6.1
# Never disable `admin` (console): its message bundle is used by the Admin REST API, and
# without it every validation error is answered 500 instead of 400.
DISABLED=ciba,device-flow,impersonation,kerberos,organization,par,passkeys,passkeys-conditional-ui-authenticator,web-authn,persistent-user-sessions
DEST=${1:?usage: install.sh DEST}
HERE=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$(dirname "$DEST")"; DEST=$(cd "$(dirname "$DEST")" && pwd)/$(basename "$DEST")
STAMP="$DEST/.credenza-$VERSION-1"
[ -e "$STAMP" ] && { echo "keycloak $VERSION: already in $DEST"; exit 0; }

TMP=$(mktemp -d); PID=
trap '[ -n "$PID" ] && kill "$PID" 2>/dev/null; rm -rf "$TMP"' EXIT
cd "$TMP"                                              # away from any pom.xml
mvn -B -q "$PLUGIN:copy" -Dartifact="org.keycloak:keycloak-quarkus-dist:$VERSION:zip" \
  -DoutputDirectory="$TMP/dl" -Dmdep.useBaseVersion=true
ZIP="$TMP/dl/keycloak-quarkus-dist-$VERSION.zip"
echo "$SHA256  $ZIP" | sha256sum -c --quiet -
echo "keycloak $VERSION: downloaded and checked"
python3 -m zipfile -e "$ZIP" "$TMP/unz"
rm -rf "$DEST"; mv "$TMP/unz/keycloak-$VERSION" "$DEST"; chmod +x "$DEST"/bin/*.sh   # zipfile drops modes
"$DEST/bin/kc.sh" build --db=dev-file --cache=local --health-enabled=false --metrics-enabled=false \
  --features=client-secret-rotation --features-disabled="$DISABLED" > "$TMP/build.log" 2>&1 \
  || { cat "$TMP/build.log"; exit 1; }
echo "keycloak $VERSION: built"

PORT=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
"$HERE/start.sh" "$DEST" "$PORT" "$TMP/seed" > "$TMP/seed.log" 2>&1 </dev/null & PID=$!
for _ in $(seq 480); do
  curl -sf -o /dev/null -m 5 "http://127.0.0.1:$PORT/realms/master" && break
  kill -0 "$PID" 2>/dev/null || break
  sleep 0.5
done
curl -sf -o /dev/null -m 5 "http://127.0.0.1:$PORT/realms/master" || { cat "$TMP/seed.log"; exit 1; }
kill "$PID"; wait "$PID" || true; PID=
mkdir -p "$DEST/seed"; cp "$TMP/seed/kc.mv.db" "$DEST/seed/kc.mv.db"
touch "$STAMP"; echo "keycloak $VERSION: seeded, in $DEST"
