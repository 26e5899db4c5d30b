import type { Experiment, Registry } from '@foretoken/core';

/** The evals of an experiment that other work beside them would change, by what they and the draft policies declare. */
export function evalsAlone({ evals, decoders }: Experiment, registry: Registry): readonly string[] {
  const hasTimedDrafts = Object.values(decoders).some(
    ({ policy }) => registry.get('draft-policy', policy.name).isTimed,
  );
  return evals
    .map(({ name }) => name)
    .filter((name) => {
      const { alone = false } = registry.get('eval', name);
      return alone === 'timed-drafts' ? hasTimedDrafts : alone;
    });
}
