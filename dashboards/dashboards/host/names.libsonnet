// SPDX-License-Identifier: Apache-2.0
// DNS, and the private endpoints that it leads to or not.
local dashboard = import '../../lib/dashboard.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local words = import '../../lib/words.libsonnet';
local sized = dashboard.sized;

function(context)
  local selector = context.selector;
  local watched = context.watched;
  {
    title: 'DNS and private endpoints',
    panels: [
      sized(12, 8, panels.table(
        'Private endpoint state',
        |||
          What the last DNS answer says of each vault: public and private endpoint are both fine if they are meant.
          Public despite private link: the vault has a private endpoint, and this resolver does not know it. Record
          missing: the private zone is linked and lacks the vault. Sinkhole: a filter answered in place of the DNS.
        |||,
        [panels.rows(queries.resolution(selector, 'service, host, kind'))],
        [
          panels.column('service', 'Service', width=120),
          panels.column('host', 'Endpoint'),
          panels.column('kind', 'Resolves to', mappings=words.resolution),
          panels.number('Value', 'Verdict', mappings=words.verdict, width=110),
        ],
        sortBy='Verdict',
        noValue='No vault was asked for since the daemon started',
      )),
      sized(12, 8, panels.timeseries(
        'Failed questions by cause',
        'DNS questions of watched endpoints without a usable answer, within each interval.',
        [panels.range(
          queries.increase('egresswatch_dns_failures_total', watched, 'service, cause') + ' > 0',
          '{{service}} {{cause}}'
        )],
        stack=true,
        noValue='No question failed among what was watched',
      )),
      sized(8, 8, panels.timeseries(
        'Answers by code',
        'DNS answers within each interval. No answer at all is no code: see the failed questions.',
        [panels.range(queries.increase('egresswatch_dns_answers_total', watched, 'rcode') + ' > 0', '{{rcode}}')],
        stack=true,
        noValue='No answers',
      )),
      sized(8, 8, panels.timeseries(
        'Time to an answer',
        |||
          First query of a question to its answer: median and 99th percentile over all watched endpoints. A gap means
          that nobody asked.
        |||,
        [
          panels.range(queries.quantile(0.5, 'egresswatch_dns_duration_seconds', watched, 'instance'), 'median'),
          panels.range(
            queries.quantile(0.99, 'egresswatch_dns_duration_seconds', watched, 'instance'),
            '99th percentile'
          ),
        ],
        unit='s',
        noValue='No answers',
      ) + panels.limit(1)),
      sized(8, 8, panels.timeseries(
        'Where names came from',
        |||
          Connections by the source that named their destination: of those without a name (none) only the address is
          known, and they count as other.
        |||,
        [panels.range(
          'sum by (source) (rate(egresswatch_names_total{%s}[$__rate_interval])) > 0' % selector,
          '{{source}}'
        )],
        unit='cps',
        stack=true,
        noValue='No connections',
      )),
    ],
  }
