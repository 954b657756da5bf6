// SPDX-License-Identifier: Apache-2.0
{
  local config = $._config,
  grafanaDashboards+:: {
    'egresswatch-host.json': (import 'host.libsonnet')(config),
    'egresswatch-fleet.json': (import 'fleet.libsonnet')(config),
  },
}
