// SPDX-License-Identifier: Apache-2.0
// Names that do not lead where they should.
function(config)
  local make = (import 'alert.libsonnet')(config);
  local where = config.hostLabels + ', service, host';
  // an empty answer to one type of question is usual; what is public despite a private link has an alert of its own
  local causes = 'service!="other", cause=~"nxdomain|servfail|refused|no_answer|sinkhole|private_record_missing"';
  local failed(by) = make.grew('egresswatch_dns_failures_total', causes, by);
  [
    make.alert(
      'EgresswatchDnsFailing',
      'critical',
      |||
        %(failed)s>= 3
        and on (%(where)s) (
          %(all_failed)s/ on (%(where)s) (
            %(answers)s
            + on (%(where)s) (%(unanswered)s or on (%(where)s) 0 * %(answers)s)
            or on (%(where)s) %(unanswered)s
          ) > %(ratio)s
        )
      ||| % {
        failed: failed(where + ', cause'),
        all_failed: failed(where),
        answers: make.grew('egresswatch_dns_answers_total', 'service!="other"', where),
        unanswered: make.grew('egresswatch_dns_failures_total', 'service!="other", cause="no_answer"', where),
        where: where,
        ratio: config.failingRatio,
      },
      'The name {{ $labels.host }} cannot be resolved on {{ $labels.instance }}: {{ $labels.cause }}',
      'About {{ printf "%.0f" $value }} questions for {{ $labels.host }} ({{ $labels.service }}) ended with {{ '
      + '$labels.cause }} in the last '
      + config.window + '. No connection is even tried. On the host: egresswatch explain {{ $labels.host }}'
    ),

    make.alert(
      'EgresswatchPrivateEndpointPublic',
      'warning',
      'egresswatch_host_resolution{%s, kind="public_despite_private_link"} == 1' % config.selector,
      '{{ $labels.host }} has a private endpoint, and {{ $labels.instance }} gets its public address',
      'The answer leads through privatelink to a public address: this host does not ask the private DNS zone. A '
      + 'firewall that allows the private endpoint only drops what follows. If this host rightly uses the '
      + 'public endpoint, say so with vaults.public_endpoint.'
    ),

    make.alert(
      'EgresswatchPrivateRecordMissing',
      'critical',
      'egresswatch_host_resolution{%s, kind="missing_record"} == 1' % config.selector,
      'The private DNS zone that {{ $labels.instance }} asks has no record for {{ $labels.host }}',
      'The zone is linked, but lacks the record of this endpoint: the name does not resolve at all. Who '
      + 'administers the private DNS zone adds it.'
    ),
  ]
