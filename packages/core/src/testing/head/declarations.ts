import type { Head } from '../../contracts/head.ts';
import type { Memory } from '../../contracts/memory.ts';
import { bringsReadouts } from '../../model/own-readouts.ts';
import { broken } from '../contract.ts';
import { definitionOf } from '../plugin-case.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { runHead, withForward } from './run-head.ts';

/** The session plans caches from the declaration alone: memory that it does not know of is lost between two forwards. */
export const declaresItsMemory: HeadCheck = {
  title: 'uses the memory that it declares and no other',
  run(head) {
    const model = buildSmallModel(head);
    const slots = new Map<number, Set<string>>();
    const watched = withForward(model, (offset, input) => {
      const used = new Set<string>();
      slots.set(offset, used);
      return model.head.forward(offset, { ...input, memory: watchedMemory(input.memory, used) });
    });
    try {
      runHead(watched, () => undefined);
      checkSlots(head, model.head.memory ?? 'none', slots);
    } finally {
      model.dispose();
    }
  },
};

/**
 * `readout: replicated` is refused by the declaration alone: without it the setting would be taken and do nothing. The
 * readouts are replicated in the model that is looked at, so that the shared one counts as the head's own too.
 */
export const declaresItsReadouts: HeadCheck = {
  title: 'declares the readouts that it brings',
  run(head) {
    const { definition, options } = definitionOf(head, 'head');
    if (bringsReadouts(definition, options)) return;
    // Said to be declared: building the model would refuse it otherwise.
    const model = buildSmallModel(head, { change: (definition) => ({ ...definition, ownReadout: true }) });
    try {
      const isConfigured = (offset: number) =>
        model.readout(offset).weight_EV === model.parameters.get(`readout.${offset}/unembedding`);
      const own = model.offsets.find((offset) => offset > 1 && !isConfigured(offset));
      if (own === undefined) return;
      throw broken(
        head,
        `offset ${own} has a readout of the head’s own, so that readout: replicated would do nothing. ` +
          'Declare `ownReadout: true` beside its name, or a function of its options.',
      );
    } finally {
      model.dispose();
    }
  },
};

function watchedMemory(memory: Memory, used: Set<string>): Memory {
  return {
    kv(slot) {
      used.add(slot);
      return memory.kv(slot);
    },
    scan(slot, start_X, step) {
      used.add(slot);
      return memory.scan(slot, start_X, step);
    },
  };
}

function checkSlots(
  head: HeadCase,
  declared: NonNullable<Head['memory']>,
  slots: ReadonlyMap<number, Set<string>>,
): void {
  const using = [...slots].filter(([, used]) => used.size > 0);
  const all = using.flatMap(([, used]) => [...used]);
  const isShared = new Set(all).size < all.length;
  if (declared === 'none' && using.length > 0) {
    throw broken(
      head,
      `offset ${using[0][0]} uses memory "${all[0]}", but the head declares memory: 'none'. Declare it.`,
    );
  }
  if (declared !== 'none' && using.length === 0) {
    throw broken(head, `it declares memory: '${declared}', but no offset uses any. Leave it out.`);
  }
  if (declared === 'per-offset' && isShared) {
    throw broken(
      head,
      `memory: 'per-offset' needs slots of its own for each offset, were ${all.join(', ')}. Name them after the offset.`,
    );
  }
  // Offset 1 has a memory of its own in any case.
  const sharing = using.filter(([offset]) => offset > 1).map(([, used]) => [...used].join());
  if (declared === 'unrolled' && new Set(sharing).size > 1) {
    throw broken(
      head,
      `memory: 'unrolled' needs the same slots for each offset past the first, were ${sharing.join('; ')}. Give them one name.`,
    );
  }
}
