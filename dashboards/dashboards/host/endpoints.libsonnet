// SPDX-License-Identifier: Apache-2.0
// Which endpoints are used and by whom, and whether their bytes flow.
local dashboard = import '../../lib/dashboard.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local words = import '../../lib/words.libsonnet';
local sized = dashboard.sized;

function(context)
  local watched = context.watched;
  {
    title: 'Endpoints and units',
    panels: [
      sized(24, 9, panels.table(
        'Endpoints',
        |||
          Each endpoint with its state in the time shown (as above), how long ago an answer came last and a connection
          failed last, and the connections tried and failed in the time shown. Empty where it never happened.
        |||,
        [
          panels.rows('%s and on (service, host) (%s > 0 or %s > 0)' % [
            queries.state(watched, 'service, host'),
            'max by (service, host) (egresswatch_connection_attempts_total{%s})' % watched,
            'max by (service, host) (egresswatch_dns_failures_total{%s})' % watched,
          ]),
          panels.rows(queries.age('egresswatch_last_success_timestamp_seconds', watched, 'service, host')),
          panels.rows(queries.age('egresswatch_last_failure_timestamp_seconds', watched, 'service, host')),
          panels.rows(
            queries.increaseShown('egresswatch_connection_attempts_total', watched, 'service, host') + ' > 0'
          ),
          panels.rows(
            queries.increaseShown('egresswatch_connection_failures_total', watched, 'service, host') + ' > 0'
          ),
        ],
        [
          panels.column('service', 'Service', width=120),
          panels.column('host', 'Endpoint'),
          panels.number('Value #A', 'State', mappings=words.state, width=120),
          panels.number('Value #B', 'Last answer', unit='s', width=130),
          panels.number('Value #C', 'Last failure', unit='s', width=130),
          panels.number('Value #D', 'Attempts', width=110),
          panels.number('Value #E', 'Failures', width=110),
        ],
        sortBy='State',
        noValue='Nothing was tried',
      )),
      sized(12, 8, panels.timeseries(
        'Failures by unit',
        'Failed connections within each interval, by the systemd unit (or container, or process) that wanted them.',
        [panels.range(queries.increase('egresswatch_connection_failures_total', watched, 'unit') + ' > 0', '{{unit}}')],
        stack=true,
        noValue='No failure among what was watched',
      )),
      sized(12, 8, panels.timeseries(
        'Attempts by unit',
        'Connections tried within each interval. Who suddenly tries much more often is probably repeating what fails.',
        [panels.range(queries.increase('egresswatch_connection_attempts_total', watched, 'unit') + ' > 0', '{{unit}}')],
        stack=true,
        noValue='Nothing was tried',
      )),
      sized(12, 8, panels.timeseries(
        'Open connections',
        'Established now, by service, including those found when the daemon started.',
        [panels.range('sum by (service) (egresswatch_open_connections{%s})' % watched, '{{service}}')],
      )),
      sized(12, 8, panels.timeseries(
        'Payload',
        |||
          Bytes per second to (sent) and from (received) each service. They are counted when a connection ends, so
          that a long one is a peak at its end.
        |||,
        [
          panels.range(
            'sum by (service) (rate(egresswatch_received_bytes_total{%s}[$__rate_interval])) > 0' % watched,
            '{{service}} received'
          ),
          panels.range(
            'sum by (service) (rate(egresswatch_sent_bytes_total{%s}[$__rate_interval])) > 0' % watched,
            '{{service}} sent'
          ),
        ],
        unit='Bps',
        noValue='No connection ended',
      )),
    ],
  }
