// SPDX-License-Identifier: Apache-2.0
// What is to be seen of one panel, in the browser. Runs there as it stands: no imports.
export const look = (id) => {
  const panel = document.getElementById(`panel-${id}`);
  if (!panel) {
    return { error: 'not there' };
  }
  const texts = (selector, root = panel) => [...root.querySelectorAll(selector)].map((element) => element.textContent);
  const colours = [...panel.querySelectorAll('[data-testid="series-icon"]')].map(
    (icon) => getComputedStyle(icon).backgroundColor
  );

  // how many pixels of a plot have the colour of a series, as its line or its filled area
  const pixels = (canvas, colour) => {
    const [red, green, blue] = colour.match(/\d+/g).map(Number);
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      count += Math.abs(data[i] - red) + Math.abs(data[i + 1] - green) + Math.abs(data[i + 2] - blue) < 12
        && data[i + 3] > 60;
    }
    return count;
  };
  const canvas = panel.querySelector('.uplot canvas');

  return {
    error: texts('.draw-error').join('\n'),
    title: texts('h2')[0] ?? '',
    no_data: texts('.no-data')[0] ?? null,
    legend: texts('[data-testid^="data-testid VizLegend series"]'),
    pixels: canvas ? colours.map((colour) => pixels(canvas, colour)) : [],
    columns: texts('[role="columnheader"]'),
    rows: [...panel.querySelectorAll('[role="row"]')]
      .map((row) => texts('[role="gridcell"]', row))
      .filter((cells) => cells.length > 0),
    text: panel.innerText,
  };
};
