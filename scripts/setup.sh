#!/usr/bin/env bash
# Installs the packages that slod needs, if any is missing: on Debian 12 and 13, and on Ubuntu 24.04
# with its section universe. Needs root or sudo when something is missing.
#   setup.sh build   to build and run slod
#   setup.sh package to make and try the Debian package too
#   setup.sh image   to make and try the container image too
#   setup.sh test    to run its tests too: also unpacks the peers that the end-to-end tests run
#                    (Prometheus, Alertmanager, node exporter, and libfaketime, which moves a clock)
#                    into build/peers, uninstalled, so that no service starts on this machine
# COMPILER in the environment names another compiler than clang++-19 to install: g++-14.
set -euo pipefail
cd "$(dirname "$0")/.."

# Where distributions have different versions of a package, NAME|NAME is the first of them that is
# installed or, where none is, the first that can be.
build_packages=(
  cmake ninja-build ccache
  "libboost1.83-dev|libboost1.81-dev|libboost1.88-dev"
  "libboost-json1.83-dev|libboost-json1.81-dev|libboost-json1.88-dev"
  "libboost-url1.83-dev|libboost-url1.81-dev|libboost-url1.88-dev"
  libssl-dev prometheus-cpp-dev libcurl4-openssl-dev libyaml-cpp-dev libspdlog-dev libre2-dev
  libsodium-dev zlib1g-dev libsqlite3-dev libcli11-dev libhowardhinnant-date-dev libjs-dygraphs tzdata
  ca-certificates
)
case "${COMPILER:=clang++-19}" in
  clang++-*) build_packages+=("clang-${COMPILER#*-}" "lld-${COMPILER#*-}") ;;
  *) build_packages+=("$COMPILER") ;;
esac
test_packages=(
  libgtest-dev libbenchmark-dev
  clang-tidy-19 clang-format-19 libclang-rt-19-dev
  python3 python3-yaml python3-jsonschema python3-kubernetes shellcheck openssl curl wrk sqlite3 git
  golang-github-masterminds-sprig-dev golang-k8s-sigs-yaml-dev procps strace systemd zsh man-db
)
# Ubuntu's packages of these are empty: the browser is a snap, and its tests are skipped.
[ "$(. /etc/os-release 2>/dev/null && echo "${ID:-}")" = ubuntu ] ||
  test_packages+=(chromium chromium-driver)
package_packages=(python3 dpkg-dev file lintian debootstrap)
image_packages=(buildah debootstrap)
peers=(prometheus prometheus-alertmanager prometheus-node-exporter libfaketime)

fail() {
  echo "setup: $*" >&2
  exit 1
}

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Prints what is not installed of the arguments, of alternatives the first that the archive has.
missing() {
  local wanted package names
  for wanted in "$@"; do
    IFS='|' read -ra names <<<"$wanted"
    for package in "${names[@]}"; do is_installed "$package" && continue 2; done
    for package in "${names[@]}"; do
      [ "${#names[@]}" = 1 ] || apt-cache show "$package" >/dev/null 2>&1 || continue
      echo "$package"
      continue 2
    done
    fail "none of these packages can be installed here: ${names[*]}"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "expected root or sudo to run: $*"
  fi
}

lists_are_fresh=
refresh_lists() {
  [ -n "$lists_are_fresh" ] || as_root apt-get update -q >&2
  lists_are_fresh=yes
}

all_installed() {
  local wanted package names
  for wanted in "$@"; do
    IFS='|' read -ra names <<<"$wanted"
    for package in "${names[@]}"; do is_installed "$package" && continue 2; done
    return 1
  done
}

install() {
  local wanted list
  all_installed "$@" && return 0
  refresh_lists  # before the choice: a minimal system has no lists
  list=$(missing "$@")
  mapfile -t wanted <<<"$list"
  echo "setup: installing ${wanted[*]}" >&2
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${wanted[@]}" >&2
}

unpack_peers() {
  local peer folder=build/peers
  mkdir -p "$folder/deb"
  # A package of its own since Debian 13; before, a part of prometheus.
  ! apt-cache show promtool >/dev/null 2>&1 || peers+=(promtool)
  for peer in "${peers[@]}"; do
    [ -e "$folder/$peer.unpacked" ] && continue
    echo "setup: unpacking $peer into $folder" >&2
    # Lists that are empty or older than the archive make the first try fail.
    (cd "$folder/deb" && apt-get download -q "$peer" >&2) ||
      { refresh_lists; (cd "$folder/deb" && apt-get download -q "$peer" >&2); }
    dpkg-deb --extract "$folder/deb/${peer}"_*.deb "$folder"
    # Alertmanager looks for its template at a fixed path; a relative one of the same length finds
    # it in the folder that the tests start it in.
    [ "$peer" != prometheus-alertmanager ] ||
      sed -i 's#/usr/share/prometheus/alertmanager#usr//share/prometheus/alertmanager#g' \
        "$folder/usr/bin/$peer"
    touch "$folder/$peer.unpacked"
  done
}

command -v apt-get >/dev/null || fail "expected Debian or Ubuntu with apt-get, found $(uname -sr)"
case "${1:-build}" in
  build) install "${build_packages[@]}" ;;
  package) install "${build_packages[@]}" "${package_packages[@]}" ;;
  image) install "${build_packages[@]}" "${image_packages[@]}" ;;
  test)
    install "${build_packages[@]}" "${test_packages[@]}"
    unpack_peers
    ;;
  *) fail "expected build, package, image or test, found '$1'" ;;
esac
