# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# To be sourced. Packages of another Debian suite, from the mirror of this machine's own apt configuration. apt keeps what it
# needs for that in a directory of the caller's, so the machine's own lists and packages stay as they are.

# suite_apt_open SUITE DIRECTORY: fetches the lists and sets the array suite_apt, the options for apt-get and apt-cache.
# What apt-get said is in DIRECTORY/update.log; fails only when this machine's configuration names no source.
suite_apt_open() {
  local suite=$1 work=$2
  mkdir -p "$work"/{lists/partial,archives/partial,parts}
  "$(dirname "${BASH_SOURCE[0]}")/own-sources" "$suite" >"$work/sources.list" || return 1
  suite_apt=(-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts="$work/parts"
    -o Dir::State::lists="$work/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$work"
    -o Dir::Cache::archives="$work/archives" -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts="$work/parts"
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=2 -o APT::Update::Post-Invoke::=
    -o APT::Update::Post-Invoke-Success::= -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30)
  # A suite that has moved to the archive may still have its security updates here, so one failed source is not the end.
  apt-get "${suite_apt[@]}" -qq update >"$work/update.log" 2>&1 || true
}

# suite_apt_failure DIRECTORY: the first line that says what went wrong.
suite_apt_failure() {
  grep -m 1 -E '^(E:|W: Failed)' "$1/update.log" || echo 'package not found'
}
