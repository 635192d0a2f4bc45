#!/bin/sh
# Asks slod whether a change may be deployed, where the binary of slod is not at hand.
# Needs a POSIX shell and curl. Copy it into your repository, for example as ci/slod-freeze.sh.
#
#   slod-freeze.sh SERVICE [feature|fix|hotfix]
#
#   SLOD_URL                where slod answers; http://127.0.0.1:9750 if not set
#   SLOD_WHEN_DOWN          what to do when slod gives no answer: deny (the default: fail closed) or
#                           allow (fail open: an outage of slod stops no deploy, and none is gated)
#   SLOD_WHEN_INCONCLUSIVE  what to do when slod does not know: deny (the default) or allow
#
# Prints slod's answer. Exits as `slod freeze` does: 0 allow, 1 deny, 2 inconclusive, 3 no answer or
# wrong usage. With `allow` in one of the two variables, 2 or 3 becomes 0, and a warning says so;
# wrong usage, a missing curl, and a service that slod does not know stay 3. curl's own environment
# counts: CURL_CA_BUNDLE for an authority of yours, http_proxy, https_proxy and no_proxy.
set -u

# A wrong question is never passed, whatever SLOD_WHEN_DOWN says.
fail() {
  echo "slod-freeze: $*" >&2
  exit 3
}

# Ends with the code $1 for the reason $3, or with 0 where the policy $2 says so.
unknown() {
  if [ "$2" = allow ]; then
    echo "slod-freeze: warning: deploying all the same: $3" >&2
    exit 0
  fi
  echo "slod-freeze: $3" >&2
  exit "$1"
}

policy() {
  case $2 in
    allow | deny) ;;
    *) fail "expected $1 to be allow or deny, found '$2'" ;;
  esac
}

case $# in
  1 | 2) service=$1 ;;
  *) fail "expected SERVICE [feature|fix|hotfix], found $# arguments" ;;
esac
change=${2:-feature}
url=${SLOD_URL:-http://127.0.0.1:9750}
when_down=${SLOD_WHEN_DOWN:-deny}
when_inconclusive=${SLOD_WHEN_INCONCLUSIVE:-deny}
policy SLOD_WHEN_DOWN "$when_down"
policy SLOD_WHEN_INCONCLUSIVE "$when_inconclusive"
case $service in
  '' | . | .. | *[!A-Za-z0-9_.-]*) fail "expected the name of a service, found '$service'" ;;
esac
case $change in
  feature | fix | hotfix) ;;
  *) fail "expected feature, fix or hotfix, found '$change'" ;;
esac
case $url in
  http://?* | https://?*) ;;
  *) fail "expected SLOD_URL to begin with http:// or https://, found '$url'" ;;
esac
command -v curl >/dev/null || fail "expected curl, found none"

# The status comes on a line of its own after the body.
answer=$(curl --silent --show-error --max-time 10 --write-out '\n%{http_code}' \
  "${url%/}/freeze/$service?change=$change&enforce=1")
code=$?
status=${answer##*
}
body=${answer%"$status"}
[ "$code" = 0 ] || unknown 3 "$when_down" "no answer from $url (curl exited with $code)"
# One line without control characters, C1 ones in UTF-8 included: whoever answers could else write
# what terminals and build servers take for commands. What is not JSON is not shown at all.
body=$(printf '%s' "$body" | LC_ALL=C tr '\n\r\t' '   ' | LC_ALL=C tr -d '\000-\037\177' |
  LC_ALL=C sed "s/$(printf '\302')[$(printf '\200')-$(printf '\237')]//g; s/##\([a-z]*\[\)/# #\1/g")
case $body in
  '{'*) printf '%s\n' "$body" ;;
esac

case $status in
  # Others than slod may answer with these, so the verdict is looked for too.
  200) verdict=allow result=0 ;;
  423) verdict=deny result=1 ;;
  503) verdict=inconclusive result=2 ;;
  400 | 404) fail "slod refuses the question, with status $status" ;;
  3??) unknown 3 "$when_down" "expected a verdict from $url, found a redirect: it is not followed" ;;
  *) unknown 3 "$when_down" "expected a verdict from $url, found status $status" ;;
esac
case $body in
  "{\"service\":\"$service\",\"change\":\"$change\",\"verdict\":\"$verdict\","*) ;;
  *) unknown 3 "$when_down" "expected a verdict from $url, found status $status without one" ;;
esac
[ "$result" != 2 ] || unknown 2 "$when_inconclusive" "slod does not know whether to deploy"
exit "$result"
