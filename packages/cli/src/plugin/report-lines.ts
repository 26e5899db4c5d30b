import { NO_SANDBOX, type PluginReport, type Section, type Severity } from '@foretoken/plugin-check';
import type { Ansis } from 'ansis';
import { oneLine } from '../output/one-line.ts';
import { formatTable } from '../output/table.ts';

const SIGNS = { passed: '✓', warned: '!', failed: '✗', 'not run': '–', error: '✗', warning: '!', note: '·' } as const;

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/**
 * A check as a terminal shows it: one line for each part, then what to mend, the worst first, then the verdict.
 * @param columns - width to break sentences at; undefined where the output is no terminal
 */
export function reportLines(report: PluginReport, colours: Ansis, columns?: number): string[] {
  const { sections, origin } = report;
  const found = sections.flatMap(({ findings }) => findings);
  const rows = sections.map(({ state, title, summary }) => [painted(state, colours), title, oneLine(summary)]);
  const listed = SEVERITIES.flatMap((severity) =>
    found
      .filter((one) => one.severity === severity)
      .flatMap(({ where, sentence }) => [
        `${painted(severity, colours)} ${colours.bold(oneLine(where))}`,
        ...broken(oneLine(sentence), (columns ?? Number.POSITIVE_INFINITY) - 2).map((line) => `  ${line}`),
      ]),
  );
  return [
    `${colours.bold(oneLine(`${report.package} ${report.version}`))}  ${colours.dim(oneLine(`${origin.kind} ${origin.path}`))}`,
    '',
    ...formatTable([{ title: '' }, { title: '' }, { title: '' }], rows).slice(1),
    '',
    ...(listed.length > 0 ? [...listed, ''] : []),
    verdict(report, colours),
    ...broken(NO_SANDBOX, columns ?? Number.POSITIVE_INFINITY).map((line) => colours.dim(line)),
  ];
}

function painted(state: Section['state'] | Severity, { green, yellow, red, dim }: Ansis): string {
  const sign = SIGNS[state];
  if (state === 'passed') return green(sign);
  if (state === 'failed' || state === 'error') return red(sign);
  return state === 'warned' || state === 'warning' ? yellow(sign) : dim(sign);
}

function verdict({ sections, ok }: PluginReport, colours: Ansis): string {
  const found = sections.flatMap(({ findings }) => findings);
  const count = (severity: Severity) => found.filter((one) => one.severity === severity).length;
  const counted = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  const [errors, warnings] = [counted(count('error'), 'error'), counted(count('warning'), 'warning')];
  if (!ok) return colours.red(`Not fit to publish: ${errors}, ${warnings}.`);
  return count('warning') > 0 ? colours.yellow(`Fit to publish, with ${warnings}.`) : colours.green('Fit to publish.');
}

/** A sentence on lines of at most so many columns, broken between words. */
function broken(sentence: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of sentence.split(' ')) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
