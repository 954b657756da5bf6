// SPDX-License-Identifier: Apache-2.0
// The form of an alert: severity is critical (somebody must act now), warning (soon) or info.
function(config) {
  alert(name, severity, expr, summary, description, pending=config.pendingFor):: {
    alert: name,
    expr: std.stripChars(expr, '\n'),
    'for': pending,
    labels: { severity: severity },
    annotations: {
      summary: summary,
      description: description,
      runbook_url: config.runbookUrl % name,
    },
  },

  // How much a counter grew in `range`, by labels. A series that is new began at zero, which increase() cannot know:
  // the
  // first failure of its kind counts, too, if the host was being scraped before.
  grew(metric, selector, by, range=config.window)::
    |||
      sum by (%(by)s) (
        increase(%(metric)s{%(all)s}[%(range)s])
        or label_replace(
          (min_over_time(%(metric)s{%(all)s}[%(range)s]) unless %(metric)s{%(all)s} offset %(range)s)
          and on (%(host)s) egresswatch_build_info{%(ours)s} offset %(range)s,
          "step", "first", "", ""
        )
      )
    ||| % {
      metric: metric,
      all: if selector == '' then config.selector else config.selector + ', ' + selector,
      ours: config.selector,
      host: config.hostLabels,
      by: by,
      range: range,
    },
}
