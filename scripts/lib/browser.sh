# Shared by the scripts: finds the browser for the browser tests, or installs that of Debian.

# find_browser: exports BROWSER_PATH as the path of a Chromium, or ends the script.
find_browser() {
  if [[ -n ${BROWSER_PATH:-} ]]; then
    [[ -x $BROWSER_PATH ]] || die "BROWSER_PATH is not a program: $BROWSER_PATH"
    export BROWSER_PATH
    return 0
  fi
  if browser_on_path; then
    return 0
  fi
  if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null 2>&1; then
    echo "$(basename "$0"): installing Chromium for the browser tests ..." >&2
    apt-get update -qq >&2 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1 || true
    if browser_on_path; then
      return 0
    fi
  fi
  die "the browser tests need Chromium (Debian: apt-get install chromium); --no-browser omits them"
}

# browser_on_path: exports BROWSER_PATH if a Chromium is on the PATH, or fails.
browser_on_path() {
  local name path
  for name in chromium chromium-browser google-chrome; do
    if path=$(command -v "$name" 2>/dev/null); then
      export BROWSER_PATH=$path
      return 0
    fi
  done
  return 1
}
