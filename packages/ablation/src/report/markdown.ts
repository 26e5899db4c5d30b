import { COST_NOTE, costColumns, hasCost } from './cost-table.ts';
import { decodingColumns, decodingRows, levelColumns, levelRows } from './decoding-table.ts';
import { headline } from './headline.ts';
import { decimals } from './numbers.ts';
import { prunedColumns } from './pruned-table.ts';
import type { ReportData, Sample } from './report-data.ts';
import { verdictSentences } from './verdict-sentence.ts';
import { type Column, verdictColumns } from './verdict-table.ts';

/** The report as Markdown, to be pasted into a pull request. */
export function reportMarkdown(data: ReportData): string {
  const { name, rows, failures, pruned, samples, configs, plan } = data;
  const columns = verdictColumns(rows);
  const parts = [
    `# ${text(name)}`,
    text(headline(rows)),
    rowsTable(columns, rows),
    verdictSentences(rows)
      .map((sentence) => `- ${text(sentence)}`)
      .join('\n'),
    ...failures.map(({ arm, seed, message }) => `- failed: **${text(arm)}**, seed ${seed}: ${text(message)}`),
    ...section('Pruned arms', pruned.length > 0 ? rowsTable(prunedColumns, pruned) : undefined),
    ...section('Cost', hasCost(rows) ? `${rowsTable(costColumns, rows)}\n\n${COST_NOTE}` : undefined),
    ...section('Offsets', offsetsTable(data)),
    ...section('Decoding', decodingTables(data)),
    ...section('Generated text', sampleText(samples)),
    '## Arms',
    configs
      .map(({ arm, changes }) => {
        const what = changes.map(({ path, own }) => `${code(path)} = ${code(own)}`).join(', ');
        return `- **${text(arm)}**: ${what === '' ? 'the baseline' : what}`;
      })
      .join('\n'),
    `Made by ${code(`foretoken ablate ${plan.file}`)} on ${text(plan.machine.cpu)}; ${Object.values(plan.engines).map(text).join(', ')}.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

const section = (title: string, content: string | undefined): string[] =>
  content === undefined ? [] : [`## ${title}`, content];

function rowsTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return table(
    columns.map(({ heading }) => heading),
    rows.map((row) => columns.map(({ cell }) => cell(row))),
    columns.map(({ isNumber }) => isNumber),
  );
}

/** Bits of every arm, an offset per column. */
function offsetsTable({ offsets, unit, rows }: ReportData): string | undefined {
  const columns = [...new Set(offsets.map(({ offset }) => offset))].sort((a, b) => a - b);
  if (columns.length === 0) return undefined;
  const bits = (arm: string, offset: number) =>
    offsets.find((point) => point.arm === arm && point.offset === offset)?.bits;
  return table(
    [unit, ...columns.map((offset) => `offset ${offset}`)],
    rows.map(({ arm }) => [arm, ...columns.map((offset) => decimals(bits(arm, offset), 3))]),
    [false, ...columns.map(() => true)],
  );
}

/** Every decoder, then every draft position. */
function decodingTables({ decoding }: ReportData): string | undefined {
  const rows = decodingRows(decoding);
  if (!rows.some(({ report }) => report)) return undefined;
  const levels = levelRows(rows);
  return [rowsTable(decodingColumns, rows), ...(levels.length > 0 ? [rowsTable(levelColumns, levels)] : [])].join(
    '\n\n',
  );
}

function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  isNumber: readonly boolean[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(headings.map(text)),
    line(isNumber.map((right) => (right ? '---:' : ':---'))),
    ...rows.map((row) => line(row.map(text))),
  ].join('\n');
}

/** One sample, with drafts if any arm has some, in a fence longer than any run of backticks in it. */
function sampleText(samples: readonly Sample[]): string | undefined {
  const sample = samples.find(({ pieces }) => pieces.some(({ drafted }) => drafted)) ?? samples[0];
  if (!sample) return undefined;
  const { arm, prompt, pieces } = sample;
  const body = prompt + pieces.map((piece) => (piece.drafted ? `«${piece.text}»` : piece.text)).join('');
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${text(arm)}; «drafted and accepted» stands between guillemets.\n\n${fence}\n${body}\n${fence}`;
}

/** Text that stays text: nothing of it becomes markup, a link or a table cell. */
function text(value: string): string {
  return value.replaceAll(/[\\`*_{}[\]<>|#~&@!]/g, (character) => `\\${character}`).replaceAll(/\s+/g, ' ');
}

/** Inline code; backticks and pipes would end it or the cell it stands in. */
function code(value: string): string {
  const longest = Math.max(0, ...[...value.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const padding = longest > 0 ? ' ' : '';
  return `${fence}${padding}${value.replaceAll(/\s+/g, ' ')}${padding}${fence}`;
}
