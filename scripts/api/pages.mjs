import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { StepFailed } from '../setup/command.mjs';
import { inRoot } from '../setup/paths.mjs';
import { renderExports } from './exports.mjs';
import { extractPluginApi } from './extract.mjs';
import { renderReference } from './reference.mjs';

/**
 * What the built packages say of their API, by the file that says so too.
 *
 * @throws StepFailed if an exported item lacks its sentence, or a signature names a type that nobody can import
 */
export async function apiPages() {
  const { report, items, problems } = extractPluginApi();
  if (problems.length > 0) {
    throw new StepFailed(
      `@foretoken/core/plugin exports ${problems.length} things that are not fit for it:\n  ${problems.join('\n  ')}`,
      'give each a sentence where it is declared (shapes, units, who frees it), and export from packages/core/src/plugin.ts ' +
        'what signatures name.',
    );
  }
  const { ERROR_CODES } = await import('../../packages/engine/dist/errors.js');
  return new Map([
    ['docs/reference/api/plugin.api.md', report],
    ['docs/reference/api/exports.md', renderExports(Object.keys(ERROR_CODES))],
    ['docs/reference/plugin-api.md', renderReference(items)],
  ]);
}

/** Writes the pages that have changed. @returns their names */
export function writePages(pages) {
  const changed = differing(pages);
  for (const name of changed) {
    mkdirSync(path.dirname(inRoot(name)), { recursive: true });
    writeFileSync(inRoot(name), pages.get(name));
  }
  return changed;
}

/** @throws StepFailed if a page differs from the one that is kept, with the lines that do */
export function checkPages(pages) {
  const changed = differing(pages);
  if (changed.length === 0) return;
  const shown = changed.map((name) => `${name}:\n${difference(kept(name), pages.get(name))}`);
  throw new StepFailed(
    `The packages' API is not what is written down.\n${shown.join('\n')}`,
    '`npm run api` writes it down. If a plugin written for the last release could break by it, raise PLUGIN_API too: see ' +
      'docs/guide/versions.md.',
  );
}

const kept = (name) => (existsSync(inRoot(name)) ? readFileSync(inRoot(name), 'utf8') : '');

const differing = (pages) => [...pages.keys()].filter((name) => kept(name) !== pages.get(name));

const MOST_LINES = 12;

/** Lines that one of two texts has more often than the other, the first ones, each with its side. */
export function difference(before, after) {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const gone = surplus(old, now).map((line) => `  - ${line}`);
  const come = surplus(now, old).map((line) => `  + ${line}`);
  const lines = [...gone.slice(0, MOST_LINES), ...come.slice(0, MOST_LINES)];
  const left = gone.length + come.length - lines.length;
  if (lines.length === 0) return '  the same lines in another order';
  return [...lines, ...(left > 0 ? [`  and ${left} lines more`] : [])].join('\n');
}

function surplus(lines, others) {
  const left = new Map();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
