// SPDX-License-Identifier: Apache-2.0
// What this host connects to although nobody expects it.
local dashboard = import '../../lib/dashboard.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local words = import '../../lib/words.libsonnet';
local sized = dashboard.sized;

function(context)
  local selector = context.selector;
  local metric = 'egresswatch_unexpected_connections_total';
  {
    title: 'Unexpected destinations',
    panels: [
      sized(12, 8, panels.timeseries(
        'Unexpected by reason',
        |||
          Connections and flows, within each interval, that the policy of this host does not expect. Always 0 without a
          policy, but for endpoints of another cloud and vaults at the wrong address. A gap: the daemon was down.
        |||,
        [panels.range(queries.increase(metric, selector, 'reason'), '{{reason}}')],
        stack=true,
      )),
      sized(12, 8, panels.table(
        'Who connects where nobody expects it',
        |||
          In the time shown, most first. Destinations are no labels: `egresswatch observe` and `egresswatch report` on
          the host name them.
        |||,
        [panels.rows('topk(100, %s) > 0' % queries.increaseShown(metric, selector, 'reason, unit, process'))],
        [
          panels.column('unit', 'Unit'),
          panels.column('process', 'Process'),
          panels.column('reason', 'Reason'),
          panels.number('Value', 'Connections', thresholds=words.anyIsOdd, width=120),
        ],
        sortBy='Connections',
        noValue='Nothing unexpected was seen',
      )),
    ],
  }
