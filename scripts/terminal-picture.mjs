// `node scripts/terminal-picture.mjs CAPTURE PICTURE.png [COLUMNS] [TEXT]`: takes a picture of what a terminal of so many columns
// (80) showed, by what a command wrote to it: up to the first frame with a text in it, or to the end. Make the capture with
//   script -qefc 'stty cols 80; npm run quickstart' CAPTURE
// Needs a Chromium: Debian's, or the one that CHROMIUM names.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { TerminalScreen } from './quickstart/terminal-screen.mjs';

const ROWS = 24;
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
const [capture, picture, columns = '80', text] = process.argv.slice(2);

for (const [file, next] of [
  [chromium, 'install the Debian package chromium, or name one in CHROMIUM'],
  [capture ?? 'CAPTURE', 'the first lines of this script say how to make one'],
]) {
  if (existsSync(file) && picture !== undefined) continue;
  console.error(`terminal-picture: there is no ${file}, or no name for the picture; ${next}.`);
  process.exit(2);
}

/** Every frame of a board is one write that ends by erasing what is below it. */
const FRAME_END = '\u001b[J';

const screen = new TerminalScreen(Number(columns), ROWS);
for (const frame of recorded(readFileSync(capture, 'utf8')).split(FRAME_END)) {
  screen.write(frame);
  if (text !== undefined && screen.text().join('\n').includes(text)) break;
  screen.write(FRAME_END);
}

/** Without what `script` says of itself. */
function recorded(content) {
  return content.replace(/^Script started[^\n]*\n/, '').replace(/\n?Script done[^\n]*\n?$/, '');
}

const { chromium: launcher } = await import('playwright-core');
const browser = await launcher.launch({ executablePath: chromium, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ viewport: { width: 200, height: 100 }, deviceScaleFactor: 1.5 });
  await page.setContent(`<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: #fff; }
    pre { display: inline-block; margin: 0; padding: 14px 18px; width: ${columns}ch; background: #16181d; color: #d8dbe2;
      font: 14px/1.35 "DejaVu Sans Mono", monospace; }
    .bold { font-weight: bold; color: #fff; } .dim, .gray { color: #8b91a0; } .red { color: #ff7a74; }
    .green { color: #7bd88f; } .yellow { color: #f2c94c; } .cyan { color: #62c5e0; }
  </style><pre>${screen.html().trimEnd()}</pre>`);
  mkdirSync(path.dirname(path.resolve(picture)), { recursive: true });
  await page.locator('pre').screenshot({ path: picture });
  console.log(picture);
} finally {
  await browser.close();
}
