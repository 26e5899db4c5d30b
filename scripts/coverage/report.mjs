import { relative } from 'node:path';

/**
 * What an istanbul coverage map says was not executed, by file.
 *
 * @returns {{ lines: number, branches: number, files: { file: string, lines: number[], branches: number[] }[] }} how many
 *   there are in all, and the lines of those missed, of each file that has any; most missed first
 */
export function missingOf(map, folder) {
  const all = Object.values(map).map((one) => ({ ...countsOf(one), file: relative(folder, one.path) }));
  const files = all
    .map(({ file, lines, branches }) => ({ file, lines: missed(lines), branches: missed(branches) }))
    .filter(({ lines, branches }) => lines.length + branches.length > 0)
    .sort((a, b) => b.lines.length + b.branches.length - a.lines.length - a.branches.length);
  const sum = (of) => all.reduce((total, one) => total + one[of].length, 0);
  return { lines: sum('lines'), branches: sum('branches'), files };
}

/** A line is executed as often as the most executed statement that begins on it. */
function countsOf({ statementMap, s, branchMap, b }) {
  const lines = new Map();
  for (const [key, { start }] of Object.entries(statementMap)) {
    lines.set(start.line, Math.max(lines.get(start.line) ?? 0, s[key]));
  }
  const branches = Object.entries(branchMap).flatMap(([key, { loc, locations }]) =>
    b[key].map((count, index) => [locations[index]?.start?.line ?? loc.start.line, count]),
  );
  return { lines: [...lines], branches };
}

const missed = (counts) =>
  counts
    .filter(([, count]) => count === 0)
    .map(([line]) => line)
    .sort((a, b) => a - b);

/** "99.82 % of 1629 lines, 98.35 % of 788 branches". */
export function saidShares({ lines, branches, files }) {
  const share = (total, of) => {
    const without = files.reduce((sum, file) => sum + file[of].length, 0);
    return `${(total === 0 ? 100 : (100 * (total - without)) / total).toFixed(2)} % of ${total} ${of}`;
  };
  return `${share(lines, 'lines')}, ${share(branches, 'branches')}`;
}

/** Files with the lines that were not executed, and those on which a branch was not taken. */
export function saidMissing({ files }) {
  const said = (lines) => (lines.length > 0 ? lines.join(', ') : 'none');
  return files
    .map(({ file, lines, branches }) => `  ${file}: lines ${said(lines)}; branches at ${said([...new Set(branches)])}`)
    .join('\n');
}
