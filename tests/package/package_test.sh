#!/usr/bin/env bash
# The Debian package from its making to its purge. Usage: package_test.sh BUILD_FOLDER
# What needs a tool that is not there (lintian; root and debootstrap) is skipped with a sentence.
set -euo pipefail
if [ "${SLOD_PACKAGE_TEST:-}" != 1 ]; then
  echo "SKIPPED: the Debian package is made, installed and removed by \`make package-test\`, which takes minutes"
  exit 77
fi
build=$(realpath "$1")
source=$(realpath "$(dirname "$0")/../..")

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
skip() { echo "SKIPPED: $*"; }
passed() { echo "passed: $*"; }

work=$(mktemp -d /tmp/slod-package.XXXXXX)
daemon=
mounted=()
clean_up() {
  [ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null || true
  local folder
  for folder in "${mounted[@]}"; do umount "$folder" || true; done
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT

make_package() {
  (cd "$build" && cpack -G DEB -B "$work" >"$work/cpack.log" 2>&1) ||
    { cat "$work/cpack.log"; fail "expected cpack to make a package"; }
  deb=$(ls "$work"/slod_*.deb)
  dpkg-deb --field "$deb" Package Version Architecture Maintainer Installed-Size Depends
  local contents path
  contents=$(dpkg-deb --contents "$deb")
  for path in ./usr/bin/slod ./usr/lib/systemd/system/slod.service ./etc/slod/slod.yaml ./etc/default/slod \
    ./etc/slod/secrets/ ./var/lib/slod/ ./usr/share/man/man1/slod.1.gz ./usr/share/doc/slod/copyright \
    ./usr/share/bash-completion/completions/slod ./usr/share/zsh/vendor-completions/_slod \
    ./usr/share/doc/slod/docs/README.md ./usr/share/doc/slod/config/rules/slod.yml; do
    grep -q " $path\$" <<<"$contents" || fail "expected $path in the package, found"$'\n'"$contents"
  done
  passed "the package holds what it should: $(du -h "$deb" | cut -f1), $(basename "$deb")"
}

check_with_lintian() {
  command -v lintian >/dev/null || { skip "lintian is not installed"; return; }
  local findings
  # LC_ALL: lintian's Perl warns of locales that a minimal system lacks.
  findings=$(LC_ALL=C.UTF-8 lintian --allow-root --fail-on error "$deb" 2>&1) ||
    { echo "$findings"; fail "expected lintian to find no error"; }
  [ -z "$findings" ] || echo "$findings"
  passed "lintian finds no error"
}

# A Debian in $work/root, with what the package depends on. The archive is the one of this machine.
make_root() {
  local mirror
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v '^#' |
    grep -oE 'https?://[^ ]+/debian(/| |$)' | head -1 || true)
  root=$work/root
  debootstrap --variant=minbase --include=adduser,init-system-helpers,curl \
    "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root" "${mirror:-http://deb.debian.org/debian}" >"$work/debootstrap.log" 2>&1 ||
    { tail -5 "$work/debootstrap.log"; return 1; }
  mount --bind /proc "$root/proc" && mounted+=("$root/proc")
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  cp "$deb" "$root/root/slod.deb"
}

environment=(/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
  DEBIAN_FRONTEND=noninteractive)
in_root() { chroot "$root" "${environment[@]}" "$@"; }

expect() {  # what, expected, found
  [ "$2" = "$3" ] || fail "$1: expected $2, found $3"
}

eventually() {  # what, command...
  local what=$1 deadline=$((SECONDS + 60))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || { cat "$work/slod.log"; fail "$what: not within 60 s"; }
    read -rt 0.2 <> <(:) || true
  done
}

install_package() {
  in_root apt-get install -q -y --no-install-recommends /root/slod.deb >"$work/install.log" 2>&1 ||
    { tail -20 "$work/install.log"; fail "expected the package to install"; }
  expect "owner and mode of the state" "slod slod 700" "$(in_root stat -c '%U %G %a' /var/lib/slod)"
  expect "owner and mode of the secrets" "root slod 750" \
    "$(in_root stat -c '%U %G %a' /etc/slod/secrets)"
  expect "conffiles" "/etc/default/slod /etc/slod/rules/slod.yml /etc/slod/slod.yaml" \
    "$(in_root dpkg-query -W -f '${Conffiles}' slod | awk 'NF {print $1}' | sort | xargs)"
  in_root test -L /etc/systemd/system/multi-user.target.wants/slod.service ||
    fail "expected the unit to be enabled"
  passed "installed: user, directories, conffiles, enabled unit"
  expect "findings in the configuration as it comes" "" \
    "$(in_root setpriv --reuid slod --regid slod --clear-groups slod check --offline /etc/slod 2>&1)"
  sed '/^# rule_files/,$s/^# //' "$root/etc/slod/slod.yaml" >"$root/etc/slod/all.yaml"
  expect "findings with what is commented out" "" "$(in_root slod check --offline /etc/slod/all.yaml 2>&1)"
  rm "$root/etc/slod/all.yaml"
  (cd "$source/tests/end_to_end" && SLOD_DOCUMENTS=$root/usr/share/doc/slod python3 -B -m unittest -q \
    links_test >"$work/links.log" 2>&1) || { cat "$work/links.log"; fail "expected links that lead somewhere"; }
  in_root slod runbook SlodDown | grep -q '^## SlodDown$' || fail "expected a runbook"
  in_root bash -c 'source /usr/share/bash-completion/completions/slod && complete -p slod' >/dev/null ||
    fail "expected a completion for bash"
  passed "the configuration, the documents and the completion can be used as they are"
}

# As the unit starts it: its command, its user, nothing else. There is no systemd in a chroot.
# Sets `address`.
start_as_the_unit_does() {
  local command
  : >"$work/slod.log"
  command=$(sed -n 's/^ExecStart=//p' "$root/usr/lib/systemd/system/slod.service")
  SLOD_OPTIONS="--log-level debug"
  # The port is the system's, so that the test disturbs no slod of this machine.
  # Not by in_root, whose process would be a shell around slod.
  chroot "$root" "${environment[@]}" \
    setpriv --reuid slod --regid slod --clear-groups --no-new-privs --bounding-set=-all \
    ${command//\$SLOD_OPTIONS/$SLOD_OPTIONS} --listen 127.0.0.1:0 >>"$work/slod.log" 2>&1 &
  daemon=$!
  eventually "slod serves" grep -q msg=serving "$work/slod.log"
  address=$(sed -nE 's/.*msg=serving address=([0-9.:]+).*/\1/p' "$work/slod.log")
  eventually "slod is ready" in_root curl -fsS "http://$address/readyz"
}

stop() {
  kill -TERM "$daemon"
  local code=0
  wait "$daemon" || code=$?
  daemon=
  expect "exit code after SIGTERM" 0 "$code"
  grep -q state_stored=true "$work/slod.log" || fail "expected the state to be stored"
}

run_and_reload() {
  start_as_the_unit_does
  expect "exit code of slod freeze" 3 "$(in_root slod freeze nobody --server "http://$address" \
    >/dev/null 2>&1; echo $?)"
  in_root slod status --server "http://$address"
  kill -HUP "$daemon"
  eventually "a reload by SIGHUP" grep -q "configuration reloaded" "$work/slod.log"
  stop
  expect "owner and mode of the state file" "slod 600" \
    "$(in_root stat -c '%U %a' /var/lib/slod/slod.db)"
  passed "started as the unit does, ready, reloaded by SIGHUP, ended by SIGTERM"
}

# As docs/runbooks.md says, without the systemctl that is not there.
move_the_state() {
  local commands
  commands=$(sed -n '/^systemctl stop slod$/,/^systemctl start slod$/{/^systemctl/!p}' "$source/docs/runbooks.md")
  [ "$(wc -l <<<"$commands")" = 3 ] || fail "expected three commands that move the state, found $commands"
  in_root sh -ec "$commands"
  mounted+=("$root/var/lib/slod")
  start_as_the_unit_does
  in_root curl -fsS "http://$address/api/v1/status" | grep -q '"stored":true' ||
    fail "expected the state to be stored where it was moved to"
  stop
  [ "$root/mnt/other/slod/slod.db" -ef "$root/var/lib/slod/slod.db" ] || fail "expected the state on the other disk"
  umount "$root/var/lib/slod"
  mounted=("$root/proc")
  passed "the state was moved as the runbook says"
}

remove_and_purge() {
  echo "# mine" >>"$root/etc/slod/slod.yaml"
  in_root apt-get install -q -y --reinstall /root/slod.deb >"$work/upgrade.log" 2>&1 ||
    { tail -20 "$work/upgrade.log"; fail "expected the package to install again"; }
  grep -q "# mine" "$root/etc/slod/slod.yaml" || fail "expected an upgrade to keep the configuration"
  in_root apt-get remove -q -y slod >"$work/remove.log" 2>&1 ||
    { tail -20 "$work/remove.log"; fail "expected the package to be removed"; }
  [ ! -e "$root/usr/bin/slod" ] || fail "expected no binary after removal"
  [ -e "$root/var/lib/slod/slod.db" ] || fail "expected the state to survive removal"
  [ -e "$root/etc/slod/slod.yaml" ] || fail "expected the configuration to survive removal"
  in_root dpkg --purge slod >"$work/purge.log" 2>&1 ||
    { tail -20 "$work/purge.log"; fail "expected the package to be purged"; }
  [ ! -e "$root/var/lib/slod" ] || fail "expected no state after a purge"
  [ ! -e "$root/etc/slod/slod.yaml" ] || fail "expected no configuration after a purge"
  passed "an upgrade keeps the configuration, a removal the state, a purge nothing"
}

make_package
check_with_lintian
if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
  skip "installation needs root and debootstrap"
elif ! make_root; then
  skip "installation needs a Debian archive and mounts, which are not to be had here"
else
  install_package
  run_and_reload
  move_the_state
  remove_and_purge
fi
