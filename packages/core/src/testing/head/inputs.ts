import type { Nodes, Tensor } from '@foretoken/engine';
import type { Batch, Head, Objective, OffsetInput, Seen } from '../../contracts/head.ts';
import type { LanguageModel } from '../../contracts/model.ts';
import { headTaps } from '../../model/forward.ts';
import { joint } from '../../training/backward/joint.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { toHost } from './run-head.ts';
import { trainingStep } from './training-step.ts';

/**
 * What hooks are given is shared, and a weight moves by the optimizer's hand alone.
 *
 * @param watched - the model with its hooks under guard
 */
export const leavingInputsAlone = (watched: (model: LanguageModel, guard: Guard) => LanguageModel): HeadCheck => ({
  title: 'does not write into the tensors that it is given',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const weights = () => [...model.parameters.values()];
      const guard = guardOf(head);
      guard('its weights', weights, () => trainingStep(watched(model, guard), joint));
    } finally {
      model.dispose();
    }
  },
});

/** What a hook is given is shared: with the other offsets, with the losses, with the next step. */
export const leavesInputsAlone = leavingInputsAlone(watched);

/** Runs `work` and compares what it was given before and after. */
export type Guard = <T>(what: string, given: () => readonly (Tensor | Int32Array)[], work: () => T) => T;

const guardOf =
  (head: HeadCase): Guard =>
  (what, given, work) => {
    const before = bitsOf(given());
    const result = work();
    if (bitsOf(given()) === before) return result;
    throw broken(head, `${what}: the values of a tensor it was given changed. Make a new tensor with \`ops\` instead.`);
  };

function watched(model: LanguageModel, guard: Guard): LanguageModel {
  const { head } = model;
  const hooks: Partial<Record<keyof Head, unknown>> = {
    forward: (offset: number, input: OffsetInput) =>
      guard(
        `forward of offset ${offset}`,
        () => ofOffset(input),
        () => head.forward(offset, input),
      ),
    ...(head.arrange && {
      arrange: (batch: Batch) =>
        guard(
          'arrange',
          () => ofBatch(batch),
          () => head.arrange!(batch),
        ),
    }),
    ...(head.objectives && { objectives: (seen: Seen) => watchedObjectives(model, seen, guard) }),
  };
  const properties = Object.fromEntries(Object.entries(hooks).map(([name, value]) => [name, { value }]));
  return { ...model, head: Object.create(head, properties) as Head };
}

function watchedObjectives(model: LanguageModel, seen: Seen, guard: Guard): Objective[] {
  const { head, offsets } = model;
  const given = () => [
    ...ofBatch(seen.batch),
    ...headTaps(head).map((tap) => seen.trunk(tap)),
    ...offsets.map((offset) => seen.offset(offset).hidden_BTE),
  ];
  return guard('objectives', given, () => head.objectives!(seen)).map((objective) => {
    if (!('rows' in objective)) return objective;
    const { rows, name } = objective;
    const watchedRows: typeof rows = (logits_RV, firstRow) =>
      guard(
        `rows of "${name}"`,
        () => [logits_RV],
        () => rows(logits_RV, firstRow),
      );
    return { ...objective, rows: watchedRows };
  });
}

export const ofNodes = ({ position_BT, parent_BT, length_B }: Nodes) => [position_BT, parent_BT, length_B];
const ofBatch = ({ tokens_BT, x_BTD, at }: Batch) => [tokens_BT, x_BTD, ...ofNodes(at)];
const ofOffset = ({ trunk, carry_BTC, ahead, at }: OffsetInput) => [
  ...trunk,
  ...(carry_BTC ? [carry_BTC] : []),
  ...ahead,
  ...ofNodes(at),
];

function bitsOf(given: readonly (Tensor | Int32Array)[]): string {
  return given.map((one) => (one instanceof Int32Array ? one : toHost(one).values).join()).join('\n');
}
