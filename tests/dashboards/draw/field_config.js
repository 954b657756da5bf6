// SPDX-License-Identifier: Apache-2.0
// Grafana's core registers the options that a field can have; outside of it that is ours to do.
import { FieldConfigOptionsRegistry, applyFieldOverrides } from '@grafana/data';

const option = (id) => ({
  id,
  path: id.replace(/^custom\./, ''),
  isCustom: id.startsWith('custom.'),
  name: id,
  process: (value) => value,
  shouldApply: () => true,
  settings: {},
});

const idsOf = (defaults) =>
  Object.keys(defaults).flatMap((key) =>
    key === 'custom' ? Object.keys(defaults.custom).map((name) => `custom.${name}`) : [key]
  );

export const configured = (panel, frames, theme) => {
  const { defaults, overrides } = panel.fieldConfig;
  const ids = new Set([...idsOf(defaults), ...overrides.flatMap(({ properties }) => properties.map(({ id }) => id))]);
  return applyFieldOverrides({
    data: frames,
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry: new FieldConfigOptionsRegistry(() => [...ids].map(option)),
    replaceVariables: (text) => text,
    theme,
    timeZone: 'utc',
  });
};
