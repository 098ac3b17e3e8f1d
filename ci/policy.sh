#!/usr/bin/env bash
# Checks what we depend on (licences, sources, duplicates: deny.toml) and how we spell (typos.toml). Seconds, and
# some minutes the first time, for cargo-deny and typos.
#
#   ci/policy.sh                what needs no network but the registry
#   ci/policy.sh advisories     known vulnerabilities as well, from the database of RustSec, which is a git repository
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/tools.sh
tool cargo-deny 0.20.2
tool typos-cli 1.52.0 typos
typos
cargo deny --all-features --locked check bans licenses sources "$@"
