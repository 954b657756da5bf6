// SPDX-License-Identifier: Apache-2.0
// Recording rules: those that begin with `instance` are what a fleet keeps of each host, fewer than 20 series; those
// that
// begin with `job` or `service` are over all hosts. Names are level:metric:operations.
{
  local config = $._config,
  local ours = config.selector,
  local host = config.hostLabels,
  // what nobody knows is told by unexpected connections; WireServer goes with the instance metadata
  local services = 'service!~"other|wireserver"',
  local rule(record, expr) = { record: record, expr: std.stripChars(expr, '\n') },

  prometheusRules+:: {
    groups+: [
      {
        name: 'egresswatch-host',
        rules: [
          // services that nobody uses have no series here
          rule('instance_service:egresswatch_connection_attempts:rate5m',
               'sum by (%s, service) (rate(egresswatch_connection_attempts_total{%s, %s}[5m])) > 0'
               % [host, ours, services]),
          rule('instance_service:egresswatch_connection_failures:rate5m',
               'sum by (%s, service) (rate(egresswatch_connection_failures_total{%s, %s, stage!="data"}[5m])) > 0'
               % [host, ours, services]),
          rule('instance:egresswatch_dns_failures:rate5m',
               'sum by (%s) (rate(egresswatch_dns_failures_total{%s, service!="other"}[5m]))' % [host, ours]),
          rule('instance:egresswatch_unexpected_connections:rate5m',
               'sum by (%s) (rate(egresswatch_unexpected_connections_total{%s, reason!="outside_service_tag"}[5m]))'
               % [host, ours]),
          rule('instance:egresswatch_key_vault_last_success_timestamp_seconds:max',
               'max by (%s) (egresswatch_last_success_timestamp_seconds{%s, service=~"key_vault|managed_hsm"})'
               % [host, ours]),
          rule('instance:egresswatch_data_complete:min',
               |||
                 min by (%(host)s) (
                   egresswatch_data_complete{%(ours)s}
                   or egresswatch_probe_attached{%(ours)s, probe!~"%(optional)s"}
                 )
               ||| % { host: host, ours: ours, optional: config.optionalProbes }),
        ],
      },
      {
        name: 'egresswatch-fleet',
        rules: [
          rule('service_stage_cause:egresswatch_connection_failures:rate5m',
               'sum by (job, service, stage, cause) (rate(egresswatch_connection_failures_total{%s}[5m])) > 0' % ours),
          rule('service:egresswatch_connection_attempts:rate5m',
               'sum by (job, service) (rate(egresswatch_connection_attempts_total{%s}[5m])) > 0' % ours),
          rule('service:egresswatch_failing_hosts:count',
               |||
                 count by (job, service) (
                   instance_service:egresswatch_connection_failures:rate5m
                   / on (%(host)s, service) instance_service:egresswatch_connection_attempts:rate5m > %(ratio)s
                 )
               ||| % { host: host, ratio: config.failingRatio }),
          rule('job:egresswatch_hosts:count', 'count by (job) (up{%s})' % ours),
          rule('job:egresswatch_hosts_up:sum', 'sum by (job) (up{%s})' % ours),
        ],
      },
    ],
  },
}
