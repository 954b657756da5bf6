// SPDX-License-Identifier: Apache-2.0
// node draw/draw.mjs <scene.json> <directory>
//
// Draws the dashboard of a scene in a headless Chromium, without any network. Leaves in the directory seen.json (what
// look.js found, by id of the panel, and what the page said to its console) and a picture of each row: <n>.png.
import { build } from 'esbuild';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';

import { look } from './look.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const [sceneFile, directory] = process.argv.slice(2);
const scene = JSON.parse(await readFile(sceneFile, 'utf8'));

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const icons = '/public/build/img/';
const served = (asked) =>
  asked.startsWith(icons)
    ? path.join(here, '../node_modules/@grafana/ui/dist/public/img', asked.slice(icons.length))
    : path.join(asked === '/page.html' ? here : directory, path.basename(asked));

await build({
  entryPoints: [path.join(here, 'page.jsx')],
  outfile: path.join(directory, 'page.js'),
  bundle: true,
  format: 'iife',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
  loader: { '.ttf': 'empty' },
  minify: false,
  logLevel: 'error',
});

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND'],
});
const said = [];
try {
  const page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') {
      said.push(`${message.text()} ${message.location().url}`);
    }
  });
  page.on('pageerror', (error) => said.push(String(error.stack ?? error)));
  const bottom = Math.max(...scene.dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  await page.setViewport({ width: 1440 + 16, height: bottom * 38 + 16 });
  // all that the page may have: itself and the icons of the components; there is no network
  await page.setRequestInterception(true);
  page.on('request', async (request) => {
    const found = served(new URL(request.url()).pathname);
    const body = found && (await readFile(found).catch(() => null));
    if (body) {
      await request.respond({ body, contentType: types[path.extname(found)] });
    } else {
      // Grafana's fonts are in no package: the system's do
      await request.respond({ status: request.resourceType() === 'font' ? 204 : 404 });
    }
  });
  await page.goto('http://dashboard.invalid/page.html');
  await page.evaluate((wanted) => window.draw(wanted), scene);
  await page.waitForNetworkIdle({ idleTime: 1000 });

  const seen = {};
  for (const { id } of scene.dashboard.panels) {
    seen[id] = await page.evaluate(look, id);
  }
  await writeFile(path.join(directory, 'seen.json'), JSON.stringify({ panels: seen, said }, null, 1));

  const rows = scene.dashboard.panels.filter(({ type }) => type === 'row').map(({ gridPos }) => gridPos.y);
  for (const [i, top] of rows.entries()) {
    const end = rows[i + 1] ?? bottom;
    // the page as it is: a window of another size would be laid out anew
    await page.screenshot({
      captureBeyondViewport: false,
      path: path.join(directory, `${i + 1}.png`),
      clip: { x: 0, y: top * 38 + 4, width: 1440 + 16, height: (end - top) * 38 + 4 },
    });
  }
} catch (error) {
  throw new Error(`the page said: ${said.join('\n')}`, { cause: error });
} finally {
  await browser.close();
}
