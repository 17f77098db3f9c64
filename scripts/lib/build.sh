# Builds the program and its library. Sourced after java.sh by the scripts that run them.
# shellcheck shell=bash

JAR=$ROOT/target/apexstore.jar
LIB=$ROOT/target/lib
STAMP=$ROOT/target/.built
UNFINISHED=$ROOT/target/.building

needs_build() {
  [[ ! -f $JAR || ! -d $LIB || -e $UNFINISHED ]] ||
    is_stale "$STAMP" "$ROOT/pom.xml" "$ROOT/.mvn" "$ROOT/src/main" "$ROOT/webroot"
}

build() {
  needs_build || return 0 # Another start built it while this one waited for the lock.
  find_maven
  echo "apexstore: building (once; later starts skip this) ..." >&2
  if [[ -e $UNFINISHED ]]; then
    # An interrupted build may have left incomplete classes that look up to date.
    rm -rf "$ROOT/target/classes" "$ROOT/target/maven-status" "$LIB" "$JAR"
  fi
  : >"$UNFINISHED" # Created before the sources are read, so that later changes are newer.
  (cd "$ROOT" && "$MVN" -q -B -Dmaven.test.skip=true -Denforcer.skip=true package) >&2 ||
    die "the build failed; see the lines above"
  mv -f "$UNFINISHED" "$STAMP"
}

# ensure_built: builds if the sources are newer than the build.
ensure_built() {
  if needs_build; then
    with_build_lock build
  fi
}
