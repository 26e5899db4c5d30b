import { createRandom, type NamedDecoder, type Prompt } from '@foretoken/core';
import type { BenchDecodingOptions } from '../commands/bench.ts';
import { formatRate } from '../output/quantities.ts';
import { formatTable } from '../output/table.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { median } from './median.ts';
import { type Bench, randomTokens, throwIfStopped, withBench } from './open-bench.ts';

/** `foretoken bench decoding --json`; pinned. */
export interface DecodingSpeed {
  readonly engine: string;
  readonly threads: number;
  readonly decoder: string;
  /** Prompts decoded together. */
  readonly batch: number;
  /** Of all rows together, prefill included; the median run counts. */
  readonly tokensPerSecond: number;
  readonly tokensPerForward: number;
}

/** The first run of each warms up and does not count. */
const runs = 4;

/** Measures decoders with random weights on random prompts. */
export async function run(
  context: CommandContext,
  _: readonly string[],
  options: BenchDecodingOptions,
): Promise<number> {
  const { decoder: decoders, prompt, tokens, horizon, batch } = options;
  const shape = { context: prompt + tokens + horizon, decoders };
  const speeds = await withBench(options, shape, (bench) => measure(context, bench, options));
  if (context.isJson) context.printJson(decoders.length * batch.length === 1 ? speeds[0] : speeds);
  else for (const line of linesOf(speeds)) context.print(line);
  return EXIT.done;
}

interface Timed {
  readonly decoder: NamedDecoder;
  readonly batch: number;
  readonly seconds: number[];
  tokens: number;
  forwards: number;
}

/** Runs take turns, so that a machine whose clock wanders treats all alike. */
async function measure(context: CommandContext, bench: Bench, options: BenchDecodingOptions): Promise<DecodingSpeed[]> {
  const scope = await bench.host.openRun(bench.experiment, process.cwd());
  const all = scope
    .get('decoders')
    .flatMap((decoder): Timed[] =>
      options.batch.map((batch) => ({ decoder, batch, seconds: [], tokens: 0, forwards: 0 })),
    );
  const progress = context.progress();
  for (let round = 0; round < runs; round++) {
    for (const [i, timed] of all.entries()) {
      const seconds = await oneRun(context, bench, timed, options);
      if (round > 0) timed.seconds.push(seconds);
      const done = { done: round * all.length + i + 1, total: runs * all.length, unit: 'runs' };
      progress.update({ label: 'decoding', ...done, note: timed.decoder.label });
    }
  }
  await scope.dispose();
  return all.map((timed) => ({
    engine: bench.engine.name,
    threads: bench.engine.threads,
    decoder: timed.decoder.label,
    batch: timed.batch,
    tokensPerSecond: timed.tokens / median(timed.seconds),
    tokensPerForward: timed.tokens / timed.forwards,
  }));
}

/** @returns seconds from an empty session to the last token; the counts of the run are kept in `timed` */
async function oneRun(
  context: CommandContext,
  { host, model, experiment }: Bench,
  timed: Timed,
  { prompt: length, tokens: maxTokens }: BenchDecodingOptions,
): Promise<number> {
  const { decoder, rule, policy } = timed.decoder;
  const random = (prompt: number) => createRandom(experiment.seed, `prompt/${prompt}`);
  const prompts = Array.from(
    { length: timed.batch },
    (_, i): Prompt => ({
      tokens: randomTokens(random(i), length, model.dims.vocabulary),
    }),
  );
  timed.tokens = 0;
  timed.forwards = 0;
  const started = performance.now();
  const session = host.openSession(model);
  try {
    const request = { prompts, maxTokens, rule, policy, random, signal: context.signal };
    for await (const emission of decoder.generate(session, request)) {
      throwIfStopped(context);
      timed.tokens += emission.tokens.length;
      timed.forwards++;
    }
  } finally {
    session.dispose();
  }
  return (performance.now() - started) / 1_000;
}

function linesOf(speeds: readonly DecodingSpeed[]): string[] {
  const right = (title: string) => ({ title, align: 'right' as const });
  return formatTable(
    [{ title: 'engine' }, { title: 'decoder' }, right('batch'), right('tokens/s'), right('tokens per forward')],
    speeds.map(({ engine, decoder, batch, tokensPerSecond, tokensPerForward }) => [
      engine,
      decoder,
      String(batch),
      formatRate(tokensPerSecond),
      tokensPerForward.toFixed(2),
    ]),
  );
}
