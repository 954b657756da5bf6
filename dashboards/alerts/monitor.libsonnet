// SPDX-License-Identifier: Apache-2.0
// The monitor itself: while one of these fires, silence of the others says nothing.
function(config)
  local make = (import 'alert.libsonnet')(config);
  local host = config.hostLabels;
  [
    make.alert(
      'EgresswatchDown',
      'critical',
      'up{%s} == 0' % config.selector,
      'egresswatch on {{ $labels.instance }} does not answer',
      'Prometheus cannot scrape it. Nothing is known of the connections of this host.',
      config.monitorFor,
    ),
    make.alert(
      'EgresswatchMissing',
      'warning',
      'last_over_time(up{%(ours)s}[%(range)s]) unless up{%(ours)s}'
      % { ours: config.selector, range: config.missedFor },
      'egresswatch on {{ $labels.instance }} was there and is gone',
      'Nothing was heard of this host for some minutes, though it was there within the last ' + config.missedFor
      + ': it left service discovery, or its agent does not push any more.',
      config.monitorFor,
    ),
    make.alert(
      'EgresswatchAbsent',
      'critical',
      'absent(up{%s})' % config.selector,
      'No egresswatch is scraped at all',
      'There is no target with %s: service discovery or the name of the job is wrong, or every host is gone.'
      % config.selector,
      config.monitorFor,
    ),
    make.alert(
      'EgresswatchProbeDetached',
      'warning',
      'egresswatch_probe_attached{%s, probe!~"%s"} == 0' % [config.selector, config.optionalProbes],
      'The probe {{ $labels.probe }} of egresswatch on {{ $labels.instance }} is not attached',
      'What this probe sees is missing from every other metric of this host. Its log says why: journalctl -u '
      + 'egresswatch',
      config.monitorFor,
    ),
    make.alert(
      'EgresswatchDataIncomplete',
      'warning',
      'egresswatch_data_complete{%s} == 0' % config.selector,
      'egresswatch on {{ $labels.instance }} knows that its picture is incomplete',
      'Events were lost and the open sockets could not be read again since. Counters are lower bounds.',
      config.monitorFor,
    ),
    make.alert(
      'EgresswatchEventsLost',
      'warning',
      make.grew('egresswatch_events_lost_total', 'reason!~"dns_.+"', host + ', reason', '10m') + '> 0',
      'egresswatch on {{ $labels.instance }} lost events: {{ $labels.reason }}',
      '{{ printf "%.0f" $value }} events of the last 10m are missing from every metric. The host is busier than '
      + 'the ring or a table is large.',
    ),
    make.alert(
      'EgresswatchStarved',
      'warning',
      |||
        label_replace(%(evictions)s> 0, "what", "table $1 is full", "table", "(.*)")
        or label_replace(%(overflow)s> 0, "what", "no room for more series of $1", "metric", "(.*)")
        or label_replace(%(history)s> 0, "what", "the history cannot be written: $1", "reason", "(.*)")
        or label_replace(%(lines)s> 0, "what", "the file of events cannot be written: $1", "reason", "(.*)")
        or label_replace(
          rate(process_cpu_seconds_total{%(ours)s}[5m]) > %(cores)s, "what", "it uses too much CPU", "", ""
        )
        or label_replace(
          scrape_duration_seconds{%(ours)s} > %(scrape)s, "what", "a scrape takes too long", "", ""
        )
      ||| % {
        evictions: make.grew('egresswatch_table_evictions_total', 'table!~"recent_.*"', host + ', table', '10m'),
        overflow: make.grew('egresswatch_series_overflow_total', '', host + ', metric', '10m'),
        history: make.grew('egresswatch_history_lost_total', '', host + ', reason', '10m'),
        lines: make.grew('egresswatch_event_lines_lost_total', '', host + ', reason', '10m'),
        ours: config.selector,
        cores: config.busyCores,
        scrape: config.slowScrapeSeconds,
      },
      'egresswatch on {{ $labels.instance }} is starved: {{ $labels.what }}',
      'It goes on, with less: names, units or history of some connections are missing. Enlarge the limit in the '
      + 'configuration, or make room.',
      config.monitorFor,
    ),
    make.alert(
      'EgresswatchReloadFailed',
      'warning',
      'egresswatch_config_last_reload_successful{%s} == 0' % config.selector,
      'egresswatch on {{ $labels.instance }} refused its configuration',
      'The old one stays in force. egresswatch config check says file, line and key.',
      config.monitorFor,
    ),
  ]
