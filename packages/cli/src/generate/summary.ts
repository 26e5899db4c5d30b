import type { Emission, Tokenizer } from '@foretoken/core';
import {
  type Acceptance,
  distinctShare,
  emittedAcceptance,
  type OutputClaim,
  outputClaim,
} from '@foretoken/core/evaluation';
import { formatDuration, formatRate } from '../output/quantities.ts';
import type { ChosenDecoder } from './choose-decoder.ts';

/** What was decoded. */
export interface Decoded {
  readonly emissions: readonly Emission[];
  /** Texts, as they were given. */
  readonly prompts: readonly string[];
  /** What continued each, without the text that stopped it. */
  readonly texts: readonly string[];
  readonly seconds: number;
  readonly isInterrupted: boolean;
}

/** One prompt of `foretoken generate --json`. */
export interface GeneratedRow {
  readonly prompt: string;
  readonly text: string;
  readonly tokens: number;
  /** Why it ended; null where the whole was interrupted. */
  readonly finished: Emission['finished'] | null;
  readonly stop?: Emission['stop'];
  readonly logProbabilities?: readonly SaidLogProbability[];
}

/** A token's log-probability in nats, with its text. */
export interface SaidLogProbability {
  readonly token: number;
  readonly text: string;
  readonly logProbability: number;
  readonly top: readonly { readonly token: number; readonly text: string; readonly logProbability: number }[];
}

/** `foretoken generate --json`, but for the run. */
export interface Summary {
  readonly decoder: string;
  /** The plugin with its rule, policy and sampling, as in an experiment. */
  readonly configuration: ChosenDecoder['ref'];
  readonly drafts: boolean;
  readonly output: OutputClaim;
  /** False where a clock decides what is drafted. */
  readonly isReproducible: boolean;
  readonly seed: number;
  readonly rows: readonly GeneratedRow[];
  readonly tokens: number;
  readonly seconds: number;
  readonly tokensPerSecond: number;
  /** A row is a prompt. */
  readonly acceptance: Acceptance;
  /** Distinct 4-grams of bytes over all, within each text: near 0 where it repeats itself; null if it is too short. */
  readonly distinct4: number | null;
  readonly isInterrupted: boolean;
}

/**
 * Everything that is known of a generation.
 *
 * @param limits - tokens that each prompt might emit, and levels that the model can draft
 */
export function summaryOf(
  { named, ref }: ChosenDecoder,
  decoded: Decoded,
  {
    seed,
    tokenizer,
    ...limits
  }: Parameters<typeof emittedAcceptance>[1] & {
    readonly seed: number;
    readonly tokenizer: Tokenizer;
  },
): Summary {
  const { emissions, texts, seconds, isInterrupted } = decoded;
  const acceptance = emittedAcceptance(emissions, limits);
  return {
    decoder: named.label,
    configuration: ref,
    drafts: named.decoder.drafts,
    output: outputClaim(named),
    isReproducible: named.policy.isTimed !== true,
    seed,
    rows: decoded.prompts.map((_, prompt) => rowOf(prompt, decoded, tokenizer)),
    tokens: acceptance.tokens,
    seconds,
    tokensPerSecond: acceptance.tokens / seconds,
    acceptance,
    distinct4: distinctShare(texts.map((text) => new TextEncoder().encode(text))),
    isInterrupted,
  };
}

function rowOf(prompt: number, { emissions, prompts, texts }: Decoded, tokenizer: Tokenizer): GeneratedRow {
  const own = emissions.filter((emission) => emission.prompt === prompt);
  const last = own.at(-1);
  const textOf = (token: number) => new TextDecoder().decode(tokenizer.decode([token]));
  const logProbabilities = own.flatMap((emission) => emission.logProbabilities ?? []);
  return {
    prompt: prompts[prompt],
    text: texts[prompt],
    tokens: own.reduce((sum, { tokens }) => sum + tokens.length, 0),
    finished: last?.finished ?? null,
    ...(last?.stop && { stop: last.stop }),
    ...(last?.logProbabilities && {
      logProbabilities: logProbabilities.map(({ token, logProbability, top }) => ({
        ...{ token, text: textOf(token), logProbability },
        top: top.map((other) => ({ ...other, text: textOf(other.token) })),
      })),
    }),
  };
}

const OUTPUTS: { readonly [claim in OutputClaim]: string } = {
  greedy: 'greedy’s own output',
  'same distribution': 'same distribution as the model’s own',
  lossy: 'lossy: neither greedy’s output nor the model’s distribution',
};

/** The numbers at the end, for a terminal. */
export function summaryLines(summary: Summary): string[] {
  const { decoder, tokens, seconds, tokensPerSecond, acceptance, rows, distinct4 } = summary;
  const { tokensPerForward, bonus } = acceptance;
  const drafted = tokens > 0 ? Math.round((100 * (tokens - bonus)) / tokens) : 0;
  const ends = [
    ...(rows.some(({ finished }) => finished === 'context') ? ['the context is full (--window goes on)'] : []),
    ...(summary.isInterrupted ? ['interrupted'] : []),
  ];
  const numbers = [
    `${decoder}: ${tokens} tokens in ${formatDuration(seconds)}`,
    `${formatRate(tokensPerSecond)} tokens/s`,
    `${tokensPerForward.toFixed(2)} tokens per forward`,
    ...(summary.drafts ? [`${drafted}% drafted and accepted`] : []),
    ...(distinct4 === null ? [] : [`${Math.round(100 * distinct4)}% of 4-grams distinct`]),
    ...ends,
  ];
  return [numbers.join(', '), [...levelPart(acceptance), ...claimPart(summary)].join('; ')];
}

/** Accepted of those proposed, level by level; a dash where none was. */
function levelPart({ marginal }: Acceptance): string[] {
  if (marginal.length === 0) return [];
  const shares = marginal.map((share) => (share === null ? '–' : `${Math.round(100 * share)}%`));
  return [`drafts accepted by level: ${shares.join(' ')}`];
}

function claimPart({ drafts, output, configuration, isReproducible }: Summary): string[] {
  const { rule, policy, sampling = {} } = configuration;
  const settings = [
    ...(drafts ? [`rule ${rule.name}`, `policy ${policy.name}`] : []),
    ...Object.entries(sampling).map(([name, value]) => `${name} ${JSON.stringify(value)}`),
  ];
  return [
    ...(settings.length > 0 ? [settings.join(', ')] : []),
    `${OUTPUTS[output]}${isReproducible ? '' : ', tokens per forward not reproducible'}`,
  ];
}
