// SPDX-License-Identifier: Apache-2.0
// One host is its own trouble; one cause on many hosts is a firewall, a zone or Azure.
local dashboard = import '../../lib/dashboard.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local words = import '../../lib/words.libsonnet';
local sized = dashboard.sized;

function(context)
  local watched = context.watched;
  local failures(by) = queries.increase('egresswatch_connection_failures_total', watched, by) + ' > 0';
  local shown(by) = queries.increaseShown('egresswatch_connection_failures_total', watched, by) + ' > 0';
  local questions(by) = queries.increaseShown('egresswatch_dns_failures_total', watched, by) + ' > 0';
  local asStage(expr) = 'label_replace(%s, "stage", "dns", "", "")' % expr;

  {
    title: 'What the hosts have in common',
    panels: [
      sized(12, 9, panels.table(
        'Causes over hosts',
        |||
          In the time shown: for each service, stage and cause the hosts it happened to, and how often. Failed DNS
          questions have the stage dns. The cause leads to what it means and what to do.
        |||,
        [
          panels.rows('count by (service, stage, cause) (%s or %s)' % [
            shown('instance, service, stage, cause'),
            asStage(questions('instance, service, cause')),
          ]),
          panels.rows('%s or %s' % [shown('service, stage, cause'), asStage(questions('service, cause'))]),
        ],
        [
          panels.column('service', 'Service', width=120),
          panels.column('stage', 'Stage', width=90),
          panels.column('cause', 'Cause', link={
            title: 'What it means and what to do',
            url: context.config.docsUrl + '/failures.md',
            targetBlank: true,
          }),
          panels.number('Value #A', 'Hosts', thresholds=words.anyIsBad, width=90),
          panels.number('Value #B', 'Failures', width=90),
        ],
        sortBy='Hosts',
        noValue='No failure among what was watched',
      )),
      sized(12, 9, panels.table(
        'Endpoints that fail on most hosts',
        'The fifty endpoints that failed on the most hosts in the time shown, connections and DNS questions alike.',
        [panels.rows(
          'topk(50, count by (service, host) (%s or %s))'
          % [shown('instance, service, host'), questions('instance, service, host')]
        )],
        [
          panels.column('service', 'Service', width=120),
          panels.column('host', 'Endpoint'),
          panels.number('Value', 'Hosts', thresholds=words.anyIsBad, width=90),
        ],
        sortBy='Hosts',
        noValue='No failure among what was watched',
      )),
      sized(12, 8, panels.timeseries(
        'Hosts with failures, by cause',
        |||
          Hosts on which a connection failed within each interval. A step on many hosts at once is a change in the
          network.
        |||,
        [panels.range('count by (stage, cause) (%s)' % failures('instance, stage, cause'), '{{stage}}/{{cause}}')],
        stack=false,
        noValue='No failure among what was watched',
      )),
      sized(12, 8, panels.timeseries(
        'Failed share of attempts, by service',
        'Failed connections per attempt, over all hosts. 0 % is fine; a gap means that nobody tried.',
        [panels.range(
          'clamp_max(%s / %s, 1)' % [
            queries.increase('egresswatch_connection_failures_total', watched, 'service'),
            '(%s > 0)' % queries.increase('egresswatch_connection_attempts_total', watched, 'service'),
          ],
          '{{service}}'
        )],
        unit='percentunit',
        max=1,
        noValue='No attempts',
      )),
      sized(12, 8, panels.timeseries(
        'Time to connect, by service',
        |||
          95th percentile of the TCP handshake over all hosts, of those that succeeded. A gap means that nobody
          connected.
        |||,
        [panels.range(
          queries.quantile(0.95, 'egresswatch_connect_duration_seconds', watched, 'service'),
          '{{service}}'
        )],
        unit='s',
        noValue='No connections',
      ) + panels.limit(1)),
      sized(12, 8, panels.timeseries(
        'Failures of the ten worst hosts',
        'Failed connections within each interval, of the ten hosts that have the most of them then.',
        [panels.range('topk(10, %s)' % failures('instance'), '{{instance}}')],
        noValue='No failure among what was watched',
      )),
    ],
  }
