// B rows, T positions, D width.
import { createNodes, type Tensor2D } from '@foretoken/engine';
import type { LanguageModel } from '../../contracts/model.ts';
import { memoryWithoutPast } from '../../model/forward.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from '../head/head-case.ts';
import { buildSmallModel, type HeadCase } from '../head/head-case.ts';
import { type HostTensor, toHost } from '../head/run-head.ts';
import { SMALL_TEXT, smallText } from '../head/small-text.ts';

const { B, T } = SMALL_TEXT;

/** What heads are made for, and attached to. */
export const givesItsTaps: HeadCheck = {
  title: 'embeds tokens, and gives one finite state of its width per tap, in the order of the taps',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const wanted = [B, T, model.dims.width];
      const both = states(model, [1, 0.5]);
      checkShape(head, 'embed', both.embedded, wanted);
      if (both.taps.length !== 2)
        throw broken(head, `forward must give one state per tap: 2 were asked for, ${both.taps.length} came.`);
      for (const [i, tap] of both.taps.entries()) checkShape(head, `tap ${[1, 0.5][i]}`, tap, wanted);
      for (const [asked, expected] of [
        [[0.5, 1], both.taps.toReversed()],
        [[1], both.taps.slice(0, 1)],
      ] as const) {
        const found = states(model, asked).taps;
        if (found.length === asked.length && found.every((tap, i) => isSame(tap, expected[i]))) continue;
        throw broken(
          head,
          `taps [${asked}] gave other states than taps [1,0.5] did. Give the state after each share of the blocks, in ` +
            'the order asked for; 1 is the output.',
        );
      }
    } finally {
      model.dispose();
    }
  },
};

function states(model: LanguageModel, taps: readonly number[]): { embedded: HostTensor; taps: HostTensor[] } {
  const { trunk, engine } = model;
  const text = smallText(model.dims.maxOffset);
  const at = createNodes(text);
  try {
    return engine.tidy(() => {
      const x_BTD = trunk.embed(engine.ops.constant<Tensor2D>(text.tokens_BT, [B, T]));
      const found = trunk.forward(x_BTD, at, memoryWithoutPast(model, at), taps);
      return { embedded: toHost(x_BTD), taps: found.map(toHost) };
    });
  } finally {
    at.dispose();
  }
}

function checkShape(head: HeadCase, who: string, { shape, values }: HostTensor, wanted: readonly number[]): void {
  if (shape.join() !== wanted.join())
    throw broken(
      head,
      `${who} must have shape [${wanted}], was [${shape}]. Its last axis is the width that \`shape\` declares.`,
    );
  if (!values.every(Number.isFinite))
    throw broken(head, `${who} must be finite. Look for a division, root or logarithm of 0 and for large exponents.`);
}

const isSame = (a: HostTensor, b: HostTensor) => a.values.every((value, i) => value === b.values[i]);
