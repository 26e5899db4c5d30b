import { createRandom, type Emission, type NamedDecoder, type Prompt } from '@foretoken/core';
import type { Progress } from '../../output/progress.ts';
import type { CommandContext } from '../../process/context.ts';
import { throwIfStopped } from '../open-bench.ts';
import type { DecodingModel } from './decoding-model.ts';
import { SessionMeter } from './session-meter.ts';

/** One decoder at one batch size. */
export interface Contender {
  readonly decoder: NamedDecoder;
  readonly batch: number;
}

/** What came of one generation of one batch. */
export interface TimedRun {
  readonly prompts: number;
  /** From an empty session to the last token. */
  readonly seconds: number;
  /** Of those, what reading the prompts took. */
  readonly prefillSeconds: number;
  readonly tokens: number;
  /** Verifying forwards, each row's counted. */
  readonly forwards: number;
  /** Of those, the ones that verified a draft of level 1, 2, ... */
  readonly proposed: readonly number[];
  /** Whether the model's heads drafted it. */
  readonly isFromHeads: boolean;
  /** What came out, prompt by prompt: texts to compare. */
  readonly texts: readonly string[];
  /** Seconds of decoding outside the engine's own code, where the engine tells. */
  readonly javaScriptSeconds?: number;
  /** Of those, the ones in which the session drafted, verified or committed: what is left is the decoder, its rule and the loop. */
  readonly sessionJavaScriptSeconds?: number;
}

/** Steps with a draft to verify, and without: V8 compiles what each is made of apart. */
interface Steps {
  drafting: number;
  plain: number;
}

/** Of this process so far. */
const stepsMade: Steps = { drafting: 0, plain: 0 };

/** Decodes prompts together. */
export async function timedRun(
  context: CommandContext,
  model: DecodingModel,
  { decoder: { decoder, rule, policy, sampling } }: Contender,
  { prompts, maxTokens }: { readonly prompts: readonly Prompt[]; readonly maxTokens: number },
): Promise<TimedRun> {
  const emissions: Emission[] = [];
  const kernelsBefore = model.engine.kernelSeconds();
  const started = performance.now();
  const session = new SessionMeter(model.openSession(), model.engine);
  const random = (prompt: number) => createRandom(model.seed, `prompt/${prompt}`);
  const request = { prompts: prompts.map((prompt) => ({ ...prompt, sampling })), maxTokens, rule, policy, random };
  try {
    for await (const emission of decoder.generate(session, { ...request, signal: context.signal })) {
      throwIfStopped(context);
      emissions.push(emission);
    }
  } finally {
    session.dispose();
  }
  const seconds = (performance.now() - started) / 1_000;
  const counts = countsOf(emissions);
  addSteps(stepsMade, { prompts: prompts.length, ...counts });
  const { prefillSeconds, prefillKernelSeconds } = session;
  const kernels = model.engine.kernelSeconds();
  return {
    prompts: prompts.length,
    seconds,
    prefillSeconds,
    isFromHeads: session.hasDrafted,
    ...counts,
    texts: textsOf(emissions, prompts.length),
    ...(kernels !== undefined && {
      javaScriptSeconds: seconds - prefillSeconds - (kernels - kernelsBefore! - prefillKernelSeconds),
      sessionJavaScriptSeconds: session.stepSeconds - session.stepKernelSeconds,
    }),
  };
}

/** Adds the steps of a run: whatever drafts, drafts a level 1. */
function addSteps(
  steps: Steps,
  { prompts, forwards, proposed: [drafted = 0] }: Pick<TimedRun, 'prompts' | 'forwards' | 'proposed'>,
): void {
  steps.drafting += drafted / prompts;
  steps.plain += (forwards - drafted) / prompts;
}

function countsOf(emissions: readonly Emission[]): Pick<TimedRun, 'tokens' | 'forwards' | 'proposed'> {
  const proposed: number[] = [];
  let tokens = 0;
  for (const emission of emissions) {
    tokens += emission.tokens.length;
    for (const [index, nodes] of emission.proposed.entries()) {
      proposed[index] = (proposed[index] ?? 0) + (nodes > 0 ? 1 : 0);
    }
  }
  return { tokens, forwards: emissions.length, proposed };
}

function textsOf(emissions: readonly Emission[], count: number): string[] {
  const texts = Array.from({ length: count }, (): number[] => []);
  for (const { prompt, tokens } of emissions) texts[prompt].push(...tokens);
  return texts.map((tokens) => tokens.join());
}

/** What is run in turns. */
export interface Schedule {
  /** Prompts of the runs that count, one list a run. */
  groups(batch: number): readonly (readonly Prompt[])[];
  /** Tokens to generate, in the runs that warm up too: a policy learns from those how long texts are. */
  readonly maxTokens: number;
  /** Steps that this process has made at least before a run counts: with drafts if the contender mostly drafts, else without. */
  readonly warmUpSteps: number;
}

/** The runs of one contender that count, in their order. */
export interface ContenderRuns extends Contender {
  readonly runs: readonly TimedRun[];
}

/** What each contender decodes until it is warm, and where that is shown. */
interface WarmUp extends Pick<Schedule, 'maxTokens' | 'warmUpSteps'> {
  readonly prompts: readonly (readonly Prompt[])[];
  readonly progress: Progress;
}

/**
 * What warms up does not count: a run of each contender, and more of it until V8 has compiled what its steps are made of; a
 * policy that goes by times has measured its own once more by then.
 */
async function warmUp(
  context: CommandContext,
  model: DecodingModel,
  contenders: readonly Contender[],
  { prompts, maxTokens, warmUpSteps, progress }: WarmUp,
): Promise<void> {
  const warm = contenders.map((): Steps => ({ drafting: 0, plain: 0 }));
  const isCold = (i: number): boolean => {
    const { drafting, plain } = warm[i];
    const own = contenders[i].decoder.policy?.isTimed ? warmUpSteps / 2 : 0;
    return drafting + plain < own || stepsMade[drafting > plain ? 'drafting' : 'plain'] < warmUpSteps;
  };
  let done = 0;
  for (let cold = [...contenders.keys()]; cold.length > 0; cold = cold.filter(isCold)) {
    const total = done + cold.length;
    for (const i of cold) {
      addSteps(warm[i], await timedRun(context, model, contenders[i], { prompts: prompts[i], maxTokens }));
      progress.update({ label: 'warming up', done: ++done, total, unit: 'runs', note: nameOf(contenders[i]) });
    }
  }
}

const nameOf = ({ decoder, batch }: Contender): string => `${decoder.label}, batch ${batch}`;

/** Runs contenders in turns, in the opposite order every other round, so that a machine whose clock wanders treats all alike. */
export async function inTurns(
  context: CommandContext,
  model: DecodingModel,
  contenders: readonly Contender[],
  { groups, maxTokens, warmUpSteps }: Schedule,
): Promise<ContenderRuns[]> {
  const progress = context.progress();
  const runs = contenders.map((): TimedRun[] => []);
  const rounds = contenders.map(({ batch }) => groups(batch));
  const total = rounds.reduce((sum, { length }) => sum + length, 0);
  let done = 0;
  const prompts = rounds.map(([first]) => first);
  await warmUp(context, model, contenders, { prompts, maxTokens, warmUpSteps, progress });
  for (let round = 0; round < Math.max(...rounds.map(({ length }) => length)); round++) {
    const turns = [...contenders.keys()].filter((i) => round < rounds[i].length);
    for (const i of round % 2 === 0 ? turns : turns.reverse()) {
      runs[i].push(await timedRun(context, model, contenders[i], { prompts: rounds[i][round], maxTokens }));
      progress.update({ label: 'decoding', done: ++done, total, unit: 'runs', note: nameOf(contenders[i]) });
    }
  }
  return contenders.map((contender, i) => ({ ...contender, runs: runs[i] }));
}
