// SPDX-License-Identifier: Apache-2.0
// Destinations that Key Vault depends on, and connections to them that fail.
function(config)
  local make = (import 'alert.libsonnet')(config);
  local where = config.hostLabels + ', service, host';
  local whose = where + ', unit';

  // Failures to reach it: what happens to a connection that worked (stage data) is another matter.
  local failing(name, severity, services, what, consequence) =
    local failures = 'service=~"%s", stage!="data"' % services;
    local attempts = make.grew('egresswatch_connection_attempts_total', 'service=~"%s"' % services, whose);
    make.alert(
      name,
      severity,
      |||
        %(failed)s> 0
        and on (%(whose)s) (
          %(all_failed)s/ on (%(whose)s)
          %(attempts)s> %(ratio)s
        )
        and on (%(whose)s) %(attempts)s>= %(floor)s
      ||| % {
        failed: make.grew('egresswatch_connection_failures_total', failures, whose + ', stage, cause'),
        all_failed: make.grew('egresswatch_connection_failures_total', failures, whose),
        attempts: attempts,
        whose: whose,
        ratio: config.failingRatio,
        floor: config.minAttempts,
      },
      what + ' {{ $labels.host }} cannot be reached from {{ $labels.instance }} by {{ $labels.unit }}: {{ '
      + '$labels.stage }}/{{ $labels.cause }}',
      'Most connections of {{ $labels.unit }} to {{ $labels.host }} fail at the stage {{ $labels.stage }} for '
      + 'the cause {{ $labels.cause }}: about {{ printf "%.0f" $value }} of this kind in the last '
      + config.window + '. ' + consequence
      + ' On the host: egresswatch explain {{ $labels.host }}'
    );

  [
    failing('EgresswatchKeyVaultUnreachable', 'critical', 'key_vault|managed_hsm', 'Key Vault', 'Secrets, keys '
    + 'and certificates cannot be read.'),

    make.alert(
      'EgresswatchKeyVaultNoSuccess',
      'critical',
      |||
        time() - egresswatch_last_failure_timestamp_seconds{%(vaults)s} < %(rarely)d
        and on (%(where)s) (
          time() - egresswatch_last_success_timestamp_seconds{%(vaults)s} > %(patience)d
          unless on (%(where)s)
            egresswatch_last_success_timestamp_seconds{%(vaults)s}
            >= on (%(where)s) egresswatch_last_failure_timestamp_seconds{%(vaults)s}
          or (
            egresswatch_last_failure_timestamp_seconds{%(vaults)s}
            unless on (%(where)s) egresswatch_last_success_timestamp_seconds{%(vaults)s}
          )
          and on (%(host)s) time() - process_start_time_seconds{%(ours)s} > %(patience)d
        )
        and on (%(where)s) %(failures)s>= 1.5
      ||| % {
        vaults: config.selector + ', service=~"key_vault|managed_hsm"',
        ours: config.selector,
        host: config.hostLabels,
        where: where,
        patience: config.noSuccessSeconds,
        rarely: config.rarelySeconds,
        // Failures to reach it, more than a lone one (increase() makes no whole numbers): a pooled connection that is
        // reset while idle sets the time of the last failure, too, and says nothing of the next attempt.
        failures: make.grew(
          'egresswatch_connection_failures_total', 'service=~"key_vault|managed_hsm", stage!="data"', where,
          '%ds' % config.rarelySeconds
        ),
      },
      'Key Vault {{ $labels.host }} has not answered {{ $labels.instance }} for %d minutes, and attempts go on'
      % (config.noSuccessSeconds / 60),
      'There were attempts, and the last failed {{ humanizeDuration $value }} ago.'
      + '{{ with printf "topk(1, sum by (unit, stage, cause) '
      + '(egresswatch_connection_failures_total{instance=%q, service=%q, host=%q, stage!=\\"data\\"}))" '
      + '$labels.instance $labels.service $labels.host | query }}'
      + '{{ with . | first }} Most failures since the monitor started: {{ .Labels.stage }}/{{ .Labels.cause }}, '
      + 'of {{ .Labels.unit }}.{{ end }}{{ end }}'
      + ' On the host: egresswatch explain {{ $labels.host }}',
    ),

    failing('EgresswatchEntraFailing', 'critical', 'entra', 'Microsoft Entra', 'Without it there are no tokens, '
    + 'and the vault says 401.'),
    failing('EgresswatchResourceManagerFailing', 'warning', 'arm', 'Azure Resource Manager', 'Vaults cannot be '
    + 'managed; secrets can still be read.'),
    failing('EgresswatchGraphFailing', 'warning', 'graph', 'Microsoft Graph', 'Users and groups cannot be '
    + 'looked up when access is granted; secrets can still be read.'),
    failing('EgresswatchInstanceMetadataFailing', 'critical', 'imds|wireserver', 'Instance metadata', 'Managed '
    + 'identities of this host get no tokens.'),
    failing('EgresswatchRevocationFailing', 'warning', 'revocation', 'The revocation host', 'Clients that check '
    + 'certificates wait for it or give up: TLS to everything may be slow or fail.'),

    make.alert(
      'EgresswatchSlowConnects',
      'warning',
      |||
        histogram_quantile(0.95, sum by (%(host)s, service, le) (
          rate(egresswatch_connect_duration_seconds_bucket{%(ours)s, service!="other"}[10m])
        )) > %(limit)s
        and on (%(host)s, service) sum by (%(host)s, service) (
          increase(egresswatch_connect_duration_seconds_count{%(ours)s, service!="other"}[10m])
        ) >= 20
      ||| % { host: config.hostLabels, ours: config.selector, limit: config.slowConnectSeconds },
      'Connections from {{ $labels.instance }} to {{ $labels.service }} take {{ humanizeDuration $value }} (p95)',
      'They get through, but slowly: a SYN that is lost is sent again after a second. See '
      + 'egresswatch_syn_retransmits_total, and on the host: egresswatch observe --service {{ $labels.service '
      + '}} -o wide',
      config.slowConnectFor,
    ),
  ]
