/// <reference lib="dom" />
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ablationFolder, fourArms } from './ablation-folder.fixture.ts';
import { writeReport } from './write-report.ts';

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
// A machine that has to test everything may not pass over this.
const isSkipped = executable === undefined && !process.env.CI;
if (isSkipped) process.stderr.write(`report in a browser: skipped, ${missing}\n`);

/** The quickstart's arms, one that is markup, and one that is long in every respect. */
const awkwardArms = `${fourArms.split('seeds')[0]}
  - { name: "<b onclick='x'>bold</b>", set: { model.head.horizon: 2 } }
  - name: ${'long '.repeat(20).trim()}
    set: { model.head.horizon: 2, decoders: { greedy: greedy, a-decoder-with-a-rather-long-label: speculative } }
seeds: [0]`;

describe.skipIf(isSkipped)(`a report in a browser${isSkipped ? ` (${missing})` : ''}`, () => {
  let browser: Browser;
  let page: Page;
  const noises: string[] = [];
  const requests: string[] = [];
  let address: string;

  beforeAll(async () => {
    expect(executable, missing).toBeDefined();
    address = pathToFileURL((await writeReport(await ablationFolder(awkwardArms))).html).href;
    browser = await chromium.launch({ executablePath: executable, args: FLAGS });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('console', (message) => noises.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => noises.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(address);
  });
  afterAll(() => browser?.close());

  it('makes no noise and asks for nothing but itself', () => {
    expect(noises).toEqual([]);
    expect(requests).toEqual([address]);
  });

  it('has marks of every arm in every chart, inside the chart, seen', async () => {
    const marks = await page.$$eval('figure', (figures) =>
      figures.map((figure) => {
        const box = figure.querySelector('svg[role=img]')!.getBoundingClientRect();
        const found = [...figure.querySelectorAll('.mark-symbol path, .mark-rect path')].map((mark) => {
          const { left, right, top, bottom } = mark.getBoundingClientRect();
          const isInside =
            left >= box.left - 1 && right <= box.right + 1 && top >= box.top - 1 && bottom <= box.bottom + 1;
          return { isSeen: right > left && bottom > top && isInside, fill: getComputedStyle(mark).fill };
        });
        return {
          id: figure.id,
          count: found.length,
          unseen: found.filter(({ isSeen }) => !isSeen).length,
          fills: new Set(found.map(({ fill }) => fill)).size,
        };
      }),
    );
    // 6 arms: 6 validations each; 1 + 4 + 4 + 4 + 2 + 2 offsets; 3 panels of 3 + 3 + 3 + 1 + 1 drafts; 6 greedy bars, 5 others.
    expect(marks).toEqual([
      { id: 'loss', count: 36, unseen: 0, fills: 6 },
      { id: 'offsets', count: 17, unseen: 0, fills: 6 },
      { id: 'acceptance', count: 33, unseen: 0, fills: 5 },
      { id: 'speed', count: 11, unseen: 0, fills: 6 },
    ]);
  });

  it('cuts no text of a chart off, writes none over another, and none too small to read', async () => {
    const found = await page.$$eval('svg[role=img]', (charts) =>
      charts.flatMap((chart) => {
        const box = chart.getBoundingClientRect();
        const texts = [...chart.querySelectorAll('text')]
          .filter((text) => text.textContent !== '' && getComputedStyle(text).opacity !== '0')
          .map((text) => ({ said: text.textContent, box: text.getBoundingClientRect() }));
        const problems = texts.flatMap(({ said, box: own }) => [
          ...(own.left < box.left - 1 ||
          own.right > box.right + 1 ||
          own.top < box.top - 1 ||
          own.bottom > box.bottom + 1
            ? [`cut off: ${said}`]
            : []),
          ...(Math.min(own.width, own.height) < 9 && said!.length > 1 ? [`too small: ${said}`] : []),
        ]);
        const meet = (a: DOMRect, b: DOMRect) =>
          Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
          Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
        texts.forEach((a, i) => {
          for (const b of texts.slice(i + 1))
            if (meet(a.box, b.box)) problems.push(`over one another: ${a.said} and ${b.said}`);
        });
        return problems;
      }),
    );
    expect(found).toEqual([]);
  });

  it('shows a name with markup as text', async () => {
    expect(await page.locator('tbody th', { hasText: "<b onclick='x'>bold</b>" }).count()).toBeGreaterThan(0);
    expect(await page.locator('main b').count()).toBe(0);
  });

  it('opens its details by keyboard alone', async () => {
    const summary = page.locator('summary', { hasText: 'n4 linear' }).last();
    await summary.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByLabel('Configuration of n4 linear').isVisible()).toBe(true);
  });

  it('is light or dark as the reader wishes, with readable text in both', async () => {
    const contrast = async (colorScheme: 'light' | 'dark') => {
      await page.emulateMedia({ colorScheme });
      return page.evaluate(() => {
        const channels = (colour: string) =>
          colour
            .match(/[\d.]+/g)!
            .slice(0, 3)
            .map((part) => Number(part) / 255);
        const luminance = (colour: string) => {
          const [r, g, b] = channels(colour).map((part) =>
            part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
          );
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const page_ = luminance(getComputedStyle(document.body).backgroundColor);
        const panel = luminance(getComputedStyle(document.querySelector('figure')!).backgroundColor);
        const ratio = (a: number, b: number) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const texts = ['p', 'td', 'summary', 'figcaption', '.meta'].map((selector) =>
          Math.min(
            ...[page_, panel].map((back) =>
              ratio(luminance(getComputedStyle(document.querySelector(selector)!).color), back),
            ),
          ),
        );
        const marks = [...document.querySelectorAll('.mark-symbol path')].map((mark) =>
          ratio(luminance(getComputedStyle(mark).fill), panel),
        );
        return { background: page_, text: Math.min(...texts), marks: Math.min(...marks) };
      });
    };
    const [light, dark] = [await contrast('light'), await contrast('dark')];
    expect(light.background).toBeGreaterThan(0.9);
    expect(dark.background).toBeLessThan(0.05);
    for (const { text, marks } of [light, dark]) {
      expect(text).toBeGreaterThan(4.5);
      expect(marks).toBeGreaterThan(3);
    }
  });
});
