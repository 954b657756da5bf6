// SPDX-License-Identifier: Apache-2.0
// A whole dashboard. What to draw comes in window.scene: {dashboard, answers by id of the panel, times, from, to}.
import {
  ThemeContext, cacheFieldDisplayNames, createTheme, dateTime, standardTransformers, standardTransformersRegistry,
  transformDataFrame,
} from '@grafana/data';
import { GlobalStyles, PanelChrome, PortalContainer } from '@grafana/ui';
import React, { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { configured } from './field_config.js';
import { framesOf } from './frames.js';
import { Visualization } from './panels.jsx';

const CELL = { width: 60, height: 38, margin: 8 };
const theme = createTheme({ colors: { mode: 'light' } });

const kept = ['merge', 'filterFieldsByName', 'organize'];
standardTransformersRegistry.setInit(() =>
  Object.values(standardTransformers)
    .filter(({ id }) => kept.includes(id))
    .map((transformation) => ({ id: transformation.id, name: transformation.name, transformation }))
);

const context = { interpolate: (text) => text };

const prepared = async (panel, scene) => {
  const raw = framesOf(panel, scene.answers[panel.id], scene.times);
  const frames = panel.transformations
    ? await new Promise((resolve) => transformDataFrame(panel.transformations, raw, context).subscribe(resolve))
    : raw;
  const ready = configured(panel, frames, theme);
  cacheFieldDisplayNames(ready);
  return ready;
};

const placeOf = ({ x, y, w, h }) => ({
  position: 'absolute', left: x * CELL.width, top: y * CELL.height, width: w * CELL.width - CELL.margin,
  height: h * CELL.height - CELL.margin,
});

const Heading = ({ panel }) => (
  <div id={`panel-${panel.id}`} style={placeOf(panel.gridPos)}>
    <h2 style={{ fontSize: 18, padding: '6px 0', margin: 0 }}>{panel.title}</h2>
  </div>
);

const Panel = ({ panel, scene }) => {
  const [frames, setFrames] = useState();
  useEffect(() => {
    prepared(panel, scene).then(setFrames);
  }, []);
  const place = placeOf(panel.gridPos);
  const timeRange = { from: dateTime(scene.from * 1000), to: dateTime(scene.to * 1000), raw: { from: '', to: '' } };
  return (
    <div id={`panel-${panel.id}`} style={place}>
      <PanelChrome title={panel.title} description={panel.description} width={place.width} height={place.height}>
        {(width, height) => frames && <Visualization {...{ panel, frames, theme, timeRange, width, height }} />}
      </PanelChrome>
    </div>
  );
};

// An error belongs to its panel, and is found there.
class Guarded extends React.Component {
  state = {};
  static getDerivedStateFromError(error) {
    return { error };
  }
  render() {
    return this.state.error ? <pre className="draw-error">{String(this.state.error.stack)}</pre> : this.props.children;
  }
}

const Dashboard = ({ scene }) => {
  const bottom = Math.max(...scene.dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PortalContainer />
      <div id="dashboard" style={{ position: 'relative', width: 24 * CELL.width, height: bottom * CELL.height }}>
        {scene.dashboard.panels.map((panel) => (
          <Guarded key={panel.id}>
            {panel.type === 'row' ? <Heading panel={panel} /> : <Panel panel={panel} scene={scene} />}
          </Guarded>
        ))}
      </div>
    </ThemeContext.Provider>
  );
};

window.draw = (scene) => createRoot(document.getElementById('root')).render(<Dashboard scene={scene} />);
