import type { Experiment, ParameterGroup } from './experiment.ts';
import { canonicalJson } from './hash.ts';
import type { ConfigProblem } from './report.ts';

/** What contradicts in how a head is attached, what trains and what it learns from. */
export function trainingContradictions(experiment: Experiment): ConfigProblem[] {
  return [
    ...baseProblems(experiment),
    ...groupProblems(experiment),
    ...distilProblems(experiment),
    ...minutesProblems(experiment),
  ];
}

function baseProblems({ model, data }: Experiment): ConfigProblem[] {
  const { base, match } = model;
  if (base === undefined) return [];
  const problems = trunkProblems(model, ['model']);
  if (match === 'parameters') {
    const sentence =
      'must be none with model.base, was parameters: a trunk that is there already gives no block. Leave it out.';
    problems.push(conflict(['model', 'match'], sentence));
  }
  if (canonicalJson(data.tokenizer) !== canonicalJson(base.tokenizer)) {
    const [is, was] = [base.tokenizer, data.tokenizer].map((tokenizer) => JSON.stringify(tokenizer));
    const sentence = `must be that of the base run, ${is}, was ${was}: its vocabulary is the trunk's. Write the same.`;
    problems.push(conflict(['data', 'tokenizer'], sentence));
  }
  return problems;
}

/** A saved experiment holds its trunk once for each run below it. */
function trunkProblems({ trunk, base }: Experiment['model'], path: ConfigProblem['path']): ConfigProblem[] {
  if (base === undefined) return [];
  const deeper = trunkProblems(base.model, [...path, 'base', 'model']);
  if (canonicalJson(trunk) === canonicalJson(base.model.trunk)) return deeper;
  const [is, was] = [base.model.trunk, trunk].map((one) => JSON.stringify(one));
  const next = 'Attach to the run anew: write model.base: { run } and no model.trunk.';
  return [conflict([...path, 'trunk'], `must be that of the base run, ${is}, was ${was}. ${next}`), ...deeper];
}

function minutesProblems({ model: { match }, training: { minutes } }: Experiment): ConfigProblem[] {
  if (minutes === undefined || match !== 'flops') return [];
  const sentence =
    'needs model.match: parameters, tokens or none: match: flops gives a training its number of steps, and one that ends ' +
    'by the clock has none before it ends. Leave one of them out.';
  return [conflict(['training', 'minutes'], sentence)];
}

function groupProblems({ training: { groups, steps } }: Experiment): ConfigProblem[] {
  if (groups === undefined) return [];
  const entries = Object.entries(groups) as [ParameterGroup, (typeof groups)[ParameterGroup]][];
  const trained = entries.filter(([, { rate }]) => rate > 0);
  if (trained.length === 0) {
    const sentence = 'every group has rate 0, so that nothing trains. Give one a rate above 0.';
    return [conflict(['training', 'groups'], sentence)];
  }
  const late = trained.filter(([, { start }]) => start >= steps);
  const first = Math.min(...trained.map(([, { start }]) => start));
  if (late.length === 0 && first > 0) {
    const sentence = `nothing trains before step ${first}. Let one group that trains start at 0.`;
    return [conflict(['training', 'groups'], sentence)];
  }
  return late.map(([group, { start }]) => {
    const sentence = `must be < training.steps (${steps}), was ${start}: it would never train. Write rate: 0 to freeze it.`;
    return conflict(['training', 'groups', group, 'start'], sentence);
  });
}

function distilProblems({ model, training }: Experiment): ConfigProblem[] {
  if (training.distil === undefined || model.head.horizon > 1) return [];
  const sentence =
    'needs offsets beyond the first, which is the teacher; model.head.horizon was 1. Raise it, or leave this out.';
  return [conflict(['training', 'distil'], sentence)];
}

const conflict = (path: ConfigProblem['path'], sentence: string): ConfigProblem => ({
  code: 'CONFIG_CONFLICT',
  path,
  sentence,
});
