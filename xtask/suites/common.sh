# What the suites of bindings share. Each script is run as NAME.sh PREFIX, or with - for the libvirt that Debian installs;
# it fetches its sources by apt into SUITES_CACHE and ends with the line `NAME: passed P failed F skipped S`.
set -uo pipefail
NAME=$(basename "$0" .sh)
PREFIX=${1:--}
CACHE=${SUITES_CACHE:?names the folder for what is fetched}
WORK=$CACHE/work/$NAME
LOG=$CACHE/logs/$NAME.log
mkdir -p "$CACHE/dl" "$CACHE/logs"
rm -rf "$WORK" && mkdir -p "$WORK"
: >"$LOG"

result() { # passed failed skipped
  echo "$NAME: passed $1 failed $2 skipped $3"
  exit $(($2 > 0))
}

cannot() {
  echo "[$NAME] cannot run: $*"
  result 0 0 0
}

need() { # package...
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >>"$LOG" 2>&1 ||
    cannot "these packages can't be installed: ${missing[*]}"
}

# Unpacks what a Debian source package has of the binding's own into $WORK/src; what is in the cache already is not fetched.
# The list of sources is one of our own, beside apt's, so that the machine stays as it is.
source_of() { # package suite
  local package=$1 suite=$2 folder=$CACHE/dl/$1 own=$CACHE/apt mirror
  if ! ls "$folder"/*.orig.tar.* >/dev/null 2>&1; then
    mkdir -p "$folder" "$own/lists/partial" "$own/cache/archives/partial"
    mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' | awk -v r="$(. /etc/os-release; echo "$VERSION_CODENAME")" '$2 == r { print $1; exit }')
    printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$mirror" "$suite" \
      /usr/share/keyrings/debian-archive-keyring.gpg >"$own/$suite.sources"
    local apt=(apt-get -q -o "Dir::Etc::sourcelist=$own/$suite.sources" -o Dir::Etc::sourceparts=/dev/null
      -o "Dir::State::lists=$own/lists" -o "Dir::Cache=$own/cache" -o APT::Sandbox::User=root)
    "${apt[@]}" update >>"$LOG" 2>&1
    # Of what is signed and patched nothing is needed, and mirrors do not always have it.
    (cd "$folder" && "${apt[@]}" source --download-only "$package") >>"$LOG" 2>&1
  fi
  local archive
  archive=$(ls "$folder"/*.orig.tar.* 2>/dev/null | grep -v '\.asc$' | head -1)
  [ -n "$archive" ] || cannot "the archive of Debian's sources has no $package ($suite)"
  mkdir -p "$WORK/src" && tar -xf "$archive" -C "$WORK/src" --strip-components=1 || cannot "$archive is broken"
  cd "$WORK/src" || cannot "there is no $WORK/src"
}

# From here on compilers and the dynamic linker take the library under test.
use_prefix() {
  export HOME=$WORK XDG_CONFIG_HOME=$WORK XDG_RUNTIME_DIR=$WORK
  [ "$PREFIX" = - ] && return
  [ -e "$PREFIX/lib/libvirt.so.0" ] || cannot "there is no lib/libvirt.so.0 in $PREFIX"
  export LD_LIBRARY_PATH=$PREFIX/lib LIBRARY_PATH=$PREFIX/lib PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig
}

build() {
  timeout 900 "$@" >>"$LOG" 2>&1 || cannot "it does not compile: $*"
}

# The number before a word in the last line of the log that has it.
count() { # word
  grep -oE "[0-9]+ $1" "$WORK/out" | tail -1 | cut -d' ' -f1 | grep . || echo 0
}

# Runs a program that tells answers on the libvirt that Debian installs and on the prefix: lines that are alike pass. Each
# run has an empty folder of its own.
compare_answers() { # interpreter program
  mkdir -p "$WORK/stock" "$WORK/ours" "$WORK/home"
  export HOME=$WORK/home XDG_CONFIG_HOME=$WORK/home XDG_RUNTIME_DIR=$WORK/home
  (cd "$WORK/stock" && timeout 900 "$@" >"$WORK/stock.txt" 2>>"$LOG") &
  use_prefix
  (cd "$WORK/ours" && timeout 900 "$@" >"$WORK/ours.txt" 2>>"$LOG")
  wait
  [ -s "$WORK/stock.txt" ] || cannot "$2 said nothing"
  diff "$WORK/stock.txt" "$WORK/ours.txt" >"$WORK/out"
  cat "$WORK/out" >>"$LOG"
  sed -n 's/^> /FAILED ours: /p; s/^< /FAILED libvirt: /p' "$WORK/out" | cut -c1-400
  local all failed
  all=$(wc -l <"$WORK/stock.txt") failed=$(grep -c '^<' "$WORK/out")
  [ "$failed" -eq 0 ] && failed=$(grep -c '^>' "$WORK/out")
  result $((all - failed)) "$failed" 0
}
