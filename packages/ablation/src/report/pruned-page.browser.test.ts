/// <reference lib="dom" />
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matrixOf, planRace, race } from '../pruning/pruned-runs.fixture.ts';
import { isSkipped, launchBrowser, titled } from './browser.fixture.ts';
import { writeReport } from './write-report.ts';

describe.skipIf(isSkipped)(titled('a report of pruned arms in a browser'), () => {
  let browser: Browser;
  let page: Page;
  const noises: string[] = [];

  beforeAll(async () => {
    const plan = await planRace(matrixOf([1, 2, 3, 4], 'halving: { rungs: [0.25, 0.5] }'));
    // Horizon 4 is left at step 2 of 8, horizon 3 at step 4.
    await race(plan, (horizon, _, step) => (horizon === 1 ? 5 : horizon === 4 ? 5.125 : step + 0.01 * horizon));
    const { html } = await writeReport(plan.directory);
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('console', (message) => noises.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => noises.push(error.message));
    await page.goto(pathToFileURL(html).href);
  });
  afterAll(() => browser?.close());

  it('says in the first table that they are pruned, draws no interval of theirs, and says why below', async () => {
    const row = page.locator('#verdict-table tbody tr', { hasText: 'horizon=4' });
    expect(await row.textContent()).toContain('at step 2 of 8: worse by 0.125 bits');
    const marksOf = (arm: string) =>
      page.locator('#verdict-table tbody tr', { hasText: arm }).locator('.forest :not(.zero)').count();
    expect([await marksOf('horizon=2'), await marksOf('horizon=4')]).toEqual([1, 0]);
    expect(await page.locator('#pruned-table tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/^horizon=3\s+2 of 2\s+4 of 8\s+−0.970\s+place 2 of 2 beside/),
      expect.stringMatching(/^horizon=4\s+1 of 2\s+2 of 8\s+\+0.125\s+place 3 of 3 beside/),
    ]);
  });

  it('draws their curves to the rung that stopped them', async () => {
    const points = await page.$$eval('#loss .mark-symbol path', (marks) =>
      marks.map((mark) => /^(horizon=\d).* after step (\d+)$/.exec(mark.textContent!)!.slice(1)),
    );
    const last = new Map(points.map(([arm, step]) => [arm, Number(step)]));
    expect(Object.fromEntries(last)).toEqual({ 'horizon=1': 8, 'horizon=2': 8, 'horizon=3': 4, 'horizon=4': 2 });
  });

  it('cuts off no name of a line that is at the top of a chart', async () => {
    const rooms = await page.$$eval('#offsets svg[role=img]', ([chart]) => {
      const frame = chart.querySelector('path.background')!.getBoundingClientRect();
      const names = [...chart.querySelectorAll('text')].filter((text) => text.textContent!.startsWith('bigram'));
      return names.map((name) => name.getBoundingClientRect().top - frame.top);
    });
    expect(rooms).toHaveLength(1);
    expect(rooms[0]).toBeGreaterThanOrEqual(0);
  });

  it('fits a narrow window and says nothing to the console', async () => {
    await page.setViewportSize({ width: 420, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(noises).toEqual([]);
  });
});
