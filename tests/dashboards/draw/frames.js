// SPDX-License-Identifier: Apache-2.0
// Answers of Prometheus's query API as data frames, named and shaped as Grafana's data source does it.
import { FieldType, toDataFrame } from '@grafana/data';

const legendOf = (target, labels) => {
  if (target.legendFormat === '__auto') {
    return Object.values(labels).join(', ');
  }
  return target.legendFormat.replace(/{{\s*(\w+)\s*}}/g, (_, name) => labels[name] ?? '');
};

// A frame for each series. Every point of time has a row, so that what was not measured is a gap.
const series = (target, result, times) =>
  result.map(({ metric, values }) => {
    const at = new Map(values.map(([time, value]) => [Number(time), Number(value)]));
    return toDataFrame({
      refId: target.refId,
      fields: [
        { name: 'Time', type: FieldType.time, values: times.map((time) => time * 1000) },
        {
          name: 'Value',
          type: FieldType.number,
          labels: metric,
          config: { displayNameFromDS: legendOf(target, metric) },
          values: times.map((time) => (Number.isFinite(at.get(time)) ? at.get(time) : null)),
        },
      ],
    });
  });

// One frame for the whole answer: each label a column.
const table = (target, result, alone) => {
  const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))].sort();
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: result.map(({ value }) => value[0] * 1000) },
      ...labels.map((name) => ({
        name,
        type: FieldType.string,
        values: result.map(({ metric }) => metric[name] ?? ''),
      })),
      {
        name: alone ? 'Value' : `Value #${target.refId}`,
        type: FieldType.number,
        values: result.map(({ value }) => Number(value[1])),
      },
    ],
  });
};

// `answers`: the result of each target of the panel, in order.
export const framesOf = (panel, answers, times) => {
  const found = panel.targets.map((target, i) => [target, answers[i]]).filter(([, result]) => result.length > 0);
  return found.flatMap(([target, result]) => {
    if (target.format === 'table') {
      return [table(target, result, found.length === 1)];
    }
    if (target.instant) {
      const asSeries = result.map(({ metric, value }) => ({ metric, values: [value] }));
      return asSeries.flatMap((one) => series(target, [one], [one.values[0][0]]));
    }
    return series(target, result, times);
  });
};
