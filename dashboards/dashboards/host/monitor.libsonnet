// SPDX-License-Identifier: Apache-2.0
// The health and the cost of the daemon itself.
local dashboard = import '../../lib/dashboard.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local words = import '../../lib/words.libsonnet';
local sized = dashboard.sized;

function(context)
  local selector = context.selector;
  local grown(by, metric) = 'sum by (%s) (increase(%s{%s}[$__rate_interval]))' % [by, metric, selector];
  {
    title: 'The monitor itself',
    panels: [
      sized(4, 4, panels.stat(
        'Data complete',
        'No after events were lost, until the open connections are known again.',
        [panels.instant('min by (instance) (egresswatch_data_complete{%s})' % selector, 'Data complete')],
        mappings=words.yesNo,
        noValue='Down',
      )),
      sized(4, 4, panels.stat(
        'Configuration accepted',
        'No if the configuration was refused when it was last read; the one before is in force.',
        [panels.instant(
          'min by (instance) (egresswatch_config_last_reload_successful{%s})' % selector,
          'Configuration'
        )],
        mappings=words.yesNo,
        noValue='Down',
      )),
      sized(4, 4, panels.stat(
        'Running for',
        |||
          Since the daemon started. What it counted before is gone from its counters, not from the history of
          Prometheus.
        |||,
        [panels.instant(queries.age('process_start_time_seconds', selector, 'instance'), 'Running for')],
        unit='s',
        noValue='Down',
      )),
      sized(6, 4, panels.stat(
        'Probes attached',
        'Of those that the daemon has: the kernel refuses the others, or lacks them.',
        [panels.instant('avg by (instance) (egresswatch_probe_attached{%s})' % selector, 'Probes attached')],
        unit='percentunit',
        thresholds=[{ color: 'orange', value: null }, { color: 'green', value: 1 }],
        noValue='Down',
      )),
      sized(6, 4, panels.stat(
        'Last scrape took',
        'Time that Prometheus needed to read the metrics.',
        [panels.instant('max by (instance) (scrape_duration_seconds{%s})' % selector, 'Scrape')],
        unit='s',
        thresholds=[{ color: 'green', value: null }, { color: 'orange', value: 1 }, { color: 'red', value: 5 }],
        noValue='Not scraped',
      )),
      sized(8, 8, panels.table(
        'Version and missing probes',
        |||
          The version of the daemon and the kernel, and a row for each probe that could not be attached: bpf/README.md
          says what is lost without it. On many hosts the probe getaddrinfo is missing, and rightly.
        |||,
        [
          panels.rows('max by (version, revision, kernel) (egresswatch_build_info{%s})' % selector),
          panels.rows('max by (probe) (egresswatch_probe_attached{%s} == 0)' % selector),
        ],
        [
          panels.column('version', 'Version', width=100),
          panels.column('revision', 'Revision', width=120),
          panels.column('kernel', 'Kernel'),
          panels.column('probe', 'Probe not attached', thresholds=words.anyIsBad),
        ],
        sortBy='Version',
        noValue='Down',
      )),
      sized(8, 8, panels.timeseries(
        'Processor',
        |||
          Share of one processor that the daemon needs. The part of its kernel programs counts for whoever sends the
          packets.
        |||,
        [panels.range(
          'sum by (instance) (rate(process_cpu_seconds_total{%s}[$__rate_interval]))' % selector,
          'daemon'
        )],
        unit='percentunit',
      )),
      sized(8, 8, panels.timeseries(
        'Memory',
        'Resident memory of the daemon. The line is what it may need with every table full.',
        [panels.range('max by (instance) (process_resident_memory_bytes{%s})' % selector, 'resident')],
        unit='bytes',
      ) + panels.limit(64 * 1024 * 1024)),
      sized(8, 8, panels.timeseries(
        'File descriptors',
        'Open files, sockets and kernel objects of the daemon, as a share of its limit.',
        [panels.range(
          'max by (instance) (process_open_fds{%(s)s} / process_max_fds{%(s)s})' % { s: selector },
          'open'
        )],
        unit='percentunit',
        max=1,
      ) + panels.limit(0.8)),
      sized(8, 8, panels.timeseries(
        'Kernel records',
        'Records per second that came from the kernel, by type. None at all on a busy host is a fault.',
        [panels.range(
          'sum by (type) (rate(egresswatch_events_total{%s}[$__rate_interval])) > 0' % selector,
          '{{type}}'
        )],
        unit='cps',
        stack=true,
        noValue='No records, or down',
      )),
      sized(8, 8, panels.timeseries(
        'Records lost',
        |||
          Within each interval, by reason. ring_full: the daemon did not get the processor in time. dns_unmatched:
          answers that nobody asked for, which are left out on purpose.
        |||,
        [panels.range(grown('reason', 'egresswatch_events_lost_total') + ' > 0', '{{reason}}')],
        stack=true,
        noValue='None was lost, or down',
      )),
      sized(8, 9, panels.timeseries(
        'Pushed out of full tables',
        |||
          Within each interval: entries that had to leave a full table (and which), observations counted as other for
          want of series, and rows that the history could not keep. Tables recent_... are the memory of observe, status
          and explain, and make room all the time.
        |||,
        [
          panels.range(grown('instance', 'egresswatch_table_evictions_total'), 'tables'),
          panels.range(grown('table', 'egresswatch_table_evictions_total') + ' > 0', 'table {{table}}'),
          panels.range(grown('instance', 'egresswatch_series_overflow_total'), 'series'),
          panels.range(grown('instance', 'egresswatch_history_lost_total'), 'history'),
        ],
      )),
      sized(8, 9, panels.timeseries(
        'Entries of tables',
        'How many entries each table of bounded size holds.',
        [panels.range('max by (table) (egresswatch_table_entries{%s})' % selector, '{{table}}')],
      )),
      sized(8, 9, panels.timeseries(
        'Connections turned away',
        'By the metrics endpoint (too many at once) and by the control socket, by reason, within each interval.',
        [
          panels.range(grown('instance', 'egresswatch_http_connections_refused_total'), 'metrics endpoint'),
          panels.range(grown('reason', 'egresswatch_control_connections_refused_total'), 'control socket: {{reason}}'),
        ],
        stack=true,
      )),
    ],
  }
