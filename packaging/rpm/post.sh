#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# After installation ($1 = 1) and upgrade ($1 = 2). Whether a new service starts is the distribution's preset to say.
systemd-sysusers egresswatch.conf || :
systemd-tmpfiles --create egresswatch.conf || :
if [ -d /run/systemd/system ]; then systemctl daemon-reload || :; fi
if [ "$1" -eq 1 ]; then systemctl --no-reload preset egresswatch.service || :; fi
