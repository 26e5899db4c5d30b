// V vocabulary.
import type { AcceptanceRule } from '../../contracts/decoding.ts';
import { pointMass } from '../../generation/distribution.ts';
import { createRandom } from '../../random/random.ts';
import { isRefusal } from '../options/option-forms.ts';
import { afterOneStep, type Setting, sampledOneStep } from './enumerate.ts';
import { NotEnumerable } from './explorer.ts';
import type { How, Shape } from './lazy-draft.ts';
import { doesKeep, ofEveryForm } from './rule-case.ts';
import { ancestral, randomTables, type Tables } from './tables.ts';

/** Rounding of some hundred sums and products of numbers up to 1. */
const ROUNDING = 1e-12;
/** Sequences that are drawn where a rule cannot be enumerated: a bias of .02 is seen then. */
const SEQUENCES = 100_000;
/** How often a rule that is right fails where it is sampled. */
const FALSE_ALARM = 1e-6;
/** What is enumerated takes up to some ten thousand runs of a rule. */
const LIMITS = { mostRuns: 150_000, futures: 3 };

interface Drafts {
  readonly what: string;
  readonly vocabulary: number;
  readonly parent: readonly number[];
  readonly how: readonly How[];
}

const DRAFTS: readonly Drafts[] = [
  { what: 'no draft', vocabulary: 3, parent: [], how: [] },
  { what: 'a chain of two drawn tokens', vocabulary: 3, parent: [-1, 0], how: ['drawn', 'drawn'] },
  { what: 'a chain of three drawn tokens', vocabulary: 2, parent: [-1, 0, 1], how: ['drawn', 'drawn', 'drawn'] },
  { what: 'a chain of two chosen tokens', vocabulary: 3, parent: [-1, 0], how: ['chosen', 'chosen'] },
  {
    what: 'two siblings drawn one from what the other left, and a child',
    vocabulary: 3,
    parent: [-1, -1, 0],
    how: ['drawn', 'drawn', 'drawn'],
  },
  {
    what: 'three siblings drawn of four tokens',
    vocabulary: 4,
    parent: [-1, -1, -1],
    how: ['drawn', 'drawn', 'drawn'],
  },
  { what: 'a chosen and a drawn sibling', vocabulary: 3, parent: [-1, -1], how: ['chosen', 'drawn'] },
];

/** Tables of probabilities: all tokens possible; some not; one certain; heads that say what the model says, or all but that. */
const WORLDS: readonly { readonly what: string; readonly tables: (vocabulary: number) => Tables }[] = [
  { what: 'all tokens possible', tables: (vocabulary) => randomTables(vocabulary, 1) },
  {
    what: 'impossible tokens',
    tables: (vocabulary) => randomTables(vocabulary, 2, { zeros: 0.35, support: Math.min(3, vocabulary) }),
  },
  {
    what: 'a model at temperature 0',
    tables: (vocabulary) => ({
      ...randomTables(vocabulary, 3),
      p: (text) => pointMass((text * 7 + 1) % vocabulary, vocabulary),
    }),
  },
  { what: 'heads that are right', tables: (vocabulary) => same(randomTables(vocabulary, 4)) },
];

/** The world in which a rule is sampled that cannot be enumerated. */
const [, SAMPLED] = WORLDS;

const same = (tables: Tables): Tables => ({ ...tables, q: tables.p });

/** What comes out is distributed as plain sampling's for every draft, or the claim is wrong. */
export const keepsDistribution = ofEveryForm(
  'gives the distribution of plain sampling, if it says that it keeps it',
  ({ create, broken }) => {
    const rule = create();
    if (!doesKeep(rule, 'distribution')) return;
    const settings = settingsFor(rule);
    const fault =
      enumeratedFault(settings) ?? (settings.every(({ isRight }) => isRight) ? undefined : sampledFault(settings));
    if (!fault) return;
    throw broken(
      `it says that it keeps 'distribution', but ${fault}. Keep a node with probability min(1, p/q), go on with what p has ` +
        'beyond q after a refusal, draw the last token from what is left; or leave ' +
        "'distribution' out of `keeps`.",
    );
  },
);

/** A draft in a world, and what was found of it. */
interface Judged extends Setting {
  readonly what: string;
  readonly length: number;
  readonly wanted: Float64Array;
  readonly isSampled: boolean;
  isRight: boolean;
}

function settingsFor(rule: AcceptanceRule): Judged[] {
  return DRAFTS.filter(({ how }) => !rule.needsDrawn || !how.includes('chosen')).flatMap((drafts) =>
    WORLDS.filter(() => doesTake(rule, drafts)).map((world): Judged => {
      const tables = world.tables(drafts.vocabulary);
      const length = levels(drafts) + 1;
      return {
        what: `${drafts.what} (${world.what}, V = ${drafts.vocabulary}) the probability of a text of ${length} tokens`,
        tables,
        shape: drafts,
        rule,
        isDrawnAtOnce: true,
        limits: LIMITS,
        length,
        wanted: ancestral(tables, length),
        isSampled: world === SAMPLED,
        isRight: false,
      };
    }),
  );
}

/** Whether a rule takes drafts of a form: it may refuse siblings by DRAFT_UNSUPPORTED. */
function doesTake(rule: AcceptanceRule, drafts: Drafts): boolean {
  if (new Set(drafts.parent).size === drafts.parent.length) return true;
  const tables = WORLDS[0].tables(drafts.vocabulary);
  try {
    sampledOneStep({ tables, shape: drafts, rule }, 1, 1, createRandom(0, 'siblings'));
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

/** What is off by exact probabilities; stops where the rule does more with its numbers than to compare them. */
function enumeratedFault(settings: readonly Judged[]): string | undefined {
  for (const setting of settings) {
    const { wanted, what } = setting;
    const enumerated = enumeratedOf(setting, setting.length);
    if (!enumerated) return undefined;
    const off = wanted.reduce((most, p, text) => Math.max(most, Math.abs(p - enumerated[text])), 0);
    setting.isRight = off < ROUNDING;
    if (setting.isRight) continue;
    const isEnumerated = variation(sharesOf(setting), enumerated) <= tolerated(wanted.length);
    return isEnumerated ? `for ${what} is off by ${off.toExponential(1)} (enumerated)` : undefined;
  }
  return undefined;
}

/** What is off by more than chance explains, in one world. */
function sampledFault(settings: readonly Judged[]): string | undefined {
  for (const setting of settings.filter(({ isSampled }) => isSampled)) {
    const seen = variation(sharesOf(setting), setting.wanted);
    if (seen <= tolerated(setting.wanted.length)) continue;
    return `for ${setting.what} is off by a total variation of ${seen.toFixed(3)} over ${SEQUENCES} texts`;
  }
  return undefined;
}

const sharesOf = (setting: Judged): Float64Array =>
  sampledOneStep(setting, setting.length, SEQUENCES, createRandom(11, 'acceptance-rule contract')).map(
    (count) => count / SEQUENCES,
  );

function enumeratedOf(setting: Setting, length: number): Float64Array | undefined {
  try {
    return afterOneStep(setting, length);
  } catch (error) {
    if (error instanceof NotEnumerable) return undefined;
    throw error;
  }
}

/** Half the sum of all differences. */
const variation = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, share, index) => sum + Math.abs(share - b[index]) / 2, 0);

/**
 * The total variation that a right sampler exceeds once in a million.
 * @source Weissman et al. 2003, "Inequalities for the L1 deviation of the empirical distribution", theorem 2.1
 */
function tolerated(cells: number): number {
  return Math.sqrt((2 * (cells * Math.LN2 - Math.log(FALSE_ALARM))) / SEQUENCES) / 2;
}

function levels({ parent }: Pick<Shape, 'parent'>): number {
  const level: number[] = [];
  for (const above of parent) level.push(above < 0 ? 1 : level[above] + 1);
  return Math.max(0, ...level);
}
