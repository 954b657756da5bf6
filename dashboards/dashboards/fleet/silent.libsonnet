// SPDX-License-Identifier: Apache-2.0
// No failures are good news only from hosts that still speak, and still try.
local dashboard = import '../../lib/dashboard.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local words = import '../../lib/words.libsonnet';
local sized = dashboard.sized;

function(context)
  local selector = context.selector;
  local seen = 'timestamp(egresswatch_build_info{%s})[$__range:]' % selector;
  local attempts = 'egresswatch_connection_attempts_total{%s}' % context.watched;
  {
    title: 'Hosts that fell silent',
    panels: [
      sized(8, 8, panels.timeseries(
        'Hosts that answer',
        'Hosts whose daemon answered Prometheus, and those that it could not reach.',
        [
          panels.range('sum by (job) (up{%s})' % selector, '{{job}} answer'),
          panels.range('count by (job) (up{%s} == 0)' % selector, '{{job}} do not answer'),
        ],
      )),
      sized(8, 8, panels.table(
        'Silent hosts',
        |||
          Hosts that were seen in the time shown and do not answer now, with the time since the last answer. Nothing
          is known of them since.
        |||,
        [panels.rows(
          'time() - max by (job, instance) (max_over_time(%s)) unless on (job, instance) (up{%s} == 1)'
          % [seen, selector]
        )],
        [
          panels.column('instance', 'Host', link=context.toHost),
          panels.column('job', 'Job', width=130),
          panels.number('Value', 'Last answer ago', unit='s', width=150),
        ],
        sortBy='Last answer ago',
        noValue='Every host that was seen answers',
      )),
      sized(8, 8, panels.table(
        'Hosts that stopped trying',
        |||
          Hosts that answer, and tried to reach a watched service in the time shown, but not within "Quiet for"
          (above). No failures there means that nobody tried: is the application down?
        |||,
        [panels.rows(
          |||
            round(
              sum by (job, instance) (increase(%(a)s[$__range])) > 0
              unless on (job, instance) sum by (job, instance) (increase(%(a)s[$quiet])) > 0
            ) and on (job, instance) egresswatch_build_info{%(s)s}
          ||| % { a: attempts, s: selector }
        )],
        [
          panels.column('instance', 'Host', link=context.toHost),
          panels.column('job', 'Job', width=130),
          panels.number('Value', 'Attempts before', width=150, thresholds=words.anyIsOdd),
        ],
        sortBy='Attempts before',
        noValue='Every host that tried still tries',
      )),
    ],
  }
