import type { AcceptanceReport, DecoderReport, LevelReport } from './decoding.ts';
import { decimals, NOT_MEASURED } from './numbers.ts';
import type { ArmDecoding } from './report-data.ts';
import type { Column } from './verdict-table.ts';

/** A decoder of an arm, or its label match, in a row. */
export interface DecodingRow extends AcceptanceReport {
  readonly arm: string;
  readonly decoder: string;
  /** Undefined for label match. */
  readonly report?: DecoderReport;
}

/** One draft position of a {@link DecodingRow}. */
export interface LevelRow extends LevelReport {
  readonly arm: string;
  readonly decoder: string;
  readonly forwards: number;
}

/** What stands for a decoder where drafts were counted against held-out text. */
const LABEL_MATCH = 'label match (held-out text)';

/** Every decoder of every arm, and below them the arm's label match. */
export function decodingRows(arms: readonly ArmDecoding[]): DecodingRow[] {
  return arms.flatMap(({ arm, decoders, labelMatch }) => [
    ...decoders.map((report) => ({ arm, report, ...report })),
    ...(labelMatch ? [{ arm, decoder: LABEL_MATCH, ...labelMatch }] : []),
  ]);
}

/** Draft positions of everything that drafted. */
export function levelRows(rows: readonly DecodingRow[]): LevelRow[] {
  return rows.flatMap(({ arm, decoder, forwards, levels }) =>
    levels.map((level) => ({ arm, decoder, forwards, ...level })),
  );
}

const share = (part: number, whole: number): string => (whole === 0 ? NOT_MEASURED : percent(part / whole));

const percent = (value: number | undefined): string =>
  value === undefined ? NOT_MEASURED : `${decimals(100 * value, 1)}%`;

/** One row a decoder. */
export const decodingColumns: readonly Column<DecodingRow>[] = [
  { heading: 'arm', explanation: 'The first is the baseline.', isNumber: false, cell: ({ arm }) => arm },
  {
    heading: 'decoder',
    explanation: 'Label match is the same count against held-out text instead of the model’s own choices.',
    isNumber: false,
    cell: ({ decoder }) => decoder,
  },
  {
    heading: 'output',
    explanation:
      'greedy: equal to greedy decoding, token by token; NO: claims to be and is not; same distribution: drawn as without ' +
      'drafts; lossy: neither. Not reproducible: a clock decides what is drafted.',
    isNumber: false,
    cell: ({ report }) => outputCell(report),
  },
  {
    heading: 'tokens/forward',
    explanation: 'Drafts kept and bonus tokens per verifying forward; degenerate where the text repeats itself.',
    isNumber: true,
    cell: ({ tokensPerForward, report }) =>
      `${decimals(tokensPerForward, 2)}${report?.isDegenerate ? ' degenerate' : ''}`,
  },
  {
    heading: 'bonus',
    explanation: 'Share of the tokens that came from the model itself: one a forward unless something cut it off.',
    isNumber: true,
    cell: ({ bonus, tokens }) => share(bonus, tokens),
  },
  {
    heading: 'nodes/forward',
    explanation: 'Drafted tokens verified per forward: what a forward reads beside the pending token.',
    isNumber: true,
    cell: ({ levels, forwards }) =>
      forwards === 0 ? NOT_MEASURED : decimals(levels.reduce((sum, { nodes }) => sum + nodes, 0) / forwards, 2),
  },
  {
    heading: 'drafts kept',
    explanation: 'Share of the forwards that kept exactly 0, 1, 2, ... drafts.',
    isNumber: false,
    cell: ({ acceptedLengths, forwards }) =>
      acceptedLengths.length < 2 ? NOT_MEASURED : acceptedLengths.map((count) => share(count, forwards)).join(' · '),
  },
];

/** One row a draft position. */
export const levelColumns: readonly Column<LevelRow>[] = [
  { heading: 'arm', explanation: 'The first is the baseline.', isNumber: false, cell: ({ arm }) => arm },
  { heading: 'decoder', explanation: 'Or label match.', isNumber: false, cell: ({ decoder }) => decoder },
  {
    heading: 'draft',
    explanation: 'Position in the draft; its offset is one more.',
    isNumber: true,
    cell: ({ level }) => String(level),
  },
  {
    heading: 'marginal',
    explanation: 'Accepted, of the forwards that proposed a draft here.',
    isNumber: true,
    cell: ({ marginal }) => percent(marginal),
  },
  {
    heading: 'conditional',
    explanation: 'Accepted, of the forwards that proposed a draft here and kept the one before.',
    isNumber: true,
    cell: ({ conditional }) => percent(conditional),
  },
  {
    heading: 'unobserved',
    explanation: 'Forwards without a draft here, or whose draft a limit or a stop cut off: never counted as rejected.',
    isNumber: true,
    cell: ({ unobserved, forwards }) => share(unobserved, forwards),
  },
  {
    heading: 'nodes',
    explanation: 'Candidates per forward that proposed some: more than one in a tree.',
    isNumber: true,
    cell: ({ nodes, proposed }) => (proposed === 0 ? NOT_MEASURED : decimals(nodes / proposed, 2)),
  },
];

function outputCell(report: DecoderReport | undefined): string {
  if (!report) return NOT_MEASURED;
  const word = report.output === 'yes' ? 'greedy' : (report.output ?? NOT_MEASURED);
  return report.isReproducible ? word : `${word}, not reproducible`;
}
