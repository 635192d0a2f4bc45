#!/usr/bin/env bash
# Builds what the tests of deploy/ use where it is there, into build/tools: `validate`, which is the
# validation of Kubernetes as a program, and helm. Needs Go 1.26; takes some minutes and 2 GB the
# first time.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v go >/dev/null || { echo "deploy_tools: expected go (1.26 or newer), found none" >&2; exit 1; }
mkdir -p build/tools
tools=$PWD/build/tools
echo "deploy_tools: building validate" >&2
(cd tests/deploy/validate && go build -o "$tools/validate" .)
echo "deploy_tools: building helm" >&2
GOBIN=$tools go install helm.sh/helm/v3/cmd/helm@v3.22.0
