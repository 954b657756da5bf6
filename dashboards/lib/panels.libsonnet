// SPDX-License-Identifier: Apache-2.0
// The panels of Grafana that the dashboards use: stat, timeseries, table; what their JSON needs and nothing else.
local datasource = { type: 'prometheus', uid: '${datasource}' };

local refIds = std.stringChars('ABCDEFGHIJKL');
local withRefIds(targets) = std.mapWithIndex(function(i, target) target { refId: refIds[i] }, targets);

local plain = [{ color: 'text', value: null }];

local panel(type, title, description, targets) = {
  type: type,
  title: title,
  // a text block of the source is one paragraph
  description: std.strReplace(std.stripChars(description, ' \n'), '\n', ' '),
  datasource: datasource,
  targets: withRefIds(targets),
  transparent: false,
};

{
  datasource:: datasource,

  // Over the time shown.
  range(expr, legend):: {
    datasource: datasource,
    editorMode: 'code',
    expr: expr,
    legendFormat: legend,
    range: true,
    instant: false,
  },

  // At its end.
  instant(expr, legend='__auto'):: {
    datasource: datasource,
    editorMode: 'code',
    expr: expr,
    legendFormat: legend,
    range: false,
    instant: true,
  },

  // The same, each label a column.
  rows(expr):: self.instant(expr) { format: 'table' },

  timeseries(title, description, targets, unit='short', stack=false, max=null, noValue='No data')::
    panel('timeseries', title, description, targets) {
      fieldConfig: {
        defaults: {
          unit: unit,
          min: 0,
          [if max != null then 'max']: max,
          noValue: noValue,
          color: { mode: 'palette-classic' },
          custom: {
            drawStyle: 'line',
            lineWidth: 1,
            fillOpacity: if stack then 30 else 8,
            showPoints: 'auto',
            pointSize: 4,
            // what was not measured is a gap, never a line
            spanNulls: false,
            stacking: { mode: if stack then 'normal' else 'none', group: 'A' },
          },
          thresholds: { mode: 'absolute', steps: [{ color: 'green', value: null }] },
        },
        overrides: [],
      },
      options: {
        legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    },

  // A line at `value`: from there on it is too much.
  limit(value, color='orange'):: {
    fieldConfig+: { defaults+: {
      custom+: { thresholdsStyle: { mode: 'dashed' } },
      thresholds: { mode: 'absolute', steps: [{ color: 'green', value: null }, { color: color, value: value }] },
    } },
  },

  stat(title, description, targets, unit='short', mappings=[], thresholds=plain, noValue='No data')::
    panel('stat', title, description, targets) {
      fieldConfig: {
        defaults: {
          unit: unit,
          noValue: noValue,
          mappings: mappings,
          color: { mode: 'thresholds' },
          thresholds: { mode: 'absolute', steps: thresholds },
        },
        overrides: [],
      },
      options: {
        reduceOptions: { values: false, calcs: ['lastNotNull'], fields: '' },
        orientation: 'auto',
        colorMode: 'background',
        graphMode: 'none',
        justifyMode: 'auto',
        textMode: 'auto',
        wideLayout: true,
      },
    },

  // `columns`: the labels and values to show, in order, each a column() or a number(). There is no unit for all of
  // them: Grafana would read a label such as 5e10 as a number.
  table(title, description, targets, columns, sortBy, desc=true, noValue='No data')::
    panel('table', title, description, targets) {
      fieldConfig: {
        defaults: {
          noValue: noValue,
          color: { mode: 'thresholds' },
          custom: { align: 'auto', cellOptions: { type: 'auto' }, filterable: false },
          thresholds: { mode: 'absolute', steps: plain },
        },
        overrides: [c.override for c in columns],
      },
      options: {
        showHeader: true,
        cellHeight: 'sm',
        sortBy: [{ displayName: sortBy, desc: desc }],
      },
      transformations: [
        { id: 'merge', options: {} },
        {
          id: 'filterFieldsByName',
          options: { include: { names: [c.field for c in columns] } },
        },
        {
          id: 'organize',
          options: {
            indexByName: { [columns[i].field]: i for i in std.range(0, std.length(columns) - 1) },
            renameByName: { [c.field]: c.title for c in columns },
            excludeByName: {},
          },
        },
      ],
    },

  // A value. Of one query it is called Value, of several Value #A and so on.
  number(field, title, unit='short', mappings=null, thresholds=null, width=null)::
    self.column(field, title, unit=unit, mappings=mappings, thresholds=thresholds, width=width),

  // A label.
  column(field, title, unit=null, mappings=null, thresholds=null, link=null, width=null):: {
    field: field,
    title: title,
    // an empty cell is not the empty table that noValue speaks of
    local properties =
      [{ id: 'noValue', value: '–' }]
      + (if unit == null then [] else [{ id: 'unit', value: unit }])
      + (if width == null then [] else [{ id: 'custom.width', value: width }])
      + (if link == null then [] else [{ id: 'links', value: [link] }])
      + (if thresholds == null then [] else [{ id: 'thresholds', value: { mode: 'absolute', steps: thresholds } }])
      + (if mappings == null then [] else [{ id: 'mappings', value: mappings }])
      + (if mappings == null && thresholds == null then [] else [
           { id: 'custom.cellOptions', value: { type: 'color-text' } },
         ]),
    override: { matcher: { id: 'byName', options: title }, properties: properties },
  },
}
