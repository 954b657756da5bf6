// SPDX-License-Identifier: Apache-2.0
// What the policy of a host does not expect. An address outside the published ranges is information only.
function(config)
  local make = (import 'alert.libsonnet')(config);
  [
    make.alert(
      'EgresswatchUnexpectedDestination',
      'warning',
      make.grew('egresswatch_unexpected_connections_total',
                'reason!="outside_service_tag"',
                config.hostLabels + ', reason, unit, process',
                '10m') + '> 0',
      '{{ $labels.process }} of {{ $labels.unit }} on {{ $labels.instance }} connects to where it is not '
      + 'expected to: {{ $labels.reason }}',
      '{{ printf "%.0f" $value }} connections in the last 10m that the policy does not expect. Where to: '
      + 'egresswatch observe --verdict unexpected --unit {{ $labels.unit }}',
      '0m',
    ),
  ]
