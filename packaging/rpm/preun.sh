#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Before the last version goes ($1 = 0), not before an upgrade.
if [ "$1" -eq 0 ]; then
  systemctl --no-reload disable egresswatch.service || :
  if [ -d /run/systemd/system ]; then systemctl stop egresswatch.service || :; fi
fi
