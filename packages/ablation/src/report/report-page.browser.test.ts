/// <reference lib="dom" />
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ablationFolder, fourArms } from './ablation-folder.fixture.ts';
import { isSkipped, launchBrowser, titled } from './browser.fixture.ts';
import { writeReport } from './write-report.ts';

/** A page may draw late on a machine that does other things. */
const patiently = { timeout: 20_000 };

/** The quickstart's arms, one that is markup, and one that is long in every respect. */
const awkwardArms = `${fourArms.split('seeds')[0]}
  - { name: "<b onclick='x'>bold</b>", set: { model.head.horizon: 2 } }
  - name: ${'long '.repeat(20).trim()}
    set: { model.head.horizon: 2, decoders: { greedy: greedy, a-decoder-with-a-rather-long-label: speculative } }
seeds: [0]`;

describe.skipIf(isSkipped)(titled('a report in a browser'), () => {
  let browser: Browser;
  let page: Page;
  const noises: string[] = [];
  const requests: string[] = [];
  let address: string;

  beforeAll(async () => {
    address = pathToFileURL((await writeReport(await ablationFolder(awkwardArms))).html).href;
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('console', (message) => noises.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => noises.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(address);
  });
  afterAll(() => browser?.close());

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
    // 6 arms: 6 validations each; as many speeds as bars; 1 + 4 + 4 + 4 + 2 + 2 offsets; 3 panels of 3 + 3 + 3 + 1 + 1 drafts; 6 greedy bars, 5 others.
    expect(marks).toEqual([
      { id: 'loss', count: 36, unseen: 0, fills: 6 },
      { id: 'quality', count: 11, unseen: 0, fills: 6 },
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
    await expect.poll(() => page.getByLabel('Configuration of n4 linear').isVisible(), patiently).toBe(true);
  });

  it('leads from the name of an arm to its configuration, versions and command, by one key', async () => {
    const arm = page.locator('#verdict-table a', { hasText: 'n4 low-rank' });
    await arm.focus();
    await page.keyboard.press('Enter');
    const configuration = page.getByLabel('Configuration of n4 low-rank');
    await expect.poll(() => configuration.isVisible(), patiently).toBe(true);
    const said = await page.locator('details', { has: configuration }).textContent();
    expect(said).toContain('foretoken ablate ../ablation.yaml');
    expect(said).toContain('low-rank-head 2.0.0');
    expect(said).toContain('"rank": 8');
  });

  const column = (index: number) => page.locator(`#verdict-table tbody tr > :nth-child(${index})`).allInnerTexts();
  const headingOf = async (name: string) => {
    const heading = page.locator('#verdict-table thead th', { hasText: name });
    const place = 1 + (await heading.evaluate((cell: HTMLTableCellElement) => cell.cellIndex));
    return { heading, button: heading.getByRole('button'), values: () => column(place) };
  };

  it('sorts a table by mouse, and back', async () => {
    const { heading, button, values } = await headingOf('bits');
    const numbers = (await values()).map(Number);
    expect(numbers.every(Number.isFinite)).toBe(true);
    const ascending = [...numbers].sort((a, b) => a - b);
    expect(numbers).not.toEqual(ascending);
    for (const [state, expected] of [
      ['ascending', ascending],
      ['descending', [...ascending].reverse()],
      ['none', numbers],
    ] as const) {
      await button.click();
      expect(await heading.getAttribute('aria-sort')).toBe(state);
      expect((await values()).map(Number)).toEqual(expected);
    }
  });

  it('sorts a table by keyboard, with the focus seen, and what is not measured last', async () => {
    const { heading, button, values } = await headingOf('speed');
    await button.focus();
    for (const key of ['Enter', 'Space'] as const) {
      await page.keyboard.press(key);
      expect((await values()).at(-1)).toBe('–');
    }
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
    const speeds = (await values()).slice(0, -1).map((text) => Number(text.replace('×', '')));
    expect(speeds).toEqual([...speeds].sort((a, b) => b - a));
    const focused = () =>
      page.evaluate(() => [
        document.activeElement!.textContent,
        getComputedStyle(document.activeElement!).outlineStyle,
      ]);
    await page.keyboard.press('Enter');
    expect(await focused()).toEqual(['speed over greedy', 'solid']);
    await page.keyboard.press('Tab');
    expect(await focused()).toEqual(['lossless', 'solid']);
  });

  it('sorts by what a number means: groups of digits, signs and units', async () => {
    const { button, values } = await headingOf('Δ');
    await button.click();
    const deltas = (await values()).map((text) => Number(text.replace('−', '-').replace('baseline', 'NaN')));
    expect(deltas.at(-1)).toBeNaN();
    expect(Math.min(...deltas.slice(0, -1))).toBeLessThan(0);
    expect(deltas.slice(0, -1)).toEqual([...deltas.slice(0, -1)].sort((a, b) => a - b));
    await button.click();
    await button.click();
    const sorted = await page.evaluate(() => {
      const table = document.querySelector<HTMLTableElement>('#cost-table')!;
      const place = [...table.tHead!.rows[0].cells].findIndex(({ textContent }) => textContent === 'peak');
      const rows = [...table.tBodies[0].rows];
      const texts = ['1.5 GB', '900 bytes', '50.0 MB', '2,000 MB', '1.2 kB', '–'];
      rows.forEach((row, i) => {
        row.cells[place].textContent = texts[i];
      });
      table.tHead!.rows[0].cells[place].querySelector('button')!.click();
      return [...table.tBodies[0].rows].map((row) => row.cells[place].textContent);
    });
    expect(sorted).toEqual(['900 bytes', '1.2 kB', '50.0 MB', '1.5 GB', '2,000 MB', '–']);
  });

  it('lets an arm stand out among the others, and lets go of it', async () => {
    const figure = page.locator('#offsets');
    const faded = () =>
      figure.locator('.mark-symbol path').evaluateAll((marks) => ({
        all: marks.length,
        faded: marks.filter((mark) => Number(getComputedStyle(mark).opacity) < 0.5).length,
      }));
    const pick = figure.getByRole('button', { name: 'n4 linear', exact: true });
    await pick.focus();
    await page.keyboard.press('Enter');
    expect(await pick.getAttribute('aria-pressed')).toBe('true');
    expect(await faded()).toEqual({ all: 17, faded: 17 - 4 });
    await figure.getByRole('button', { name: 'n1', exact: true }).click();
    expect(await pick.getAttribute('aria-pressed')).toBe('false');
    expect(await faded()).toEqual({ all: 17, faded: 17 - 1 });
    await figure.getByRole('button', { name: 'n1', exact: true }).click();
    expect(await faded()).toEqual({ all: 17, faded: 0 });
  });

  async function saved(name: string | RegExp): Promise<{ name: string; content: Buffer }> {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name, exact: true }).click(),
    ]);
    return { name: download.suggestedFilename(), content: await readFile(await download.path()) };
  }

  it('saves a figure as SVG that stands by itself, with the names of its arms', async () => {
    const { name, content } = await saved('Save the figure “Bits per byte per offset” as SVG');
    expect(name).toBe('test-offsets.svg');
    const text = content.toString();
    expect(text).not.toContain('var(--');
    const found = await page.evaluate((source) => {
      const parsed = new DOMParser().parseFromString(source, 'image/svg+xml');
      return {
        root: parsed.documentElement.nodeName,
        errors: parsed.querySelectorAll('parsererror').length,
        texts: [...parsed.querySelectorAll('text')].map((one) => one.textContent),
        marks: parsed.querySelectorAll('.mark-symbol path').length,
        markup: parsed.querySelectorAll('b, script').length,
      };
    }, text);
    expect(found).toMatchObject({ root: 'svg', errors: 0, marks: 17, markup: 0 });
    expect(found.texts).toEqual(
      expect.arrayContaining(['Bits per byte per offset', 'n4 parallel', "<b onclick='x'>bold</b>"]),
    );
  });

  it('saves a figure as PNG, twice as wide as the drawing, in more than one colour', async () => {
    const { name, content } = await saved('Save the figure “Learning curves” as PNG');
    expect(name).toBe('test-loss.png');
    expect(content.subarray(1, 4).toString()).toBe('PNG');
    expect(content.readUInt32BE(16)).toBe(2 * (560 + 24));
    const other = await browser.newPage();
    const colours = await other.evaluate(
      async (source) => {
        const image = new Image();
        image.src = source;
        await image.decode();
        const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
        const context = canvas.getContext('2d')!;
        context.drawImage(image, 0, 0);
        const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
        return new Set(pixels).size;
      },
      `data:image/png;base64,${content.toString('base64')}`,
    );
    await other.close();
    expect(colours).toBeGreaterThan(50);
  });

  it('saves the numbers of figures exactly, and tables as they are shown, as CSV', async () => {
    const figure = await saved('Save the figure “Bits per byte per offset” as CSV');
    expect(figure.name).toBe('test-offsets.csv');
    const [head, ...lines] = figure.content.toString().trimEnd().split('\r\n');
    expect(head).toBe('arm,offset,bits per byte');
    expect(lines).toHaveLength(17);
    const [arm, offset, bits] = lines[1].split(',');
    expect([arm, offset]).toEqual(['n4 parallel', '1']);
    expect(bits).toMatch(/^\d\.\d{6,}$/);
    const table = (await saved(/^Save the table “Every arm .* as CSV$/)).content.toString().split('\r\n');
    expect(table[0]).toMatch(/^arm,Δ,verdict,bits\/byte,/);
    expect(table[2]).toMatch(/^n4 parallel,[+-]?\d\.\d{3},too few seeds \(1 pair\),/);
    expect(table[2]).toContain(',1004096,');
    expect(table[5]).toMatch(/^<b onclick='x'>bold<\/b>,-0\.\d{3},/);
  });

  it('names everything for those who hear it', async () => {
    const problems = await page.evaluate(() => {
      const nameless = (selector: string, name: (one: Element) => string | null | undefined) =>
        [...document.querySelectorAll(selector)].filter((one) => !name(one)?.trim()).map((one) => one.outerHTML);
      const levels = [...document.querySelectorAll('h1, h2, h3')].map(({ nodeName }) => Number(nodeName[1]));
      const labelOf = (section: Element) => document.getElementById(section.getAttribute('aria-labelledby')!);
      return [
        ...nameless('html', (root) => root.getAttribute('lang')),
        ...nameless('table', (table) => table.querySelector('caption')?.textContent),
        ...nameless('button', (button) => button.ariaLabel ?? button.textContent),
        ...nameless('svg:not([aria-hidden])', (svg) => svg.ariaLabel),
        ...nameless('[role=region], pre', (region) => region.ariaLabel),
        ...nameless('th', (heading) => heading.getAttribute('scope')),
        ...nameless('thead th', (heading) => heading.ariaSort),
        ...nameless('section', (section) => labelOf(section)?.textContent),
        ...levels.filter((level, i) => i > 0 && level > levels[i - 1] + 1).map((level) => `skipped to h${level}`),
      ];
    });
    expect(problems).toEqual([]);
  });

  it('prints in light colours, without buttons, on more than an empty page', async () => {
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const shown = await page.evaluate(() => ({
      page: getComputedStyle(document.body).backgroundColor,
      ink: getComputedStyle(document.body).color,
      actions: [...document.querySelectorAll('.actions')].filter((one) => one.getBoundingClientRect().height > 0)
        .length,
    }));
    expect(shown).toEqual({ page: 'rgb(255, 255, 255)', ink: 'rgb(22, 25, 29)', actions: 0 });
    const pdf = await page.pdf();
    await page.emulateMedia({ media: null, colorScheme: null });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pdf.length).toBeGreaterThan(50_000);
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
        const probe = document.body.appendChild(document.createElement('i'));
        const themed = (name: string) => {
          probe.style.color = `var(${name})`;
          return luminance(getComputedStyle(probe).color);
        };
        const verdicts = ['--good', '--warn', '--accent'].flatMap((name) =>
          [page_, panel].map((back) => ratio(themed(name), back)),
        );
        const texts = ['p', 'td', 'summary', 'figcaption', '.meta', 'th button', '.actions button'].map((selector) =>
          Math.min(
            ...[page_, panel].map((back) =>
              ratio(luminance(getComputedStyle(document.querySelector(selector)!).color), back),
            ),
          ),
        );
        const marks = [
          ...[...document.querySelectorAll('.mark-symbol path')].map((mark) =>
            ratio(luminance(getComputedStyle(mark).fill), panel),
          ),
          ...[...document.querySelectorAll('.forest circle, .forest .interval')].map((mark) =>
            ratio(luminance(getComputedStyle(mark).stroke), page_),
          ),
        ];
        return { background: page_, text: Math.min(...texts, ...verdicts), marks: Math.min(...marks) };
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

  it('has made no noise in all this, and asked for nothing but itself and what it drew', () => {
    expect(noises).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('blob:'))).toEqual([address]);
  });
});
