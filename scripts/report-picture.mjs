// `node scripts/report-picture.mjs [REPORT.html] [PICTURE.png]`: takes the picture of a report that the README shows.
// By default of the quickstart's report. Needs a Chromium: Debian's, or the one that CHROMIUM names.
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inRoot } from './setup/paths.mjs';

const WIDTH = 1200;
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
const [report = inRoot('runs/quickstart/report.html'), picture = inRoot('docs/images/report.png')] = process.argv
  .slice(2)
  .map((file) => path.resolve(file));

for (const [file, next] of [
  [chromium, 'install the Debian package chromium, or name one in CHROMIUM'],
  [report, 'npm run quickstart writes it'],
]) {
  if (existsSync(file)) continue;
  console.error(`report-picture: there is no ${file}; ${next}.`);
  process.exit(2);
}

const { chromium: launcher } = await import('playwright-core');
const browser = await launcher.launch({ executablePath: chromium, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 800 }, colorScheme: 'light' });
  const faults = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => /^(file|data|blob):/.test(request.url()) || faults.push(`asks for ${request.url()}`));
  await page.goto(pathToFileURL(report).href, { waitUntil: 'load' });
  mkdirSync(path.dirname(picture), { recursive: true });
  // Verdict and charts; what follows is text.
  const end = page.getByRole('heading', { name: 'Generated text' });
  const height = (await end.count()) > 0 ? (await end.first().boundingBox()).y : 2 * WIDTH;
  await page.screenshot({ path: picture, fullPage: true, clip: { x: 0, y: 0, width: WIDTH, height } });
  for (const fault of faults) console.error(`report-picture: the report ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  console.log(picture);
} finally {
  await browser.close();
}
