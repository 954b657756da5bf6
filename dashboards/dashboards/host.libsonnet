// SPDX-License-Identifier: Apache-2.0
// One host, from "is it broken" down to the monitor's own cost.
local dashboard = import '../lib/dashboard.libsonnet';

function(config)
  local context = {
    config: config,
    selector: 'job=~"$job", instance="$instance"',
    // of the services that Key Vault depends on, and those of the configuration
    watched: self.selector + ', service!="other"',
  };
  dashboard.new(
    uid=config.dashboardUids.host,
    title='egresswatch / one host',
    description='Whether Azure Key Vault can be reached from one host, and if not: for whom, where it dies and why.',
    tags=config.dashboardTags,
    variables=[
      dashboard.datasourceVariable,
      dashboard.labelVariable('job', 'Job', 'egresswatch_build_info', several=true),
      dashboard.labelVariable('instance', 'Host', 'egresswatch_build_info{job=~"$job"}', several=false),
    ],
    links=[
      dashboard.link('All hosts', '/d/' + config.dashboardUids.fleet, 'the fleet that this host belongs to'),
      dashboard.page('What each failure means', config.docsUrl + '/failures.md', 'stage and cause, and what to do'),
    ],
    rows=[
      (import 'host/verdict.libsonnet')(context),
      (import 'host/endpoints.libsonnet')(context),
      (import 'host/names.libsonnet')(context),
      (import 'host/latency.libsonnet')(context),
      (import 'host/unexpected.libsonnet')(context),
      (import 'host/monitor.libsonnet')(context),
    ]
  )
