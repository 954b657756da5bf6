// SPDX-License-Identifier: Apache-2.0
// One panel of a dashboard, drawn by Grafana's own components as Grafana's core does it.
import { getFieldDisplayValues } from '@grafana/data';
import { BigValue, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';

const Stat = ({ panel, frames, theme, width, height }) => {
  const { options } = panel;
  const values = getFieldDisplayValues({
    fieldConfig: panel.fieldConfig,
    reduceOptions: options.reduceOptions,
    replaceVariables: (text) => text,
    theme,
    data: frames,
    timeZone: 'utc',
  });
  return (
    <VizRepeater
      getValues={() => values}
      renderValue={({ value, width, height, count }) => (
        <BigValue
          value={{ ...value.display, title: count > 1 ? value.display.title : '' }}
          count={count}
          width={width}
          height={height}
          theme={theme}
          colorMode={options.colorMode}
          graphMode={options.graphMode}
          justifyMode={options.justifyMode}
          textMode={options.textMode}
          wideLayout={options.wideLayout}
        />
      )}
      width={width}
      height={height}
      source={frames}
      itemSpacing={3}
      renderCounter={0}
      autoGrid={true}
      orientation={options.orientation}
    />
  );
};

const Series = ({ panel, frames, timeRange, width, height }) => (
  <TimeSeries
    frames={frames}
    timeRange={timeRange}
    timeZone="utc"
    width={width}
    height={height}
    legend={panel.options.legend}
    options={panel.options}
  />
);

const Rows = ({ panel, frames, timeRange, width, height }) => (
  <TableNG
    data={frames[0]}
    width={width}
    height={height}
    cellHeight={panel.options.cellHeight}
    noHeader={!panel.options.showHeader}
    initialSortBy={panel.options.sortBy}
    timeRange={timeRange}
    fieldConfig={panel.fieldConfig}
    structureRev={1}
    getActions={() => []}
  />
);

// What Grafana's core shows in place of a panel without data.
const NoData = ({ panel, width, height }) => (
  <div className="no-data" style={{ width, height, display: 'grid', placeItems: 'center', textAlign: 'center' }}>
    {panel.fieldConfig.defaults.noValue}
  </div>
);

const kinds = { stat: Stat, timeseries: Series, table: Rows };

export const Visualization = (props) => {
  const { panel, frames } = props;
  const Kind = frames.some((frame) => frame.length > 0) ? kinds[panel.type] : NoData;
  return <Kind {...props} />;
};
