#!/usr/bin/env bash
# Installs the Debian packages that slod needs, if any is missing. Needs Debian 12 and, when
# something is missing, root or sudo.
#   setup.sh build   to build and run slod
#   setup.sh package to make and try the Debian package too
#   setup.sh test    to run its tests too: also unpacks the peers that the end-to-end tests run
#                    (Prometheus, Alertmanager, node exporter, and libfaketime, which moves a clock)
#                    into build/peers, uninstalled, so that no service starts on this machine
set -euo pipefail
cd "$(dirname "$0")/.."

build_packages=(
  cmake ninja-build ccache pkg-config clang-19 lld-19
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev prometheus-cpp-dev
  libcurl4-openssl-dev libyaml-cpp-dev libspdlog-dev libre2-dev zlib1g-dev libsqlite3-dev
  libcli11-dev libhowardhinnant-date-dev libjs-dygraphs tzdata ca-certificates
)
test_packages=(
  libgtest-dev libbenchmark-dev clang-tidy-19 clang-format-19 libclang-rt-19-dev
  python3 python3-yaml python3-jsonschema python3-kubernetes shellcheck openssl curl wrk sqlite3 git
  golang-github-masterminds-sprig-dev golang-k8s-sigs-yaml-dev
  chromium chromium-driver strace systemd
)
package_packages=(python3 dpkg-dev file lintian debootstrap)
peers=(prometheus prometheus-alertmanager prometheus-node-exporter libfaketime)

fail() {
  echo "setup: $*" >&2
  exit 1
}

missing() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
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

install() {
  local wanted
  mapfile -t wanted < <(missing "$@")
  [ "${#wanted[@]}" -gt 0 ] || return 0
  echo "setup: installing ${wanted[*]}" >&2
  refresh_lists
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${wanted[@]}" >&2
}

unpack_peers() {
  local peer folder=build/peers
  mkdir -p "$folder/deb"
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

command -v apt-get >/dev/null || fail "expected Debian 12 with apt-get, found $(uname -sr)"
case "${1:-build}" in
  build) install "${build_packages[@]}" ;;
  package) install "${build_packages[@]}" "${package_packages[@]}" ;;
  test)
    install "${build_packages[@]}" "${test_packages[@]}"
    unpack_peers
    ;;
  *) fail "expected build, package or test, found '$1'" ;;
esac
