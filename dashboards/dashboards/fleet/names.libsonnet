// SPDX-License-Identifier: Apache-2.0
// DNS, private endpoints and unexpected destinations, over hosts.
local dashboard = import '../../lib/dashboard.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local words = import '../../lib/words.libsonnet';
local sized = dashboard.sized;

function(context)
  local selector = context.selector;
  {
    title: 'DNS, private endpoints, unexpected destinations',
    panels: [
      sized(12, 8, panels.table(
        'Private endpoint state',
        |||
          What each vault resolves to, and on how many hosts. The same vault with two kinds: some resolvers know the
          private zone and some do not.
        |||,
        [
          panels.rows('count by (service, host, kind) (egresswatch_host_resolution{%s} == 1)' % context.watched),
          panels.rows(queries.resolution(context.watched, 'service, host, kind')),
        ],
        [
          panels.column('service', 'Service', width=120),
          panels.column('host', 'Endpoint'),
          panels.column('kind', 'Resolves to', mappings=words.resolution),
          panels.number('Value #A', 'Hosts', width=70),
          panels.number('Value #B', 'Verdict', mappings=words.verdict, width=110),
        ],
        sortBy='Verdict',
        noValue='No vault was asked for',
      )),
      sized(12, 8, panels.timeseries(
        'Failed questions by cause',
        'DNS questions of watched endpoints without a usable answer, within each interval, over all hosts.',
        [panels.range(
          queries.increase('egresswatch_dns_failures_total', context.watched, 'cause') + ' > 0',
          '{{cause}}'
        )],
        stack=true,
        noValue='No question failed among what was watched',
      )),
      sized(12, 8, panels.table(
        'Unexpected destinations',
        |||
          Connections and flows that the policies of the hosts do not expect, in the time shown: the fifty hosts and
          units with the most.
        |||,
        [panels.rows(
          'topk(50, %s) > 0' % queries.increaseShown(
            'egresswatch_unexpected_connections_total', selector, 'job, instance, reason, unit'
          )
        )],
        [
          panels.column('instance', 'Host', link=context.toHost),
          panels.column('unit', 'Unit'),
          panels.column('reason', 'Reason'),
          panels.number('Value', 'Connections', thresholds=words.anyIsOdd, width=120),
        ],
        sortBy='Connections',
        noValue='Nothing unexpected was seen',
      )),
      sized(12, 8, panels.timeseries(
        'Unexpected by reason',
        'Unexpected connections and flows within each interval, over all hosts. A gap: no daemon answered.',
        [panels.range(queries.increase('egresswatch_unexpected_connections_total', selector, 'reason'), '{{reason}}')],
        stack=true,
      )),
    ],
  }
