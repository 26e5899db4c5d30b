// Evals that are wrong on purpose, each in one way: the check that is meant for it catches it, and says why.
import { tf } from '@foretoken/engine';
import { expect, test } from 'vitest';
import type { EvalOutcome, Subject } from '../contracts/evaluation.ts';
import { spreadWindows } from '../evaluation/held-out-windows.ts';
import { type Definition, defineEval, ForetokenError, isForetokenError, Type } from '../plugin.ts';
import { failureOf, failuresIn } from './contract-failures.fixture.ts';
import { closesSessions, leavesNoTensors, leavesSubjectAlone, obeysSignal, reportsProgress } from './eval/conduct.ts';
import { evalContract } from './eval/eval-checks.ts';
import { givesJson, measuresAny } from './eval/outcomes.ts';
import { keepsTimeApart, keepsTimedDraftsApart, repeats } from './eval/reproducible.ts';

type Results = Record<string, never>;

/** Losses of offset 1, emissions per decoder, first words, pairs of the training split: a bit of everything. */
async function measureAll(subject: Subject, windows: number): Promise<EvalOutcome> {
  const { validation, train, decoders, signal } = subject;
  const losses = await subject.losses(spreadWindows(validation, windows), (done, total) =>
    subject.progress(done, 2 * total),
  );
  const prompts = subject.prompts(2, 8);
  const emitted: Record<string, number> = {};
  for (const decoder of decoders.filter(({ policy }) => !policy.isTimed)) {
    emitted[decoder.label] = (await subject.emissions(decoder, prompts, 6)).length;
  }
  let spaces = 0;
  for (let index = 0; index < train.count; index++) {
    if (index % 500 === 0) {
      await new Promise(setImmediate);
      signal?.throwIfAborted();
      subject.progress(train.count + index, 2 * train.count);
    }
    spaces += train.read(index).tokens.filter((token) => token === 32).length;
  }
  const nats = losses.scored[0] > 0 ? losses.meanNats[0] : null;
  return { results: { nats, emitted, spaces, chance: subject.random('chance').uniform() } };
}

/** The eval that keeps the contract, but for what comes before or after it. */
function evaluation(
  name: string,
  change: (measure: () => Promise<EvalOutcome>, subject: Subject) => Promise<unknown> = (measure) => measure(),
  alone: boolean | 'timed-drafts' = false,
): Definition<'eval'> {
  return defineEval({
    name,
    alone,
    options: Type.Object({ windows: Type.Integer({ minimum: 1, default: 3 }) }),
    create: (_, { windows }) => ({
      measure: (subject) => change(() => measureAll(subject, windows), subject) as Promise<EvalOutcome>,
    }),
  });
}

/** Adds to the results. */
const adding =
  (more: (subject: Subject, results: Results) => object | Promise<object>) =>
  async (measure: () => Promise<EvalOutcome>, subject: Subject): Promise<EvalOutcome> => {
    const { results } = await measure();
    return { results: { ...results, ...(await more(subject, results as Results)) } };
  };

async function decodedBy(subject: Subject, label: string): Promise<number> {
  const decoder = subject.decoders.find((one) => one.label === label);
  return decoder ? (await subject.emissions(decoder, subject.prompts(2, 8), 6)).length : 0;
}

test('the eval that the others are made of keeps the contract', async () => {
  expect([...(await failuresIn(evalContract, evaluation('good'), {}, {}))]).toEqual([]);
});

test('an eval that is timed, and says so, keeps the contract', async () => {
  const timed = evaluation(
    'timed',
    async (measure) => {
      const start = performance.now();
      return { ...(await measure()), timings: { ms: performance.now() - start } };
    },
    true,
  );
  expect([...(await failuresIn(evalContract, timed, {}, {}))]).toEqual([]);
});

test('an eval that looks into the model finds weights, readouts, trunk and operations there, and keeps the contract', async () => {
  const inside = evaluation(
    'inside',
    adding(({ model }) => {
      const { dims, offsets, parameters, numParameters, trunk, readout, engine } = model;
      const size = [...parameters.values()].reduce((sum, weight) => sum + weight.size, 0);
      const squares = engine.tidy(() =>
        [...parameters.values()].map(
          (weight) => engine.ops.sum(engine.ops.square(engine.ops.reshape(weight, [-1]))).dataSync()[0],
        ),
      );
      const readouts = offsets.map((offset) => readout(offset).weight_EV.shape);
      const embedded = engine.tidy(() => trunk.embed(tf.tensor2d([[0, 1]], [1, 2], 'int32')).shape);
      expect(size).toBe(numParameters);
      expect(squares.every((square) => square > 0)).toBe(true);
      expect(readouts).toEqual(offsets.map(() => [dims.width, dims.vocabulary]));
      expect(embedded).toEqual([1, 2, dims.width]);
      return { norm: Math.sqrt(squares.reduce((sum, square) => sum + square, 0)) };
    }),
  );
  expect([...(await failuresIn(evalContract, inside, {}, {}))]).toEqual([]);
});

let measurements = 0;

test.each<[what: string, definition: Definition<'eval'>, title: string, message: RegExp]>([
  [
    'gives typed arrays',
    evaluation(
      'broken',
      adding(() => ({ list: Float32Array.of(1) })),
    ),
    givesJson.title,
    /survive JSON, and results\.list is Float32Array\. Give null where/,
  ],
  [
    'gives its numbers bare',
    evaluation('broken', async (measure) => (await measure()).results),
    givesJson.title,
    /`measure` must give `\{ results \}`, gave \{"nats"/,
  ],
  [
    'gives a list',
    evaluation('broken', async (measure) => ({ results: [(await measure()).results] })),
    givesJson.title,
    /must be objects that survive JSON, and results is \[/,
  ],
  [
    'has a third part',
    evaluation('broken', async (measure) => ({ ...(await measure()), memory: 1 })),
    givesJson.title,
    /an outcome has results and timings, and `memory` is neither/,
  ],
  [
    'divides by the number of scored positions',
    evaluation(
      'broken',
      adding(async (subject) => {
        const { windows } = await subject.losses([0]);
        return { nats: windows[0].sumNats[0] / windows[0].scored[0] };
      }),
    ),
    measuresAny.title,
    /the outcome of documents of one token must be .* results\.nats is NaN/,
  ],
  [
    'needs a second offset and does not say so',
    evaluation(
      'broken',
      adding(async (subject) => ({ second: (await subject.losses([0])).windows[0].nats[1].length })),
    ),
    measuresAny.title,
    /it fell over at a model of one offset: Cannot read properties of undefined \(reading 'length'\)\. Give null/,
  ],
  [
    'takes the first decoder',
    evaluation(
      'broken',
      adding((subject) => ({ first: subject.decoders[0].label })),
    ),
    measuresAny.title,
    /it fell over at a run without decoders: /,
  ],
  [
    'draws from the process',
    evaluation(
      'broken',
      adding(() => ({ drawn: Math.random() })),
    ),
    repeats.title,
    /results\.drawn is 0\.\d+ in place of 0\.\d+, measured on the same subject once more.*subject\.random\(name\)/,
  ],
  [
    'counts its measurements',
    evaluation(
      'broken',
      adding(() => ({ count: ++measurements })),
    ),
    repeats.title,
    /results\.count is \d+ in place of \d+, measured .*keep nothing from one measurement to the next/,
  ],
  [
    'tells how long it took among the results',
    evaluation('broken', async (measure) => {
      const start = performance.now();
      const { results } = await measure();
      return { results: { ...results, ms: performance.now() - start } };
    }),
    keepsTimeApart.title,
    /results\.ms is 7\.25 in place of 1 when the clock goes faster\. Put what is timed into `timings`/,
  ],
  [
    'is timed beside other work',
    evaluation('broken', async (measure) => {
      const start = Date.now();
      return { ...(await measure()), timings: { ms: Date.now() - start } };
    }),
    keepsTimeApart.title,
    /timings\.ms is .* Say `alone: true` in the definition/,
  ],
  [
    'puts timed drafts among the results',
    evaluation(
      'broken',
      adding(async (subject) => ({ timed: await decodedBy(subject, 'timed') })),
    ),
    keepsTimedDraftsApart.title,
    /results\.timed is \d+ in place of \d+ when a decoder whose policy is timed drafted otherwise/,
  ],
  [
    'measures timed drafts beside other work',
    evaluation('broken', async (measure, subject) => ({
      ...(await measure()),
      timings: { timed: await decodedBy(subject, 'timed') },
    })),
    keepsTimedDraftsApart.title,
    /say `alone: 'timed-drafts'`/,
  ],
  [
    'does not look at the signal',
    evaluation('broken', async (measure, subject) => {
      let spaces = 0;
      for (let i = 0; i < subject.train.count; i++) spaces += subject.train.read(i).tokens[0];
      return { results: { ...(await measure()).results, spaces } };
    }),
    obeysSignal.title,
    /it went on for \d{4} calls of the subject when the signal aborted at call 1 of \d+\. Look at it now and then/,
  ],
  [
    'takes an aborted signal for a decoder that cannot draft',
    evaluation('broken', async (measure, subject) => {
      let forwards: number | null = null;
      try {
        forwards = await decodedBy(subject, 'speculative');
        return { results: { forwards, ...(await measure()).results } };
      } catch (error) {
        if (isForetokenError(error)) throw error;
        return { results: { forwards } };
      }
    }),
    obeysSignal.title,
    /part of a measurement passes for the whole\. Let the error of an aborted signal through/,
  ],
  [
    'starts its progress anew for each stage',
    evaluation('broken', async (measure, subject) => {
      await subject.losses([0, 1, 2], subject.progress);
      return measure();
    }),
    reportsProgress.title,
    /progress fell from 1 to 0 \(0 of \d\)\. Count all its stages against one total/,
  ],
  [
    'passes its total',
    evaluation('broken', async (measure, subject) => {
      const outcome = await measure();
      subject.progress(3, 2);
      return outcome;
    }),
    reportsProgress.title,
    /progress was reported as 3 of 2\./,
  ],
  [
    'leaves a session open',
    evaluation('broken', (measure, subject) => {
      subject.openSession();
      return measure();
    }),
    closesSessions.title,
    /1 of \d+ sessions were open after it measured\. Dispose what/,
  ],
  [
    'leaves a session open where a forward throws',
    evaluation('broken', async (measure, subject) => {
      const session = subject.openSession();
      session.join(subject.prompts(1, 8)[0]);
      const [verdict] = await session.verify([{ tokens: new Int32Array(0), parent: new Int32Array(0), q: [] }]);
      verdict.argmax(-1);
      session.dispose();
      return measure();
    }),
    closesSessions.title,
    /1 of 1 sessions were open after a forward threw\./,
  ],
  [
    'sorts the scores that others are given',
    evaluation('broken', async (measure, subject) => {
      const outcome = await measure();
      (await subject.losses([0])).windows[0].nats[0].sort();
      return outcome;
    }),
    leavesSubjectAlone.title,
    /it wrote into the scores of window 0, which other evals are given as well/,
  ],
  [
    'cuts the prompts that others are given',
    evaluation('broken', async (measure, subject) => {
      for (const { tokens } of subject.prompts(2, 8)) (tokens as Int32Array).fill(0);
      return measure();
    }),
    leavesSubjectAlone.title,
    /it wrote into the prompts that `prompts\(2, 8\)` gave/,
  ],
  [
    'puts its own progress into the subject',
    evaluation('broken', (measure, subject) => {
      Object.assign(subject, { progress: () => {} });
      return measure();
    }),
    leavesSubjectAlone.title,
    /it wrote into `subject\.progress`/,
  ],
  [
    'frees a weight of the model',
    evaluation('broken', async (measure, { model }) => {
      const [weight] = model.parameters.values();
      weight.dispose();
      return measure();
    }),
    leavesSubjectAlone.title,
    /it wrote into `subject\.model`, whose weight \S+ is freed/,
  ],
  [
    'leaves tensors behind',
    evaluation('broken', (measure, { model: { engine, parameters } }) => {
      for (const weight of parameters.values()) engine.ops.square(weight);
      return measure();
    }),
    leavesNoTensors.title,
    /it left \d+ tensors behind\. Compute with `ops` inside/,
  ],
])('an eval that %s is caught', async (_what, definition, title, message) => {
  const failure = await failureOf(evalContract, title, definition);
  expect(failure).toMatch(/^eval "broken": /);
  expect(failure).toMatch(message);
});

test('an option that is read nowhere, and one that makes it fall over, are caught', async () => {
  const options = Type.Object({ windows: Type.Integer({ minimum: 1, default: 3 }) });
  const idle = defineEval({ name: 'idle', options, create: () => ({ measure: (subject) => measureAll(subject, 3) }) });
  expect([...(await failuresIn(evalContract, idle, {}, {})).values()]).toEqual([
    expect.stringMatching(/option "windows" changes neither the outcome nor .*describeEvalContract\(/),
  ]);
  const fragile = defineEval({
    name: 'fragile',
    options,
    create: (_, { windows }) => ({
      measure(subject) {
        if (windows > 5) throw new RangeError('too many');
        return measureAll(subject, windows);
      },
    }),
  });
  expect([...(await failuresIn(evalContract, fragile, {}, {})).values()][0]).toMatch(
    /it with option "windows" 6 throws/,
  );
  const strict = defineEval({
    name: 'strict',
    options,
    create: (_, { windows }) => {
      if (windows > 5) throw new ForetokenError('OPTIONS_INVALID', 'eval "strict": windows must be <= 5. Lower it.');
      return { measure: (subject) => measureAll(subject, windows) };
    },
  });
  expect([...(await failuresIn(evalContract, strict, {}, {}))]).toEqual([]);
});
