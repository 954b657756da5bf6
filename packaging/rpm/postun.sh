#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# After removal ($1 = 0) and upgrade ($1 = 1). A service that cannot start does not fail the upgrade.
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || :
  if [ "$1" -ge 1 ]; then systemctl try-restart egresswatch.service || :; fi
fi
