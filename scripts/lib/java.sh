# Shared by the scripts: finds a JDK and Maven, and defines the flags of the JVM.
# Sourced by bash with $ROOT set to the directory of the repository.

JDK_FEATURE_MIN=25

# The JVM flags of every run of ApexStore. Native access is for Netty's epoll and OpenSSL. Netty's buffers
# are faster with Unsafe, which Netty uses only if this flag allows it. A server that has run out of
# memory would work only in part; it exits instead, and the next start recovers all durable writes.
JVM_FLAGS=(
  --enable-native-access=ALL-UNNAMED
  --sun-misc-unsafe-memory-access=allow
  -XX:+UseCompactObjectHeaders
  -XX:+ExitOnOutOfMemoryError
)

# die <message>: prints an error and ends the script.
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# jdk_feature <home>: prints the feature version of the JDK in this directory, or nothing if it has none.
jdk_feature() {
  local home=$1 line version=
  [[ -x $home/bin/javac && -x $home/bin/java ]] || return 0
  if [[ -r $home/release ]]; then
    while IFS= read -r line; do
      if [[ $line == JAVA_VERSION=* ]]; then
        version=${line#JAVA_VERSION=}
        version=${version//\"/}
        break
      fi
    done <"$home/release"
  else
    version=$("$home/bin/java" -XshowSettings:properties -version 2>&1 |
      sed -n 's/^ *java.specification.version = //p')
  fi
  version=${version%%[!0-9]*}
  printf '%s' "$version"
}

# jdk_homes: prints the directories that may contain a JDK, one per line, the most likely ones first.
jdk_homes() {
  local java
  [[ -n ${JAVA_HOME:-} ]] && printf '%s\n' "$JAVA_HOME"
  if java=$(command -v java 2>/dev/null); then
    java=$(readlink -f "$java" 2>/dev/null || printf '%s' "$java")
    printf '%s\n' "$(dirname "$(dirname "$java")")"
  fi
  local home=${HOME:-/nonexistent}
  local folder
  for folder in \
    /usr/lib/jvm/* \
    /usr/java/* \
    /opt/java/* \
    /opt/*jdk* \
    "${SDKMAN_DIR:-$home/.sdkman}"/candidates/java/* \
    "$home"/.jdks/* \
    "$home"/.asdf/installs/java/* \
    "$home"/.local/share/mise/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "$home"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    [[ -d $folder ]] && printf '%s\n' "$folder"
  done
  return 0
}

# find_jdk: exports JAVA_HOME as the directory of the first JDK that is new enough, or ends the script.
find_jdk() {
  local home feature
  while IFS= read -r home; do
    feature=$(jdk_feature "$home")
    if [[ -n $feature && $feature -ge $JDK_FEATURE_MIN ]]; then
      export JAVA_HOME=$home
      return 0
    fi
  done < <(jdk_homes)
  die "no JDK $JDK_FEATURE_MIN or newer found; install one (Debian and Ubuntu: apt-get install temurin-25-jdk from adoptium.net, or openjdk-25-jdk; macOS: brew install openjdk; sdk install java 25-tem) or set JAVA_HOME"
}

# maven_candidates: prints the paths that may be Maven, one per line, the most likely ones first.
maven_candidates() {
  command -v mvn 2>/dev/null || true
  printf '%s\n' \
    "${MAVEN_HOME:-/nonexistent}/bin/mvn" \
    "${SDKMAN_DIR:-${HOME:-/nonexistent}/.sdkman}/candidates/maven/current/bin/mvn" \
    /usr/share/maven/bin/mvn \
    /opt/maven/bin/mvn
}

# find_maven: sets MVN to the path of Maven, or ends the script.
find_maven() {
  local candidate
  while IFS= read -r candidate; do
    if [[ -x $candidate ]]; then
      MVN=$candidate
      # These flags suppress the warnings that JDK 25 prints about libraries of Maven, and the colour
      # codes that Maven prints at its end.
      export MAVEN_OPTS="-Djansi.noreset=true --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}"
      return 0
    fi
  done < <(maven_candidates)
  die "Maven 3.8 or newer is needed to build; install it (Debian and Ubuntu: apt-get install maven; macOS: brew install maven; sdk install maven)"
}

# is_stale <stamp> <path>...: succeeds if a path, or a file below it, is newer than the stamp.
is_stale() {
  local stamp=$1 path
  shift
  [[ -e $stamp ]] || return 0
  local present=()
  for path in "$@"; do
    [[ -e $path ]] && present+=("$path")
  done
  [[ -n $(find "${present[@]}" -newer "$stamp" -print 2>/dev/null | head -n 1) ]]
}

# with_build_lock <command>...: runs the command while no other script builds in this directory.
with_build_lock() {
  mkdir -p "$ROOT/target"
  if command -v flock >/dev/null 2>&1; then
    (
      flock 9
      "$@" 9>&-
    ) 9>"$ROOT/target/.build-lock"
  else
    "$@"
  fi
}
