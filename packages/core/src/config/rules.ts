import { isForetokenError } from '@foretoken/engine/errors';
import { bringsReadouts } from '../model/own-readouts.ts';
import { trunkLayersOf } from '../model/trunk-layers.ts';
import type { Registry } from '../plugins/registry.ts';
import type { Experiment } from './experiment.ts';
import { headOptionsOf, optionsOf } from './plugin-options.ts';
import type { ConfigProblem } from './report.ts';
import { trainingContradictions } from './training-rules.ts';

/** Settings that are each fine and contradict one another. Asked only of an experiment that is right otherwise. */
export function contradictions(experiment: Experiment, registry: Registry): ConfigProblem[] {
  const { model, training } = experiment;
  const { horizon } = model.head;
  const problems: ConfigProblem[] = [
    ...repeatedEvals(experiment),
    ...shapeProblems(experiment, registry),
    ...trainingContradictions(experiment),
  ];
  const conflict = (path: ConfigProblem['path'], sentence: string): void =>
    void problems.push({ code: 'CONFIG_CONFLICT', path, sentence });
  if (model.maxOffset < horizon) {
    conflict(['model', 'maxOffset'], `must be >= model.head.horizon (${horizon}), was ${model.maxOffset}.`);
  }
  if (horizon > experiment.data.context) {
    conflict(
      ['model', 'head', 'horizon'],
      `must be <= data.context (${experiment.data.context}), the tokens that a draft has to fit in, was ${horizon}.`,
    );
  }
  if (training.warmupSteps > training.steps) {
    conflict(
      ['training', 'warmupSteps'],
      `must be <= training.steps (${training.steps}), was ${training.warmupSteps}.`,
    );
  }
  if (
    model.readout === 'replicated' &&
    bringsReadouts(registry.get('head', model.head.name), headOptionsOf(model.head))
  ) {
    conflict(
      ['model', 'readout'],
      `must be shared: head "${model.head.name}" brings the readouts of its further offsets itself, was replicated.`,
    );
  }
  return problems;
}

/** Results are kept by the eval's name. */
function repeatedEvals({ evals }: Experiment): ConfigProblem[] {
  return evals.flatMap(({ name }, i): ConfigProblem[] => {
    const first = evals.findIndex((other) => other.name === name);
    if (first === i) return [];
    const sentence = `eval "${name}" is listed already, at evals.${first}; results are kept by name. Remove one.`;
    return [{ code: 'CONFIG_CONFLICT', path: ['evals', i], sentence }];
  });
}

/** A trunk says by its sizes whether its options fit one another, and a head whether it leaves the trunk any block. */
function shapeProblems({ model }: Experiment, registry: Registry): ConfigProblem[] {
  let path = ['model', 'trunk'];
  try {
    const shape = registry.get('trunk', model.trunk.name).shape(optionsOf(model.trunk));
    path = ['model', 'head'];
    trunkLayersOf(model, registry.get('head', model.head.name), shape);
    return [];
  } catch (error) {
    if (!isForetokenError(error)) throw error;
    const sentence = error.message.replace(`${error.code}: `, '');
    return [{ code: error.code, path, sentence }];
  }
}
