// SPDX-License-Identifier: Apache-2.0
// All hosts of a job: which are the worst, what ails many of them, which fell silent.
local dashboard = import '../lib/dashboard.libsonnet';

function(config)
  local context = {
    config: config,
    selector: 'job=~"$job", instance=~"$instance"',
    watched: self.selector + ', service=~"$service", service!="other"',
    // of a column that names hosts, to the dashboard of each
    toHost: {
      title: 'Open this host',
      url: '/d/%s?${datasource:queryparam}&${job:queryparam}&var-instance=${__value.text}&${__url_time_range}'
           % config.dashboardUids.host,
      targetBlank: false,
    },
  };
  dashboard.new(
    uid=config.dashboardUids.fleet,
    title='egresswatch / fleet',
    description='The hosts that cannot reach Azure Key Vault, what they have in common, and those that fell silent.',
    tags=config.dashboardTags,
    variables=[
      dashboard.datasourceVariable,
      dashboard.labelVariable('job', 'Job', 'egresswatch_build_info', several=true),
      dashboard.labelVariable('instance', 'Host', 'egresswatch_build_info{job=~"$job"}', several=true),
      dashboard.labelVariable('service', 'Service', 'egresswatch_connection_attempts_total{job=~"$job"}', several=true),
      dashboard.durationVariable('quiet', 'Quiet for', ['15m', '5m', '1h', '6h', '1d']),
    ],
    links=[
      dashboard.link('One host', '/d/' + config.dashboardUids.host, 'everything about a host'),
      dashboard.page('What each failure means', config.docsUrl + '/failures.md', 'stage and cause, and what to do'),
    ],
    rows=[
      (import 'fleet/verdict.libsonnet')(context),
      (import 'fleet/causes.libsonnet')(context),
      (import 'fleet/silent.libsonnet')(context),
      (import 'fleet/names.libsonnet')(context),
      (import 'fleet/monitors.libsonnet')(context),
    ]
  )
