import { inWorld, WORLDS } from '../chance-and-time.ts';
import { broken } from '../contract.ts';
import { greedyDecoder, speculativeDecoder } from '../scripted-decoders.ts';
import { type EvalCheck, makeEval, measured, parted } from './eval-case.ts';

/** Tables of a matrix are byte-identical to those of a run that was never disturbed. */
export const repeats: EvalCheck = {
  title:
    'gives results that follow from the subject alone: measured again, by another object, with other random numbers',
  async run(of) {
    const shared = makeEval(of);
    const run = (seed: number, ways = {}, measuring = makeEval(of)) =>
      inWorld({ ...WORLDS[0], seed }, () => measured(of, ways, measuring));
    const first = await run(1, {}, shared);
    const again = await inWorld({ ...WORLDS[0], seed: 2 }, () => shared.measure(first.subject));
    const others = {
      'on the same subject once more, which keeps its scores and emissions': again,
      'on another subject that is the same': (await run(3, {}, shared)).outcome,
      'by another object of `create`': (await run(4)).outcome,
    };
    for (const [how, { results }] of Object.entries(others)) {
      const found = parted(results, first.outcome.results);
      if (!found) continue;
      throw broken(
        of,
        `${found}, measured ${how}. Draw from \`subject.random(name)\` alone, and keep nothing from one measurement to the next.`,
      );
    }
  },
};

/** Whatever a clock had a say in cannot be compared with another run's. */
export const keepsTimeApart: EvalCheck = {
  title: 'puts what a clock had a say in into timings, and asks to be measured alone then',
  async run(of) {
    const [one, other] = [
      (await inWorld(WORLDS[0], () => measured(of))).outcome,
      (await inWorld({ ...WORLDS[1], seed: WORLDS[0].seed }, () => measured(of))).outcome,
    ];
    const found = parted(other.results, one.results);
    if (found) {
      throw broken(
        of,
        `${found} when the clock goes faster. Put what is timed into \`timings\`, and all else into \`results\`.`,
      );
    }
    const timed = parted(other.timings ?? {}, one.timings ?? {}, 'timings');
    if (!timed || of.given.alone === true) return;
    throw broken(
      of,
      `${timed} when the clock goes faster, so it is measured beside other work and means nothing. Say \`alone: true\` in the definition.`,
    );
  },
};

/** A policy that looks at a clock drafts otherwise at every run, and emits the same tokens. */
export const keepsTimedDraftsApart: EvalCheck = {
  title: 'puts what it measures of timed drafts into timings, and asks to be measured alone then',
  async run(of) {
    const measuredWith = async (isDrafting: boolean) => {
      const timed = speculativeDecoder('timed', { isDrafting, policy: { isTimed: true, grow: () => [] } });
      const script = { decoders: [greedyDecoder(), timed, speculativeDecoder()] };
      return (await measured(of, { script })).outcome;
    };
    const one = await inWorld(WORLDS[0], () => measuredWith(true));
    const other = await inWorld(WORLDS[0], () => measuredWith(false));
    const found = parted(other.results, one.results);
    if (found) {
      throw broken(
        of,
        `${found} when a decoder whose policy is timed drafted otherwise. Put what is measured of a decoder with ` +
          '`policy.isTimed` into `timings`, and its label into `results`.',
      );
    }
    if (of.given.alone || !parted(other.timings ?? {}, one.timings ?? {})) return;
    throw broken(
      of,
      "its timings change with the drafts of a timed policy: say `alone: 'timed-drafts'` in the definition.",
    );
  },
};
