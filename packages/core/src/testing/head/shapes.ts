// B rows, T positions, E readout input width, C carry width, V vocabulary.
import type { Readout } from '@foretoken/engine';
import { broken } from '../contract.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { type HostTensor, offsetsOf } from './run-head.ts';
import { SMALL_TEXT } from './small-text.ts';

/** What the trainer and the session plan with. */
export const shapesAgree: HeadCheck = {
  title: 'gives finite hidden states, carries and readouts of matching shapes',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const offsets = [...offsetsOf(model)];
      for (const [offset, { hidden, carry }] of offsets) {
        const who = `offset ${offset}`;
        const readout = model.readout(offset);
        checkReadout(head, who, readout);
        checkStates(head, `${who}: hidden_BTE`, hidden, readout.weight_EV.shape[0]);
        checkStates(head, `${who}: carry_BTC`, carry, offsets[0][1].carry.shape[2]);
      }
    } finally {
      model.dispose();
    }
  },
};

function checkStates(head: HeadCase, who: string, { shape, values }: HostTensor, width: number): void {
  const wanted = [SMALL_TEXT.B, SMALL_TEXT.T, width];
  if (shape.join() !== wanted.join())
    throw broken(
      head,
      `${who} must have shape [${wanted}], was [${shape}]. Bring it to that width, or give a readout of its own.`,
    );
  if (!values.every(Number.isFinite))
    throw broken(head, `${who} must be finite. Look for a division, root or logarithm of 0 and for large exponents.`);
}

function checkReadout(head: HeadCase, who: string, { gain_E, weight_EV, bias_V, tokens_V }: Readout): void {
  const { vocabulary } = SMALL_TEXT;
  const [E, V] = weight_EV.shape;
  const rows = tokens_V?.length ?? vocabulary;
  if (V !== rows)
    throw broken(
      head,
      `${who}: readout weight_EV must have ${rows} columns, had ${V}. One for each token it can name.`,
    );
  if (gain_E && gain_E.size !== E)
    throw broken(
      head,
      `${who}: readout gain_E must have ${E} values, had ${gain_E.size}. One for each row of weight_EV.`,
    );
  if (bias_V && bias_V.size !== V)
    throw broken(
      head,
      `${who}: readout bias_V must have ${V} values, had ${bias_V.size}. One for each column of weight_EV.`,
    );
  if (tokens_V && (new Set(tokens_V).size !== V || tokens_V.some((token) => token < 0 || token >= vocabulary))) {
    throw broken(
      head,
      `${who}: readout tokens_V must be different token ids below ${vocabulary}, was [${tokens_V}]. Name each token once.`,
    );
  }
}
