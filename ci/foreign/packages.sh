# Sourced by the commands for other platforms: Debian packages in a private directory.
#
# Nothing is installed. Packages are downloaded with apt and unpacked below $cache, where apt's indexes are
# kept too; so it needs no rights, and removing $cache undoes it.
#
# Sets: cache, the directory (FOREIGN_CACHE, by default concurrent-futures below $XDG_CACHE_HOME or ~/.cache).
# The first use of a suite takes a few seconds for its index.

cache=${FOREIGN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/concurrent-futures}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
give_up() { say "$*"; exit 70; }

# needs COMMAND...: gives up if one of them is not there.
needs() {
  local command
  for command; do
    command -v "$command" >/dev/null || give_up "needs $command"
  done
}

# apt_in SUITE COMMAND...: apt-get or apt-cache with lists of our own: those of the system's configuration
# for the suite `system`, and otherwise of another suite of the same mirror.
apt_in() {
  local suite=$1 home=$cache/apt/$1
  shift
  if [[ ! -e $home/ready ]]; then
    needs apt-get apt-cache dpkg
    prepare_suite "$suite" "$home"
  fi
  APT_CONFIG=$home/apt.conf "$@"
}

prepare_suite() {
  local suite=$1 home=$2 mirror key
  rm -rf "$home"
  mkdir -p "$home/lists/partial" "$home/cache/archives/partial" "$home/none"
  {
    printf 'Dir::State::Lists "%s/lists";\nDir::Cache "%s/cache";\n' "$home" "$home"
    printf 'Acquire::Languages "none";\nAcquire::Retries "3";\nAPT::Sandbox::User "";\n'
    printf 'Debug::NoLocking "true";\n'
    if [[ $suite != system ]]; then
      printf 'Dir::Etc::SourceList "%s/sources.list";\nDir::Etc::SourceParts "%s/none";\n' "$home" "$home"
      printf 'Dir::Etc::Preferences "%s/none/none";\nDir::Etc::PreferencesParts "%s/none";\n' "$home" "$home"
    fi
  } >"$home/apt.conf"
  if [[ $suite != system ]]; then
    # The first archive whose suite is a plain name: not that of security updates or of other vendors.
    mirror=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
      awk '$1 == "Debian" && $3 !~ /[-\/]/ { print $2; exit }')
    [[ -n $mirror ]] || give_up "apt knows no archive of Debian, where the suite $suite could be"
    for key in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
      [[ ! -e $key ]] || break
    done
    [[ -e $key ]] || give_up "needs the package debian-archive-keyring to use the suite $suite"
    printf 'deb [signed-by=%s] %s %s main\n' "$key" "$mirror" "$suite" >"$home/sources.list"
  fi
  say "reading the index of $suite"
  APT_CONFIG=$home/apt.conf apt-get -q update >"$home/log" 2>&1 || {
    cat "$home/log" >&2
    give_up "cannot read the index of $suite"
  }
  touch "$home/ready"
}

# unpack SUITE DIRECTORY PACKAGE...: just these packages, unpacked.
unpack() {
  local suite=$1 into=$2 package download
  shift 2
  download=$(mktemp -d "$cache/download.XXXXXX")
  (cd "$download" && apt_in "$suite" apt-get -q download "$@") >"$download/log" 2>&1 || {
    cat "$download/log" >&2
    give_up "cannot download $*"
  }
  mkdir -p "$into"
  for package in "$download"/*.deb; do
    dpkg -x "$package" "$into" || give_up "cannot unpack ${package##*/}"
  done
  rm -rf "$download"
}

# with_dependencies SUITE PACKAGE...: these, and what they need that the system has not got, as arguments of
# `unpack`.
with_dependencies() {
  local suite=$1
  shift
  {
    apt_in "$suite" apt-get install --no-install-recommends --print-uris -qq -y "$@" |
      awk '{ split($2, part, "_"); gsub("%3a", ":", part[2]); print part[1] "=" part[2] }'
    printf '%s\n' "$@"
  } | awk -F= '!seen[$1]++'
}

# once NAME COMMAND...: runs the command unless it has ended well before, in this cache.
once() {
  local name=$1
  shift
  if [[ ! -e $cache/done/$name ]]; then
    "$@"
    mkdir -p "$cache/done"
    touch "$cache/done/$name"
  fi
}
