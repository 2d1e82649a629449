#!/usr/bin/env bash
# install.sh DEST [VERSION] : a pinned Keycloak, from Maven Central by mvn's own settings, unzipped
# to DEST, built once (quarkus augmentation) and its H2 database seeded once with realm
# master, so that start.sh skips both. Idempotent. Needs bash, curl, python3, mvn and a
# JDK >= 17 (the `java` on PATH, or JAVA_HOME); no unzip, no root, no docker.
set -euo pipefail
VERSION=${2:-26.7.3}
PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.6.1
# Never disable `admin` (console): its message bundle is used by the Admin REST API, and
# without it every validation error is answered 500 instead of 400.
DISABLED=impersonation,kerberos,web-authn
case $VERSION in
  26.7.3) SHA256=27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f
    DISABLED=$DISABLED,ciba,device-flow,organization,par,passkeys,passkeys-conditional-ui-authenticator,persistent-user-sessions ;;
  25.0.6) SHA256=cfec876e5f3c1849756ce2d4327c708ddc6e24a86ab939a69787f19b503d8e36 ;;
  24.0.5) SHA256=5ee1aefa6c611c57e1ee94406e0e51b91b8242b93072cafd19b88f72a4404702 ;;
  22.0.5) SHA256=f1216b003e9e493d74c2b715e76148e50102babb670d5c0784843662ff48aa51 ;;
  *) echo "keycloak $VERSION: no checksum is known for it" >&2; exit 2 ;;
esac
DEST=${1:?usage: install.sh DEST [VERSION]}
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
export KC_CACHE=local   # an option of the build or of the start, depending on the version
"$DEST/bin/kc.sh" build --db=dev-file --health-enabled=false --metrics-enabled=false \
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
