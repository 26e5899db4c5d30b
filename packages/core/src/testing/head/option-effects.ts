import type { Json } from '../../contracts/json.ts';
import type { TrainableModel } from '../../model/build-model.ts';
import { joint } from '../../training/backward/joint.ts';
import { broken } from '../contract.ts';
import { candidates, optionNames, withOption } from '../options/option-values.ts';
import { withOptions } from '../plugin-case.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { offsetsOf } from './run-head.ts';
import { trainingStep } from './training-step.ts';

/** An option that does nothing makes an arm of an ablation that is the baseline under another name. */
export const optionsMatter: HeadCheck = {
  title: 'does something else when an option is another one',
  run(head) {
    for (const option of optionNames(head)) {
      if (head.actElsewhere.includes(option)) continue;
      const effect = effectOf(head, option);
      if (effect !== 'some') throw broken(head, sentenceFor(head, effect, option));
    }
  },
};

/** What is known of an option: whether it changes anything; `unknown` where no second value could be tried. */
type Effect = 'some' | 'none' | 'unknown';

function sentenceFor(head: HeadCase, effect: Effect, option: string): string {
  const { kind } = head.subject;
  const values = candidates(head, option);
  const tried = values.map((value) => (value === undefined ? 'leaving it out' : JSON.stringify(value))).join(', ');
  const elsewhere = `say where it acts: ${kind === 'trunk' ? 'describeTrunkContract' : 'describeHeadContract'}(..., { actElsewhere: ['${option}'] }).`;
  if (effect === 'none') {
    return (
      `option "${option}" changes neither declarations nor weights, hidden states, losses or gradients: ` +
      `tried ${tried}. Use it in \`create\`, drop it, or ${elsewhere}`
    );
  }
  const why = values.length === 0 ? 'its schema shows no second value' : `the ${kind} refuses what was tried, ${tried}`;
  return `whether option "${option}" does anything cannot be told: ${why}. Check the ${kind} with a value of it, or ${elsewhere}`;
}

/**
 * What an option changes: by itself or beside another option that is another one, at the horizon of the case or, for
 * options of the further offsets, a longer one.
 */
function effectOf(head: HeadCase, option: string): Effect {
  const values = candidates(head, option);
  const others = optionNames(head).filter((other) => other !== option);
  // Two options may exclude one another: each that was given is left out, too.
  const changesOf = (other: string) => [
    ...(other in head.subject.options ? [undefined] : []),
    ...candidates(head, other),
  ];
  const bases = [head, ...others.flatMap((other) => changesOf(other).map((value) => changed(head, other, value)))];
  let isJudged = false;
  for (const horizon of [head.horizon, head.horizon + 2]) {
    for (const base of bases) {
      const at = { ...base, horizon };
      const effects = values.map((value) => isOther(at, changed(at, option, value)));
      if (effects.includes(true)) return 'some';
      isJudged ||= effects.includes(false);
    }
  }
  return isJudged ? 'none' : 'unknown';
}

/** Whether two settings of a head differ in anything; undefined where it refuses one of them. */
function isOther(head: HeadCase, other: HeadCase): boolean | undefined {
  const before = fingerprint(head);
  const after = before === undefined ? undefined : fingerprint(other);
  return after === undefined ? undefined : after !== before;
}

const changed = (head: HeadCase, option: string, value: Json | undefined): HeadCase =>
  withOptions(head, withOption(head.subject.options, option, value));

/** Everything that a head with these options shows; undefined where it refuses them. */
function fingerprint(head: HeadCase): string | undefined {
  const parts: string[] = [];
  for (const isShaken of [false, true]) {
    const model = built(head, isShaken);
    if (!model) return undefined;
    try {
      parts.push(declared(model), weights(model), isShaken ? computed(model) : '');
    } finally {
      model.dispose();
    }
  }
  return parts.join('\n');
}

function built(head: HeadCase, isShaken: boolean): TrainableModel | undefined {
  try {
    return buildSmallModel(head, { isShaken });
  } catch {
    return undefined;
  }
}

function declared({ head, offsets, dims }: TrainableModel): string {
  return JSON.stringify([head.reads, head.memory, head.extends, offsets, dims.trunkLayers, dims.block]);
}

function weights({ parameters }: TrainableModel): string {
  return [...parameters].map(([name, weight]) => `${name} ${weight.dataSync().join()}`).join('\n');
}

function computed(model: TrainableModel): string {
  const { losses, gradients } = trainingStep(model, joint);
  return [
    ...[...offsetsOf(model)].map(([offset, { hidden, carry }]) => `${offset} ${hidden.values} ${carry.values}`),
    ...[...losses].map(([name, loss]) => `${name} ${loss}`),
    ...[...gradients].map(([name, gradient]) => `${name} ${gradient}`),
  ].join('\n');
}
