import path from 'node:path';
import { createForetokenHost } from '@foretoken/ablation';
import {
  createRandom,
  type Experiment,
  type Host,
  type NamedDecoder,
  type Prompt,
  type Session,
} from '@foretoken/core';
import type { TrainableModel } from '@foretoken/core/model';
import { withTrainedRun } from '@foretoken/core/training';
import { type Engine, openEngine } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { BenchDecodingOptions } from '../../commands/bench.ts';
import { withDependencies } from '../../plugins/with-dependencies.ts';
import { readRun } from '../../run-folder/read-run.ts';
import { randomTokens, withBench } from '../open-bench.ts';

/** Decoders as an experiment file would name them, by label. */
export type DecoderConfig = { readonly [label: string]: unknown };

/** A model to decode with, and what it is given. */
export interface DecodingModel {
  readonly engine: Engine;
  readonly model: TrainableModel;
  /** Of prompts and random streams. */
  readonly seed: number;
  /** Held-out texts of a run, or random tokens. */
  readonly prompts: readonly Prompt[];
  openSession(): Session;
  /** Gives `use` decoders of a configuration. */
  withDecoders<T>(config: DecoderConfig, use: (decoders: readonly NamedDecoder[]) => Promise<T>): Promise<T>;
}

/**
 * Opens the model of a benchmark: that of a run with its weights, or one with random weights of the sizes asked for.
 *
 * @param room - tokens of the context beside prompt and generated ones, where the model is made for the benchmark
 * @throws OPTIONS_INVALID if prompt and generated tokens do not fit in the run's context; what opening a run throws
 */
export function withDecodingModel<T>(
  options: BenchDecodingOptions,
  room: number,
  use: (model: DecodingModel) => Promise<T>,
): Promise<T> {
  return options.run === undefined ? withRandomModel(options, room, use) : withRunModel(options.run, options, use);
}

function withRandomModel<T>(
  options: BenchDecodingOptions,
  room: number,
  use: (model: DecodingModel) => Promise<T>,
): Promise<T> {
  const { prompt, tokens, horizon, batch } = options;
  return withBench(options, { context: prompt + tokens + horizon + room }, ({ host, experiment, engine, model }) => {
    const prompts = Array.from({ length: Math.max(...batch) }, (_, index): Prompt => {
      const random = createRandom(experiment.seed, `prompt/${index}`);
      return { tokens: randomTokens(random, prompt, model.dims.vocabulary) };
    });
    return use(modelOf(host, { engine, model, experiment, baseDirectory: process.cwd(), prompts }));
  });
}

async function withRunModel<T>(
  folder: string,
  options: BenchDecodingOptions,
  use: (model: DecodingModel) => Promise<T>,
): Promise<T> {
  const { directory, experiment, baseDirectory } = await readRun(folder);
  const { engine: name, threads, prompt, tokens, prompts: count = 64 } = options;
  checkRoom(directory, experiment, prompt, tokens);
  const host = await createForetokenHost({
    openEngine: (own) => openEngine({ ...own, ...(name !== 'auto' && { name }), ...(threads && { threads }) }),
  });
  try {
    return await withTrainedRun(host, experiment, { directory, baseDirectory }, ({ model, data }) => {
      // The texts that the evals take: prompts whose document goes on for as long as is generated.
      const texts = data.prompts(count, prompt + tokens, 'evaluation');
      const prompts = texts.map(({ tokens: text }) => ({ tokens: text.slice(0, prompt) }));
      return use(modelOf(host, { engine: model.engine, model, experiment, baseDirectory, prompts }));
    });
  } finally {
    await host.dispose();
  }
}

function checkRoom(directory: string, { data: { context } }: Experiment, prompt: number, tokens: number): void {
  if (prompt + tokens <= context) return;
  throw new ForetokenError(
    'OPTIONS_INVALID',
    `bench decoding: --prompt and --tokens must fit in the context of ${context} of the run in ` +
      `${path.relative('', directory) || '.'}, were ${prompt} + ${tokens}. Lower one of them.`,
  );
}

interface Parts extends Pick<DecodingModel, 'engine' | 'model' | 'prompts'> {
  readonly experiment: Experiment;
  readonly baseDirectory: string;
}

function modelOf(host: Host, { engine, model, experiment, baseDirectory, prompts }: Parts): DecodingModel {
  return {
    ...{ engine, model, prompts, seed: experiment.seed },
    openSession: () => host.openSession(model),
    async withDecoders(config, use) {
      const changed = { ...experiment, decoders: config as Experiment['decoders'] };
      const scope = await host.openRun(await withDependencies(host, changed, baseDirectory), baseDirectory);
      try {
        return await use(scope.get('decoders'));
      } finally {
        await scope.dispose();
      }
    },
  };
}
