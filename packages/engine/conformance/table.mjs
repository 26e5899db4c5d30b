// Writes docs/reference/engines.md, and the counts behind it beside it. With --check: writes nothing, and exits 1 if
// either is out of date for the engines that can run here.
//
//   node packages/engine/conformance/table.mjs [--check]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { collect } from './table/collect.mjs';
import { render } from './table/render.mjs';

const resultsFile = new URL('../../../docs/reference/engines.json', import.meta.url);
const pageFile = new URL('../../../docs/reference/engines.md', import.meta.url);

const say = (text) => process.stderr.write(`${text}\n`);
const encode = (results) => `${JSON.stringify(results, null, 2)}\n`;
const contentOf = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** What would be written: the results of now, and of then for engines that cannot run here but could. */
function merged(now) {
  const then = JSON.parse(contentOf(resultsFile) || '{}');
  return Object.fromEntries(
    Object.entries(now).map(([name, result]) => [name, result.reason === undefined ? result : (then[name] ?? result)]),
  );
}

/** Lines that only one of two texts has. */
function difference(then, now) {
  const [before, after] = [then, now].map((text) => text.split('\n'));
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}

function check(results) {
  const expected = merged(results);
  const texts = [
    [resultsFile, encode(expected)],
    [pageFile, render(expected)],
  ];
  const stale = texts.filter(([file, text]) => contentOf(file) !== text);
  for (const [file, text] of stale) {
    say(`out of date: ${fileURLToPath(file)}; run node packages/engine/conformance/table.mjs`);
    for (const line of difference(contentOf(file), text)) say(line);
  }
  return stale.length === 0 ? 0 : 1;
}

function write(results) {
  mkdirSync(dirname(fileURLToPath(pageFile)), { recursive: true });
  writeFileSync(resultsFile, encode(results));
  writeFileSync(pageFile, render(results));
  return 0;
}

const { check: isCheck } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
const results = await collect(say);
process.exitCode = isCheck ? check(results) : write(results);
