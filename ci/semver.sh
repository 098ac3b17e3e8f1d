#!/usr/bin/env bash
# Compares the public interface with that of an earlier revision: whether what has changed since fits the version
# number. Some minutes the first time, for cargo-semver-checks; then one minute for each package.
#
#   ci/semver.sh                the last tag, or the first commit if there is none yet
#   ci/semver.sh main           this revision
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/tools.sh
tool cargo-semver-checks 0.51.0
baseline=${1:-$(git describe --tags --abbrev=0 2>/dev/null || git rev-list --max-parents=0 HEAD | tail -n 1)}
cargo semver-checks --workspace --exclude concurrent-futures-benches --baseline-rev "$baseline"
