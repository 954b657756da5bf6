// SPDX-License-Identifier: Apache-2.0
// What somebody who was woken up asks first: is it broken, for whom, where?
local dashboard = import '../../lib/dashboard.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local words = import '../../lib/words.libsonnet';
local sized = dashboard.sized;

function(context)
  local selector = context.selector;
  local watched = context.watched;

  local failures =
    local connections = queries.increaseShown(
      'egresswatch_connection_failures_total', watched, 'service, host, unit, stage, cause'
    );
    local questions = queries.increaseShown('egresswatch_dns_failures_total', watched, 'service, host, cause');
    'topk(100, %s or label_replace(%s, "stage", "dns", "", "")) > 0' % [connections, questions];

  local share =
    'clamp_max(%s / %s, 1)' % [
      queries.increase('egresswatch_connection_failures_total', watched, 'service'),
      '(%s > 0)' % queries.increase('egresswatch_connection_attempts_total', watched, 'service'),
    ];

  {
    title: 'Is it broken, for whom, where',
    panels: [
      sized(4, 6, panels.stat(
        'Monitor',
        |||
          Whether the rest of this page can be believed. Down: the daemon does not answer, and nothing is known. Blind
          in part: a probe is missing, events were lost in the time shown, or the state after a loss is not known
          again. Not scraped: Prometheus does not know this host.
        |||,
        [panels.instant(queries.monitor(selector, 'instance', context.config.optionalProbes), 'Monitor')],
        mappings=words.monitor,
        noValue='Not scraped',
      )),
      sized(20, 6, panels.stat(
        'Can Key Vault be reached: by function of the firewall page',
        |||
          The worst endpoint of each function, in the time shown. Failing: the last outcome of an endpoint was a
          failure, or its name could not be resolved and nothing got through. Some failed: it failed, and worked again
          later. OK: answers came, and nothing failed. No traffic: nobody tried. No data: see Monitor.
        |||,
        [
          panels.instant(queries.state('%s, service=~"%s"' % [selector, f.services], 'instance'), f.title)
          for f in words.functions
        ] + [
          panels.instant(
            queries.state('%s, service!~"%s|other"' % [selector, words.known], 'instance, service'), '{{service}}'
          ),
        ],
        mappings=words.state,
      )),
      sized(16, 9, panels.table(
        'What fails, for whom, where, why',
        |||
          Failures in the time shown, most first: the endpoint, the systemd unit (or container, or process) that wanted
          it, the stage at which it died, and the cause. A failed DNS question has the stage dns and no unit.
          The cause leads to what it means and what to do.
        |||,
        [panels.rows(failures)],
        [
          panels.column('service', 'Service', width=100),
          panels.column('host', 'Endpoint'),
          panels.column('unit', 'Unit'),
          panels.column('stage', 'Stage', width=80),
          panels.column('cause', 'Cause', width=260, link={
            title: 'What it means and what to do',
            url: context.config.docsUrl + '/failures.md',
            targetBlank: true,
          }),
          panels.number('Value', 'Failures', thresholds=words.anyIsBad, width=90),
        ],
        sortBy='Failures',
        noValue='No failure among what was watched; Monitor says whether it was watched',
      )),
      sized(8, 9, panels.table(
        'Alerts of this host',
        |||
          Alerts of egresswatch that fire or wait to fire; each leads to its runbook. Needs the alerting rules of this
          mixin in the Prometheus that answers.
        |||,
        [panels.rows('max by (alertname, alertstate, severity) (ALERTS{%s, alertname=~"%s"})' % [
          selector,
          context.config.alertNames,
        ])],
        [
          panels.column('alertname', 'Alert', link={
            title: 'Runbook',
            url: context.config.runbookUrl % '${__value.text}',
            targetBlank: true,
          }),
          panels.column('severity', 'Severity', width=90),
          panels.column('alertstate', 'State', mappings=words.alertState, width=80),
        ],
        sortBy='State',
        desc=false,
        noValue='No alert fires, or the rules are not loaded',
      )),
      sized(12, 8, panels.timeseries(
        'Failures by stage and cause',
        |||
          Failed connections within each interval. Nothing is drawn where nothing was counted, also when the daemon
          was down.
        |||,
        [panels.range(
          queries.increase('egresswatch_connection_failures_total', watched, 'stage, cause') + ' > 0',
          '{{stage}}/{{cause}}'
        )],
        stack=true,
        noValue='No failure among what was watched',
      )),
      sized(12, 8, panels.timeseries(
        'Failed share of attempts',
        'Failed connections per attempt, by service. 0 % is fine; a gap means that nobody tried.',
        [panels.range(share, '{{service}}')],
        unit='percentunit',
        max=1,
        noValue='No attempts',
      )),
    ],
  }
