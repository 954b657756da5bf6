// SPDX-License-Identifier: Apache-2.0
// How many hosts are in trouble, and which are the worst.
local dashboard = import '../../lib/dashboard.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local words = import '../../lib/words.libsonnet';
local sized = dashboard.sized;

function(context)
  local selector = context.selector;
  local watched = context.watched;
  // a count of hosts that is 0 as long as any host is known, and nothing when none is
  local seen = 'max by (job, instance) (last_over_time(egresswatch_build_info{%s}[$__range]))' % selector;
  local hosts(condition) = 'count(%s) or 0 * count(%s)' % [condition, seen];
  local state = queries.state(watched, 'job, instance');

  {
    title: 'Which hosts cannot reach Key Vault',
    panels: [
      sized(4, 4, panels.stat(
        'Hosts watched',
        'Hosts whose daemon answers now.',
        [panels.instant(hosts('up{%s} == 1' % selector), 'watched')],
        noValue='None known',
      )),
      sized(5, 4, panels.stat(
        'Failing',
        'Hosts of which an endpoint failed when it was tried last, or cannot be resolved, in the time shown.',
        [panels.instant(hosts('%s == 3' % state), 'failing')],
        thresholds=words.anyIsBad,
        noValue='None known',
      )),
      sized(5, 4, panels.stat(
        'Some failed',
        'Hosts where something failed in the time shown and worked again later.',
        [panels.instant(hosts('%s == 2' % state), 'some failed')],
        thresholds=words.anyIsOdd,
        noValue='None known',
      )),
      sized(5, 4, panels.stat(
        'Silent',
        |||
          Hosts that were seen in the time shown, and whose daemon does not answer now: see below. What happens there
          is not known.
        |||,
        [panels.instant(
          hosts('%s unless on (job, instance) (up{%s} == 1)' % [seen, selector]),
          'silent'
        )],
        thresholds=words.anyIsBad,
        noValue='None known',
      )),
      sized(5, 4, panels.stat(
        'Blind in part',
        |||
          Hosts whose daemon answers, but lacks a probe, lost events in the time shown, or does not have its state
          complete.
        |||,
        [panels.instant(
          hosts('%s == 1' % queries.monitor(selector, 'job, instance', context.config.optionalProbes)),
          'blind in part'
        )],
        thresholds=words.anyIsOdd,
        noValue='None known',
      )),
      sized(16, 10, panels.table(
        'Worst hosts',
        |||
          Hosts by failed connections in the time shown, most first, each with its worst state, how many services fail,
          and its attempts. A dash as state: the host is silent now. A host opens its own dashboard.
        |||,
        [
          panels.rows(
            queries.increaseShown('egresswatch_connection_failures_total', watched, 'job, instance') + ' > 0'
          ),
          panels.rows(
            queries.increaseShown('egresswatch_connection_attempts_total', watched, 'job, instance') + ' > 0'
          ),
          panels.rows(state),
          panels.rows('count by (job, instance) (%s == 3)' % queries.state(watched, 'job, instance, service')),
        ],
        [
          panels.column('instance', 'Host', link=context.toHost),
          panels.column('job', 'Job', width=130),
          panels.number('Value #C', 'State', mappings=words.state, width=120),
          panels.number('Value #D', 'Services failing', thresholds=words.anyIsBad, width=130),
          panels.number('Value #A', 'Failures', width=100),
          panels.number('Value #B', 'Attempts', width=100),
        ],
        sortBy='Failures',
        noValue='No host is known, or nobody tried',
      )),
      sized(8, 10, panels.table(
        'Alerts',
        |||
          Alerts of egresswatch that fire or wait to fire, with the number of hosts; each leads to its runbook. Needs
          the alerting rules of this mixin in the Prometheus that answers.
        |||,
        [panels.rows(
          'count by (alertname, alertstate) (max by (alertname, alertstate, job, instance) (%s))'
          % ('ALERTS{%s, alertname=~"%s"}' % [selector, context.config.alertNames])
        )],
        [
          panels.column('alertname', 'Alert', link={
            title: 'Runbook',
            url: context.config.runbookUrl % '${__value.text}',
            targetBlank: true,
          }),
          panels.column('alertstate', 'State', mappings=words.alertState, width=80),
          panels.number('Value', 'Hosts', width=70),
        ],
        sortBy='Hosts',
        noValue='No alert fires, or the rules are not loaded',
      )),
    ],
  }
