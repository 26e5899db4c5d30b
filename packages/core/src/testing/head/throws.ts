import type { EngineOps } from '@foretoken/engine';
import type { Head } from '../../contracts/head.ts';
import type { Definition } from '../../plugins/define.ts';
import { joint } from '../../training/backward/joint.ts';
import { sequential } from '../../training/backward/sequential.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { withForward } from './run-head.ts';
import { trainingStep } from './training-step.ts';

/** A run goes on after a step that failed, and a matrix after a cell that did: neither may cost memory. */
export const freesOnThrow: HeadCheck = {
  title: 'frees every tensor when a hook of it, or an operation in `forward`, throws',
  run(head) {
    const { engine } = head;
    const before = engine.memory().numTensors;
    for (const hook of hooksOf(head)) {
      const didThrow = throwsAt(head, hook);
      const left = engine.memory().numTensors - before;
      if (left !== 0) {
        throw broken(
          head,
          `${left} tensors were left after ${hook.name} threw. Make tensors inside the hooks with \`ops\`, and keep ` +
            'or `tf.keep` none: the framework frees the scope.',
        );
      }
      if (!didThrow) throw broken(head, `${hook.name} is not called in a training step. Leave out what is of no use.`);
    }
    const left = leftByOperations(head);
    if (left) {
      throw broken(
        head,
        `${left} were left after an operation in \`forward\` threw. Dispose nothing by hand: what \`ops\` made is ` +
          'freed with the scope, however it ends.',
      );
    }
  },
};

/** A point at which a head is made to throw, after it has done its work. */
interface Hook {
  readonly name: string;
  /** Stands in for the head. */
  wrap(head: Head, fail: () => never): Head;
  /** Thrown while the model is built. */
  readonly isEarly?: boolean;
}

function hooksOf(head: HeadCase): readonly Hook[] {
  const model = buildSmallModel(head);
  const { offsets } = model;
  const has = { arrange: !!model.head.arrange, objectives: !!model.head.objectives, readout: !!model.head.readout };
  model.dispose();
  return [
    { name: 'create', isEarly: true, wrap: (_, fail) => fail() },
    ...offsets.map((offset) => forwardHook(offset)),
    ...(has.readout ? [methodHook('readout', true)] : []),
    ...(has.arrange ? [methodHook('arrange')] : []),
    ...(has.objectives ? [methodHook('objectives'), rowsHook] : []),
  ];
}

const forwardHook = (offset: number): Hook => ({
  name: `forward of offset ${offset}`,
  wrap: (head, fail) =>
    replaced(head, 'forward', (...[one, input]: Parameters<Head['forward']>) => {
      const output = head.forward(one, input);
      return one === offset ? fail() : output;
    }),
});

const methodHook = (name: 'readout' | 'arrange' | 'objectives', isEarly = false): Hook => ({
  name,
  isEarly,
  wrap: (head, fail) =>
    replaced(head, name, (argument: never) => {
      head[name]?.(argument);
      return fail();
    }),
});

/** The rows of the first loss over rows, which runs off the tape. */
const rowsHook: Hook = {
  name: 'rows of an objective',
  wrap: (head, fail) =>
    replaced(head, 'objectives', (seen: Parameters<NonNullable<Head['objectives']>>[0]) => {
      const objectives = head.objectives!(seen);
      if (!objectives.some((one) => 'rows' in one)) fail();
      return objectives.map((objective) => {
        if (!('rows' in objective)) return objective;
        const { rows } = objective;
        return {
          ...objective,
          rows: (...block: Parameters<typeof rows>) => {
            rows(...block);
            return fail();
          },
        };
      });
    }),
};

/** A head with one method replaced; it keeps its other declarations. */
function replaced(head: Head, name: string, value: unknown): Head {
  return Object.create(head, { [name]: { value } }) as Head;
}

/** Lets a hook throw in everything that calls it. @returns whether the error came through each time */
function throwsAt(head: HeadCase, { wrap, isEarly = false }: Hook): boolean {
  const error = new Error('thrown by the contract suite');
  const fail = () => {
    throw error;
  };
  const change = (definition: Definition<'head'>): Definition<'head'> => ({
    ...definition,
    create: (context, options) => wrap(definition.create(context, options), fail),
  });
  if (isEarly) return isThrown(error, () => buildSmallModel(head, { change }).dispose());
  const model = buildSmallModel(head, { change });
  try {
    return [joint, sequential].every((way) => isThrown(error, () => trainingStep(model, way)));
  } finally {
    model.dispose();
  }
}

/** Operations at which `forward` is interrupted, spread over all of them. */
const INTERRUPTIONS = 5;

/** Lets an operation of `forward` throw, one early, one late, some between. @returns what was left, if anything was */
function leftByOperations(head: HeadCase): string | undefined {
  const { engine } = head;
  const error = new Error('thrown by the contract suite');
  const interruption = new Interruption(engine.ops, error);
  const model = buildSmallModel(head, { engine: { ...engine, ops: interruption.ops } });
  const watched = withForward(model, (offset, input) => interruption.within(() => model.head.forward(offset, input)));
  const step = () => isThrown(error, () => trainingStep(watched, joint));
  try {
    const numCalls = interruption.after(Number.POSITIVE_INFINITY, step);
    const before = engine.memory().numTensors;
    for (let i = 0; i < INTERRUPTIONS; i++) {
      interruption.after(Math.floor((i * numCalls) / INTERRUPTIONS), step);
      const left = engine.memory().numTensors - before;
      if (left !== 0) return `${left} tensors`;
    }
    return undefined;
  } finally {
    model.dispose();
  }
}

/** Ops of which one throws, when it is called by what runs within. */
class Interruption {
  readonly ops: EngineOps;
  #isWithin = false;
  #numCalls = 0;
  #last = Number.POSITIVE_INFINITY;

  constructor(ops: EngineOps, error: Error) {
    type Call = (...args: unknown[]) => unknown;
    const interrupted = Object.entries(ops as unknown as Record<string, Call>).map(([name, call]): [string, Call] => [
      name,
      (...args) => {
        if (this.#isWithin && ++this.#numCalls > this.#last) throw error;
        return call(...args);
      },
    ]);
    this.ops = Object.fromEntries(interrupted) as unknown as EngineOps;
  }

  /** Runs `work`, whose call number `last + 1` throws. @returns how many there were */
  after(last: number, work: () => unknown): number {
    this.#numCalls = 0;
    this.#last = last;
    work();
    return this.#numCalls;
  }

  within<T>(work: () => T): T {
    this.#isWithin = true;
    try {
      return work();
    } finally {
      this.#isWithin = false;
    }
  }
}

function isThrown(error: Error, work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (caught) {
    return caught === error || (caught as Error).cause === error;
  }
}
