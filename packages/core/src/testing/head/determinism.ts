import type { LanguageModel } from '../../contracts/model.ts';
import { broken, type HeadCheck } from './check.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { offsetsOf } from './run-head.ts';

/** Resume to the bit and paired comparisons rest on this. */
export const bitsRepeat: HeadCheck = {
  title: 'gives the same bits for the same seed and text',
  run(head) {
    const first = fingerprint(head, (model) => [offsetsOf(model), offsetsOf(model)]);
    const second = fingerprint(head, (model) => [offsetsOf(model)]);
    if (first.runs[0] !== first.runs[1]) throw broken(head, 'a second forward of one model gave other bits.');
    if (first.weights !== second.weights) throw broken(head, 'a second model of one seed started from other weights.');
    if (first.runs[0] !== second.runs[0]) throw broken(head, 'a second model of one seed gave other bits.');
  },
};

function fingerprint(head: HeadCase, run: (model: LanguageModel) => ReturnType<typeof offsetsOf>[]) {
  const model = buildSmallModel(head);
  try {
    const weights = [...model.parameters].map(([name, weight]) => `${name} ${weight.dataSync().join()}`).join('\n');
    const runs = run(model).map((offsets) =>
      [...offsets].map(([i, { hidden, carry }]) => `${i} ${hidden.values.join()} ${carry.values.join()}`).join('\n'),
    );
    return { weights, runs };
  } finally {
    model.dispose();
  }
}
