// SPDX-License-Identifier: Apache-2.0
// Each alert has a page in docs/alerts, tests in dashboards/tests, and says what is wrong where, for whom.
{
  local config = $._config,
  prometheusAlerts+:: {
    groups+: [
      { name: 'egresswatch-destinations', rules: (import 'destinations.libsonnet')(config) },
      { name: 'egresswatch-names', rules: (import 'names.libsonnet')(config) },
      { name: 'egresswatch-unexpected', rules: (import 'unexpected.libsonnet')(config) },
      { name: 'egresswatch-monitor', rules: (import 'monitor.libsonnet')(config) },
    ],
  },
}
