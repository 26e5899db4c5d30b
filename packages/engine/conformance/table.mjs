// Writes docs/reference/engines.md, and the counts behind it beside this file. With --check: writes nothing, and exits 1 if
// either is out of date for the engines that can run here.
//
//   node packages/engine/conformance/table.mjs [--check]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { collect } from './table/collect.mjs';
import { render } from './table/render.mjs';

const resultsFile = new URL('results.json', import.meta.url);
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

function check(results) {
  const expected = merged(results);
  const stale = [
    ...(contentOf(resultsFile) === encode(expected) ? [] : [resultsFile]),
    ...(contentOf(pageFile) === render(expected) ? [] : [pageFile]),
  ].map(fileURLToPath);
  for (const file of stale) say(`out of date: ${file}; run node packages/engine/conformance/table.mjs`);
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
