// SPDX-License-Identifier: Apache-2.0
// A dashboard of rows: each row has a title and panels, which are placed from left to right, 24 columns wide.
local panels = import 'panels.libsonnet';

local place(row, top, number) =
  local add(state, panel) =
    local wraps = state.x + panel.w > 24;
    local x = if wraps then 0 else state.x;
    local y = if wraps then state.y + state.height else state.y;
    {
      x: x + panel.w,
      y: y,
      height: if wraps then panel.h else std.max(state.height, panel.h),
      placed: state.placed + [panel.panel {
        id: number + 1 + std.length(state.placed),
        gridPos: { x: x, y: y, w: panel.w, h: panel.h },
      }],
    };
  local end = std.foldl(add, row.panels, { x: 0, y: top + 1, height: 0, placed: [] });
  {
    bottom: end.y + end.height,
    panels: [{
      type: 'row',
      id: number,
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y: top, w: 24, h: 1 },
      panels: [],
    }] + end.placed,
  };

local layOut(rows) = std.foldl(
  function(state, row)
    local placed = place(row, state.top, std.length(state.panels) + 1);
    { top: placed.bottom, panels: state.panels + placed.panels },
  rows,
  { top: 0, panels: [] }
).panels;

{
  // A panel of a row: its size in Grafana's grid.
  sized(w, h, panel):: { w: w, h: h, panel: panel },

  datasourceVariable:: {
    name: 'datasource',
    label: 'Data source',
    type: 'datasource',
    query: 'prometheus',
    regex: '',
    hide: 0,
    refresh: 1,
    multi: false,
    includeAll: false,
    current: {},
    options: [],
  },

  // The values of a label of egresswatch's series, of the time shown.
  labelVariable(name, label, series, several):: {
    name: name,
    label: label,
    type: 'query',
    datasource: panels.datasource,
    local values = 'label_values(%s, %s)' % [series, name],
    definition: values,
    query: { query: values, refId: 'variable' },
    regex: '',
    hide: 0,
    refresh: 2,
    sort: 1,
    multi: several,
    includeAll: several,
    // also what has no such label, as the alert that all hosts are gone
    [if several then 'allValue']: '.*',
    current: if several then { selected: true, text: ['All'], value: ['$__all'] } else {},
    options: [],
  },

  // The first is the default.
  durationVariable(name, label, durations):: {
    name: name,
    label: label,
    type: 'custom',
    query: std.join(',', durations),
    hide: 0,
    multi: false,
    includeAll: false,
    current: { selected: true, text: durations[0], value: durations[0] },
    options: [{ selected: d == durations[0], text: d, value: d } for d in durations],
  },

  // To another dashboard, with the same variables and time.
  link(title, url, tooltip):: {
    title: title,
    type: 'link',
    url: url,
    tooltip: tooltip,
    icon: 'dashboard',
    tags: [],
    asDropdown: false,
    includeVars: true,
    keepTime: true,
    targetBlank: false,
  },

  // To a page of the documentation.
  page(title, url, tooltip):: self.link(title, url, tooltip) {
    icon: 'doc',
    includeVars: false,
    keepTime: false,
    targetBlank: true,
  },

  new(uid, title, description, tags, variables, links, rows):: {
    uid: uid,
    title: title,
    description: description,
    tags: tags,
    editable: true,
    graphTooltip: 1,
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timepicker: {},
    timezone: 'browser',
    templating: { list: variables },
    annotations: { list: [] },
    links: links,
    panels: layOut(rows),
  },
}
