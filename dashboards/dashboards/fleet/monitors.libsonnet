// SPDX-License-Identifier: Apache-2.0
// Versions, health and cost of the daemons.
local dashboard = import '../../lib/dashboard.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local words = import '../../lib/words.libsonnet';
local sized = dashboard.sized;

function(context)
  local selector = context.selector;
  local spread(expr) = [
    panels.range('max(%s)' % expr, 'highest'),
    panels.range('quantile(0.5, %s)' % expr, 'median'),
  ];
  {
    title: 'The monitors themselves',
    panels: [
      sized(12, 7, panels.table(
        'Versions',
        'Hosts by version of the daemon and of the kernel.',
        [panels.rows('count by (version, revision, kernel) (egresswatch_build_info{%s})' % selector)],
        [
          panels.column('version', 'Version', width=100),
          panels.column('revision', 'Revision'),
          panels.column('kernel', 'Kernel'),
          panels.number('Value', 'Hosts', width=80),
        ],
        sortBy='Hosts',
        noValue='No daemon answers',
      )),
      sized(12, 7, panels.table(
        'Health',
        |||
          The fifty daemons that can be believed least: Down and Blind in part come first. A host opens its own
          dashboard.
        |||,
        [panels.rows('bottomk(50, %s)' % queries.monitor(selector, 'job, instance', context.config.optionalProbes))],
        [
          panels.column('instance', 'Host', link=context.toHost),
          panels.column('job', 'Job', width=130),
          panels.number('Value', 'Monitor', mappings=words.monitor, width=130),
        ],
        sortBy='Monitor',
        desc=false,
        noValue='No host is known',
      )),
      sized(6, 7, panels.timeseries(
        'Processor',
        'Share of one processor that a daemon needs: the highest of all hosts, and the median.',
        spread('rate(process_cpu_seconds_total{%s}[$__rate_interval])' % selector),
        unit='percentunit',
      )),
      sized(6, 7, panels.timeseries(
        'Memory',
        'Resident memory of a daemon: the highest of all hosts, and the median.',
        spread('process_resident_memory_bytes{%s}' % selector),
        unit='bytes',
      ) + panels.limit(64 * 1024 * 1024)),
      sized(6, 7, panels.timeseries(
        'Hosts that lost records',
        |||
          Hosts whose daemon lost kernel records within each interval, by reason. dns_unmatched are answers that
          nobody asked for.
        |||,
        [panels.range(
          'count by (reason) (increase(egresswatch_events_lost_total{%s}[$__rate_interval]) > 0)' % selector,
          '{{reason}}'
        )],
        noValue='No record was lost, or all are down',
      )),
      sized(6, 7, panels.timeseries(
        'Series per host',
        'Samples that Prometheus took from a daemon with each scrape: the highest of all hosts, and the median.',
        spread('scrape_samples_scraped{%s}' % selector),
      )),
    ],
  }
