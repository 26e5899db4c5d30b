import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { isForetokenError } from '@foretoken/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { folderWith } from '../plan/planning.fixture.ts';
import { ablationFolder, type Remeasure } from './ablation-folder.fixture.ts';
import { pageScript } from './page/script.ts';
import { writeReport } from './write-report.ts';

async function reportOf(directory: string) {
  const written = await writeReport(directory);
  return { page: await readFile(written.html, 'utf8'), text: await readFile(written.markdown, 'utf8') };
}

describe('a report', () => {
  let folder: string;
  let page: string;
  let text: string;
  beforeAll(async () => {
    folder = await ablationFolder();
    ({ page, text } = await reportOf(folder));
  });

  it('is the same to the byte when it is written again', async () => {
    expect(await reportOf(folder)).toEqual({ page, text });
  });

  it('is one file: one script and one style sheet, nothing to fetch, and a policy that allows nothing else', () => {
    expect(page).not.toMatch(/<link|<img|<iframe|@import|javascript:|\son\w+=|\sstyle=/i);
    const markup = page.replaceAll(/<script>[\s\S]*?<\/script>/g, '');
    const addresses = [...markup.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)/gi)].map(
      ([, address]) => address,
    );
    expect(addresses.filter((address) => !address.startsWith('#'))).toEqual([]);
    const hashOf = (name: string) => {
      const found = [...page.matchAll(new RegExp(`<${name}[^>]*>([\\s\\S]*?)</${name}>`, 'g'))];
      expect(found).toHaveLength(1);
      return createHash('sha256').update(found[0][1]).digest('base64');
    };
    expect(page).toContain(
      `content="default-src 'none'; style-src 'sha256-${hashOf('style')}'; script-src 'sha256-${hashOf('script')}'; ` +
        `img-src blob:; base-uri 'none'; form-action 'none'"`,
    );
    expect(pageScript.length).toBeLessThan(9000);
  });

  it('says what each arm cost', () => {
    const at = text.indexOf('## Cost');
    const rows = text
      .slice(at)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(rows[0]).toBe(
      '| arm | matched | parameters | FLOPs/token forward | FLOPs/token training | steps | tokens | training FLOPs | training time | peak |',
    );
    // 60 steps of 8 x 128 tokens, 6,196,608 operations each.
    expect(rows[2]).toBe(
      '| n1 | parameters | 1,001,024 | 2.066 M | 6.197 M | 60 | 61,440 | 380.7 G | 12.5 s | 50.0 MB |',
    );
    const section = page.slice(page.indexOf('<h2 id="cost">'));
    expect(section).toContain('<td>380.7 G</td>');
    expect(section).toContain('such an arm is undercounted');
    for (const written of [section, text.slice(at)]) expect(written).toContain('marked ≤, are an upper bound');
    expect(section).toContain('frozen ones included');
  });

  it('answers first, then shows: verdict, table, charts, cost, decoding, text, configuration', () => {
    const order = [
      'class="verdict"',
      '<h2 id="verdict">',
      '<table id="verdict-table">',
      'class="sentences"',
      '<h2 id="charts">',
      '<h2 id="cost">',
      '<h2 id="decoding">',
      '<h2 id="samples">',
      '<h2 id="provenance">',
    ];
    const places = order.map((part) => page.indexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });

  it('draws five charts whose ids do not meet', () => {
    expect([...page.matchAll(/<svg [^>]*role="img"/g)]).toHaveLength(5);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const used = [...page.matchAll(/url\(#([^)]*)\)/g)].map(([, id]) => id);
    expect(used.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('gives every mark a tooltip with its numbers', () => {
    expect(page).toMatch(/<title>n4 linear, draft 2, conditional: \d+\.\d%<\/title>/);
    expect(page).toMatch(/<title>n4 parallel, speculative: \d+ tokens per second · 1\.75×<\/title>/);
    expect(page).toMatch(/<title>n1, offset 1: \d\.\d{3} bits per byte<\/title>/);
    expect(page).toMatch(
      /<title>n4 low-rank: \d\.\d{3} \(\d\.\d{3} to \d\.\d{3} over 2 seeds\) bits per byte on held-out text after step 30<\/title>/,
    );
    expect(page).toContain('<title>bigram 3.91</title>');
  });

  it('marks accepted drafts in the generated text', () => {
    expect(page).toContain(
      '<span class="prompt">export interface Options {\n  readonly </span>name<mark>: </mark><mark>string</mark>;',
    );
    expect(text).toContain('readonly name«: »«string»;');
  });

  it('keeps configuration, versions, command, engine and data', () => {
    const configuration = page.slice(page.indexOf('id="provenance"'));
    expect(configuration).toContain('foretoken ablate ../ablation.yaml');
    expect(configuration).toContain('tfjs 4.22 wasm simd');
    expect(configuration).toContain('low-rank-head 2.0.0');
    expect(configuration).toContain('5 documents, 4.0 MB');
    expect(configuration).toContain('model.head.name = &quot;linear&quot;');
    expect(configuration).toContain('"learningRate": 0.001');
  });

  it('has the verdict as a line, a table and sentences in Markdown', () => {
    const [, line, blank, heading] = text.split('\n').filter((_, i) => i !== 1);
    expect([line, blank, heading.slice(0, 6)]).toEqual([
      '3 arms against the baseline n1, in bits per byte: 3 with too few seeds for a verdict.',
      '',
      '| arm ',
    ]);
    expect(text.indexOf('\n- Lowest bits per byte')).toBeGreaterThan(text.indexOf('| n1 |'));
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    expect(rows[0]).toBe(
      '| arm | parameters | bits/byte | Δ | verdict | bigram | label-match tokens/forward | tokens/forward | speed over greedy | lossless |',
    );
    expect(rows[2]).toMatch(
      /^\| n1 \| 1,001,024 \| \d\.\d{3} \| baseline \| – \| 3\.910 \| 1\.00 \| 1\.00 \| – \| yes \|$/,
    );
  });
});

const mixedArms = `
arms: [{ name: n1, set: { model.head.horizon: 1 } }, { name: mixed, set: { model.head.horizon: 3, decoders: {
  greedy: greedy, a-exact: speculative, b-drawn: speculative, c-typical: speculative, d-timed: speculative } } }]
seeds: [0, 1]`;

/** Counted by hand: 100 forwards, of which 40 proposed three nodes at a second level. */
const lossyCounts = {
  output: 'lossy',
  ...{ forwards: 100, tokens: 170, bonus: 100, tokensPerForward: 1.7, acceptedLengths: [40, 50, 10] },
  ...{ proposed: [100, 40], accepted: [60, 10], unobserved: [0, 60], nodes: [100, 120] },
  ...{ marginal: [0.6, 0.25], conditional: [0.6, 10 / 30] },
};

/** One decoder that misses greedy's output in one seed, one that draws, a lossy one, and one that a clock guides. */
const mixed: Remeasure = (evalName, { results, timings }, seed) => {
  // biome-ignore lint/suspicious/noExplicitAny: results are whatever an eval says
  const own: any = structuredClone(results);
  if (!JSON.stringify({ own, timings }).includes('a-exact')) return { results, timings };
  if (evalName === 'losslessness') {
    const words = { 'a-exact': seed === 0, 'b-drawn': null, 'c-typical': false, 'd-timed': true };
    for (const [label, lossless] of Object.entries(words)) own.decoders[label].lossless = lossless;
    return { results: { ...own, lossless: false } };
  }
  if (evalName === 'throughput') {
    return {
      results,
      timings: JSON.parse(JSON.stringify(timings).replace(/("c-typical":{"output":)"greedy"/, '$1"lossy"')),
    };
  }
  if (evalName !== 'acceptance') return { results, timings };
  own.decoders['b-drawn'].output = 'same distribution';
  Object.assign(own.decoders['c-typical'], lossyCounts);
  const { 'd-timed': timed, ...decoders } = own.decoders;
  return { results: { ...own, decoders }, timings: { isReproducible: false, decoders: { 'd-timed': timed } } };
};

describe('a report of what went wrong', () => {
  it('never lets a name, an error or a text become markup', async () => {
    const name = '<img src=x onerror=alert(1)> | `a` & "b"';
    const directory = await ablationFolder(
      `arms: [{ name: n1, set: { model.head.horizon: 1 } }, { name: ${JSON.stringify(name)} }]`,
      {
        interfere: (call) => {
          if (call === 'evaluate parallel/1/0') throw new Error('</td><script>alert(1)</script>');
        },
        remeasure: (evalName, outcome) => {
          if (evalName !== 'acceptance') return outcome;
          const text = JSON.stringify(outcome.results).replaceAll('ReadonlyArray<', '</pre>```<b>');
          return { results: JSON.parse(text) };
        },
      },
    );
    const { page, text } = await reportOf(directory);
    expect(page.replace(`<script>${pageScript}</script>`, '')).not.toMatch(/<img|<script|<\/pre>```|<b>/);
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt; | `a` &amp; &quot;b&quot;');
    expect(page).toContain('&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
    // Outside of fenced code, no angle bracket, pipe or backtick of the name stands unescaped.
    const prose = text.replaceAll(/^(`{3,})\n[\s\S]*?\n\1$/gm, '');
    expect(prose).not.toMatch(/(^|[^\\])<(img|script|\/td)/);
    expect(prose).toContain('\\<img src=x onerror=alert(1)\\> \\| \\`a\\` \\& "b"');
    expect(text).toContain('\n````\nexport interface Options');
  });

  it('says degenerate in the table where the guard does', async () => {
    const directory = await ablationFolder('seeds: [0, 1]', {
      remeasure: (evalName, outcome, seed) => {
        if (evalName !== 'acceptance' || seed === 0) return outcome;
        return {
          results: JSON.parse(JSON.stringify(outcome.results).replaceAll('"degenerate":false', '"degenerate":true')),
        };
      },
    });
    const { page, text } = await reportOf(directory);
    expect(page).toMatch(/<td><span class="bad">\d\.\d\d degenerate<\/span><\/td>/);
    expect(text).toMatch(/\| \d\.\d\d degenerate \|/);
  });

  it('calls every decoder what it is: lossy, of the same distribution, greedy’s, or a clock’s', async () => {
    const directory = await ablationFolder(mixedArms, { remeasure: mixed });
    const { page, text } = await reportOf(directory);
    const [verdict] = text.split('\n').filter((line) => line.startsWith('| mixed |'));
    expect(verdict).toMatch(/ \| d-timed: yes, b-drawn: same distribution, c-typical: lossy, a-exact: NO \|$/);
    const rows = text
      .slice(text.indexOf('## Decoding'))
      .split('\n')
      .filter((line) => line.startsWith('| mixed |'));
    const outputs = rows.slice(0, 6).map((line) => line.split(' | ').slice(1, 3));
    expect(outputs).toEqual([
      ['a-exact', 'NO'],
      ['b-drawn', 'same distribution'],
      ['c-typical', 'lossy'],
      ['greedy', 'greedy'],
      ['d-timed', 'greedy, not reproducible'],
      ['label match (held-out text)', '–'],
    ]);
    for (const written of [page.replaceAll('&#39;', "'"), text]) {
      expect(written).toContain('Not shown to equal greedy decoding: mixed (a-exact).');
      expect(written).toContain('Same distribution as sampling without drafts, by rule: mixed (b-drawn).');
      expect(written).toContain('Lossy, neither greedy’s output nor the model’s distribution: mixed (c-typical).');
      expect(written).not.toContain('Every speculative output equals greedy');
    }
    expect(page).toContain('<span class="bad">lossy</span>');
    expect(page).toMatch(/<title>mixed, c-typical \(lossy\): \d+ tokens per second/);
  });

  it('shows every number of every draft position, nodes of trees and what was not observed', async () => {
    const directory = await ablationFolder(mixedArms, { remeasure: mixed });
    const { page, text } = await reportOf(directory);
    // Of 100 forwards 40 proposed a second draft, of 3 nodes each; 10 kept both and 50 kept one.
    const kept = '| mixed | c-typical | lossy | 1.70 | 58.8% | 2.20 | 40.0% · 50.0% · 10.0% |';
    const levels = [
      '| mixed | c-typical | 1 | 60.0% | 60.0% | 0.0% | 1.00 |',
      '| mixed | c-typical | 2 | 25.0% | 33.3% | 60.0% | 3.00 |',
    ];
    for (const line of [kept, ...levels]) expect(text).toContain(line);
    expect(page).toContain('<td class="text">c-typical</td><td>2</td><td>25.0%</td>');
  });

  it('shows what there is when evals were left out, or everything failed', async () => {
    const few = await reportOf(await ablationFolder('axes: { evals: [[losslessness]] }'));
    expect(few.page).toContain('No arm has been measured in bits per byte.');
    expect([...few.page.matchAll(/Nothing was measured for this chart/g)]).toHaveLength(4);
    const directory = await ablationFolder('', {
      interfere: () => {
        throw new Error('broken');
      },
    });
    const none = await reportOf(directory);
    expect([...none.page.matchAll(/Nothing was measured for this chart/g)]).toHaveLength(5);
    expect(none.page).toContain('<h2 id="failures">');
  });

  it('is refused for a folder that holds no finished ablation', async () => {
    const codeOf = (directory: string) =>
      writeReport(directory).then(
        () => 'fine',
        (error: unknown) => (isForetokenError(error) ? error.code : String(error)),
      );
    expect(await codeOf(await folderWith({}))).toBe('RUN_NOT_FOUND');
    const directory = await ablationFolder('seeds: [0]');
    await rm(path.join(directory, 'results.json'));
    expect(await codeOf(directory)).toBe('RUN_NOT_FOUND');
    expect(await codeOf(await folderWith({ 'results.json': '{' }))).toBe('FILE_CORRUPT');
  });
});
