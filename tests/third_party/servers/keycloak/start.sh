#!/usr/bin/env bash
# start.sh DEST PORT WORKDIR : Keycloak in the foreground on 127.0.0.1:PORT, its H2
# database a copy in WORKDIR of the one install.sh seeded (realm master only), so
# nothing outlives WORKDIR. exec: this pid becomes the JVM's (bin/kc.sh forks).
# Ready when GET http://127.0.0.1:PORT/realms/master answers 200.
# Admin (realm master): user admin / admin-pw (admin-cli); from 26 on also client bootstrap / bootstrap-secret.
set -euo pipefail
DEST=$(cd "${1:?DEST}" && pwd); PORT=${2:?PORT}; mkdir -p "${3:?WORKDIR}"; WORK=$(cd "$3" && pwd)
if [ -f "$DEST/seed/kc.mv.db" ]; then cp "$DEST/seed/kc.mv.db" "$WORK/kc.mv.db"
else   # only install.sh's seeding run comes here; on a seeded database these are ignored
  export KC_BOOTSTRAP_ADMIN_USERNAME=admin KC_BOOTSTRAP_ADMIN_PASSWORD=admin-pw
  export KC_BOOTSTRAP_ADMIN_CLIENT_ID=bootstrap KC_BOOTSTRAP_ADMIN_CLIENT_SECRET=bootstrap-secret
  export KEYCLOAK_ADMIN=admin KEYCLOAK_ADMIN_PASSWORD=admin-pw   # before 26, which had no such client
fi
export KC_CACHE=local KC_HTTP_POOL_MAX_THREADS=8   # not all versions know these as options
mkdir -p "$WORK/tmp"; cd "$WORK"
# shellcheck disable=SC2086
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" \
  ${KC_JVM:--Xms64m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -XX:-UsePerfData} \
  --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.util.concurrent=ALL-UNNAMED \
  --add-opens=java.base/java.security=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED \
  -Dfile.encoding=UTF-8 -Duser.language=en -Duser.country=US -Djava.io.tmpdir="$WORK/tmp" \
  -Dkc.home.dir="$DEST" -Djboss.server.config.dir="$DEST/conf" \
  -Djava.util.logging.manager=org.jboss.logmanager.LogManager -Dpicocli.disable.closures=true \
  -Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory \
  -cp "$DEST/lib/quarkus-run.jar" io.quarkus.bootstrap.runner.QuarkusEntryPoint \
  start --optimized --http-enabled=true --http-host=127.0.0.1 --http-port="$PORT" \
  --hostname-strict=false --db-pool-initial-size=1 --db-pool-max-size=8 \
  --db-url="jdbc:h2:file:$WORK/kc;NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=FALSE" --log-level=warn
