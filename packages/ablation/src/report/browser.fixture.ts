import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { expect } from 'vitest';

const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const executable = process.env.CHROME_PATH ?? EXECUTABLES.find((file) => existsSync(file));
const missing = `no Chromium: looked for ${EXECUTABLES.join(', ')} and $CHROME_PATH`;

/** A machine that has to test everything may not pass over this. */
export const isSkipped = executable === undefined && !process.env.CI;
if (isSkipped) process.stderr.write(`report in a browser: skipped, ${missing}\n`);

/** The title of tests in a browser, with the reason where they are skipped. */
export const titled = (title: string): string => `${title}${isSkipped ? ` (${missing})` : ''}`;

/** Starts a browser; the caller closes it. */
export function launchBrowser(): Promise<Browser> {
  expect(executable, missing).toBeDefined();
  return chromium.launch({ executablePath: executable, args: FLAGS });
}
