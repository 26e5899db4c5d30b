import type { Json } from '../../contracts/json.ts';
import type { TrainableModel } from '../../model/build-model.ts';
import { joint } from '../../training/backward/joint.ts';
import { broken, type HeadCheck } from './check.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { candidates, optionNames } from './option-values.ts';
import { offsetsOf } from './run-head.ts';
import { trainingStep } from './training-step.ts';

/** An option that does nothing makes an arm of an ablation that is the baseline under another name. */
export const optionsMatter: HeadCheck = {
  title: 'does something else when an option is another one',
  run(head) {
    for (const option of optionNames(head)) {
      if (head.actElsewhere.includes(option) || hasEffect(head, option)) continue;
      throw broken(
        head,
        `option "${option}" changes neither declarations nor weights, hidden states, losses or gradients: ` +
          `tried ${said(candidates(head, option))}. Use it in \`create\`, drop it, or say where it acts: ` +
          `describeHeadContract(..., { actElsewhere: ['${option}'] }).`,
      );
    }
  },
};

const said = (values: readonly Json[]) => values.map((value) => JSON.stringify(value)).join(', ');

/**
 * Whether an option changes anything: by itself or beside another option that is another one, at the horizon of the
 * case or, for options of the further offsets, a longer one.
 */
function hasEffect(head: HeadCase, option: string): boolean {
  const values = candidates(head, option);
  const others = optionNames(head).filter((other) => other !== option);
  const bases = [{}, ...others.flatMap((other) => candidates(head, other).map((value) => ({ [other]: value })))];
  let isJudged = false;
  for (const horizon of [head.horizon, head.horizon + 2]) {
    for (const base of bases) {
      const at = withOptions({ ...head, horizon }, base);
      const effects = values.map((value) => isOther(at, withOptions(at, { [option]: value })));
      if (effects.includes(true)) return true;
      isJudged ||= effects.includes(false);
    }
  }
  // No second value that the head takes at these sizes: nothing is known.
  return !isJudged;
}

/** Whether two settings of a head differ in anything; undefined where it refuses one of them. */
function isOther(head: HeadCase, other: HeadCase): boolean | undefined {
  const before = fingerprint(head);
  const after = before === undefined ? undefined : fingerprint(other);
  return after === undefined ? undefined : after !== before;
}

const withOptions = (head: HeadCase, changed: Readonly<Record<string, Json>>): HeadCase => ({
  ...head,
  options: { ...head.options, ...changed },
});

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
  return JSON.stringify([head.reads, head.memory, head.extends, offsets, dims.trunkLayers]);
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
