import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { inRoot } from '../setup/paths.mjs';

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs', 'packages', 'examples']
  .flatMap((start) => markdownIn(inRoot(start)))
  .map((file) => path.relative(inRoot(), file));

function markdownIn(start) {
  if (start.endsWith('.md')) return [start];
  return readdirSync(start, { withFileTypes: true }).flatMap((entry) => {
    const isOurs = entry.isDirectory() ? !['node_modules', 'dist'].includes(entry.name) : entry.name.endsWith('.md');
    return isOurs ? markdownIn(path.join(start, entry.name)) : [];
  });
}

/** Code blocks that say which file they are from. */
function excerpts(text) {
  return [...text.matchAll(/<!-- excerpt: (\S+) -->\n```\w+\n([\s\S]*?)```/g)].map(([, file, code]) => ({
    file,
    code,
  }));
}

/** Lines of an excerpt that do not come, in this order, in the file. */
function strangeLines(code, file) {
  const lines = readFileSync(inRoot(file), 'utf8').split('\n');
  let from = 0;
  return code.split('\n').filter((line) => {
    const found = lines.findIndex((other, at) => at >= from && bare(other) === bare(line));
    if (found >= 0) from = found + 1;
    return found < 0 && bare(line) !== '';
  });
}

const bare = (line) => line.trim().replace(/,$/, '');

describe.each(pages)('%s', (page) => {
  const text = readFileSync(inRoot(page), 'utf8');

  test('links to files that are there', () => {
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, target]) => target);
    expect(targets.filter((target) => !existsSync(inRoot(path.dirname(page), target)))).toEqual([]);
  });

  test('shows code as it is in the files that it names', () => {
    for (const { file, code } of excerpts(text)) expect(strangeLines(code, file), file).toEqual([]);
  });
});
