// SPDX-License-Identifier: Apache-2.0
// PromQL that more than one panel needs. `selector` is what stands between the braces, without them.
{
  // What a counter grew by within `range`, summed by labels. increase() alone does not see that a new series begins at
  // 1, so the first failure of its kind would be missing: the first value counts, too, of a series that was not there a
  // `range` ago, though its daemon was. `began` are further daemons that count.
  increase(metric, selector, by, range='$__rate_interval', began=null)::
    local watched = 'egresswatch_build_info{%s} offset %s' % [self.targets(selector), range];
    |||
      sum by (%(by)s) (
        increase(%(metric)s{%(selector)s}[%(range)s])
        or label_replace(
          (min_over_time(%(metric)s{%(selector)s}[%(range)s]) unless %(metric)s{%(selector)s} offset %(range)s)
          and on (job, instance) (%(watched)s),
          "step", "first", "", ""
        )
      )
    ||| % {
      by: by,
      metric: metric,
      selector: selector,
      range: range,
      watched: if began == null then watched else '%s or on (job, instance) %s' % [watched, began],
    },

  // Within the time shown, as a whole number. A daemon that started within it counted from zero.
  increaseShown(metric, selector, by)::
    'round(%s)' % self.increase(
      metric,
      selector,
      by,
      '$__range',
      'process_start_time_seconds{%s} > time() - $__range_s' % self.targets(selector)
    ),

  // The part of a selector that names targets: job and instance come first.
  targets(selector)::
    local parts = [std.stripChars(part, ' ') for part in std.split(selector, ',')];
    std.join(', ', [part for part in parts if std.startsWith(part, 'job') || std.startsWith(part, 'instance')]),

  quantile(q, metric, selector, by)::
    // nobody tried = not a number, which is no series at all
    'histogram_quantile(%s, sum by (le, %s) (rate(%s_bucket{%s}[$__rate_interval]))) >= 0' % [q, by, metric, selector],

  // What became of the endpoints of a selector in the time shown, the worst of them by labels; words.libsonnet has
  // the words. Nothing at all if the daemon did not answer.
  state(selector, by)::
    local failure = 'egresswatch_last_failure_timestamp_seconds{%s}' % selector;
    local success = 'egresswatch_last_success_timestamp_seconds{%s}' % selector;
    local questions = 'egresswatch_dns_failures_total{%s}' % selector;
    |||
      max by (%(by)s) (
        3 + 0 * (%(failure)s > time() - $__range_s unless %(success)s >= %(failure)s)
        or 3 + 0 * (
          max by (job, instance, service, host) (%(grew)s)
          unless on (job, instance, service, host) %(success)s > time() - $__range_s
        )
        or 2 + 0 * (%(failure)s > time() - $__range_s)
        or 2 + 0 * max by (job, instance, service, host) (%(grew)s)
        or 1 + 0 * (%(success)s > time() - $__range_s)
        or 0 * max by (job, instance, service, host) (egresswatch_connection_attempts_total{%(selector)s})
      )
    ||| % {
      by: by,
      failure: failure,
      success: success,
      selector: selector,
      // a daemon that is gone now has no state, though it has a past
      grew: '(increase(%(m)s[$__range]) > 0 or (%(m)s > 0 unless %(m)s offset $__range)) and %(m)s' % { m: questions },
    },

  // Whether the daemon can be believed: 0 it does not answer, 1 it lacks facts, 2 all is well. `optional` probes may be
  // missing, and messages of the DNS that nobody asked for or can read are no loss of ours.
  monitor(selector, by, optional)::
    |||
      min by (%(by)s) (
        0 * (up{%(selector)s} == 0)
        or on (job, instance) 1 + 0 * (
          egresswatch_data_complete{%(selector)s} == 0
          or max by (job, instance) (egresswatch_probe_attached{%(selector)s, probe!~"%(optional)s"} == 0)
          or max by (job, instance) (
            increase(egresswatch_events_lost_total{%(selector)s, reason!~"dns_.+"}[$__range]) > 0
          )
        )
        or on (job, instance) 2 + 0 * up{%(selector)s}
      )
    ||| % { by: by, selector: selector, optional: optional },

  // What vaults resolve to: 2 for what is wrong wherever it is seen, else 1.
  resolution(selector, by)::
    |||
      max by (%(by)s) (
        1 + (egresswatch_host_resolution{%(selector)s, kind=~"%(wrong)s"} == 1)
        or egresswatch_host_resolution{%(selector)s} == 1
      )
    ||| % { by: by, selector: selector, wrong: 'public_despite_private_link|missing_record|sinkhole' },

  age(metric, selector, by)::
    'time() - max by (%s) (%s{%s})' % [by, metric, selector],
}
