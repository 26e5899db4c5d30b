// A package of plugins that misbehave, one way each: `index.js` of the package "hostile" in the tests of containment.
// What each does wrong stands in its name; everything else about it is right.
import { createHash } from 'node:crypto';

const API = 1;
const forever = () => new Promise(() => setInterval(() => {}, 60_000));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const spin = () => {
  for (;;);
};
/** Throws at whatever is done with it. */
const untouchable = () => {
  const no = () => {
    throw new Error('do not touch');
  };
  const traps = ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'defineProperty', 'set'];
  return new Proxy({}, Object.fromEntries(traps.map((trap) => [trap, no])));
};
const raise = (what) => {
  throw what;
};

/** @param sizes - what the definition itself says, in place of what is right */
const define = (kind, defaults) => (name, hooks, sizes) => ({
  kind,
  name: `${kind}-${name}`,
  api: API,
  ...(kind === 'trunk' && { shape: () => SHAPE }),
  ...sizes,
  create: (context, options) => {
    const honest = defaults(context, options);
    return { ...honest, ...hooks(honest, context) };
  },
});

const SHAPE = {
  ...{ width: 16, layers: 2 },
  block: { attentionHeads: 2, keyValueHeads: 2, mlpWidth: 32, rotaryBase: 10_000 },
};

const evaluation = define('eval', () => ({ measure: async () => ({ results: { fine: true } }) }));
const head = define('head', () => ({ forward: (_offset, { trunk: [hidden_BTD] }) => hidden_BTD }));
const trunk = define('trunk', ({ ops, param, dims }) => {
  const table_VD = param('embedding', [dims.vocabulary, dims.width]);
  return {
    embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
    forward: (x_BTD, _at, _memory, taps) => taps.map(() => x_BTD),
  };
});
const weighting = define('weighting', () => ({
  start: (terms) => terms.length,
  now: (count) => new Array(count).fill(1),
  learn: (count) => count,
}));
const schedule = define('horizon-schedule', ({ horizon }) => ({ start: () => null, now: () => horizon }));
const decoder = define('decoder', () => ({ drafts: true, async *generate() {} }));
const rule = define('acceptance-rule', () => ({
  keeps: ['greedy'],
  accept: (_tree, target) => ({ path: new Int32Array(0), next: target.argmax(-1) }),
}));
const policy = define('draft-policy', () => ({
  grow: (_tree, frontier, _p, { level }) =>
    level > 1 ? [] : frontier.map((node) => ({ node, children: 1, sampled: false })),
}));
const tokenizer = define('tokenizer', () => ({
  ...{ vocabulary: 256, isBytes: true },
  encode: (bytes) => Int32Array.from(bytes),
  decode: (tokens) => Uint8Array.from(tokens),
}));
const TEXTS = { train: 'to be or not to be, '.repeat(40), validation: 'that is the question. '.repeat(40) };
const listed = (split) => {
  const bytes = Buffer.from(TEXTS[split]);
  return { id: split, split, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
};
const dataset = define('dataset', () => ({
  list: async () => ({ documents: [listed('train'), listed('validation')], skipped: [] }),
  read: async ({ split }) => new Uint8Array(Buffer.from(TEXTS[split])),
}));
const emission = (changes) => ({ prompt: 0, tokens: Int32Array.of(1), proposed: [], accepted: 0, ...changes });

/** Rows of an objective in the place of what is right: the framework's own for that offset. */
const withRows = (name, rows) =>
  head(name, (_honest, { ops }) => ({
    objectives: (seen) => {
      const { hidden_BTE } = seen.offset(1);
      const [B, T, E] = hidden_BTE.shape;
      const right = seen.rows(1);
      const term = { name: 'own', readout: seen.readout(1), validRows: seen.validTargets(1) };
      return [{ ...term, hidden_NE: ops.reshape(hidden_BTE, [B * T, E]), rows: (...block) => rows(right(...block)) }];
    },
  }));
/** What goes wrong before there is anything to call. */
const inCreate = [evaluation, head, trunk, weighting, schedule, decoder, rule, policy, tokenizer, dataset].flatMap(
  (of) => [
    of('throws-in-create', () => raise(new Error('not made'))),
    of('draws-in-create', () => ({ luck: Math.random() })),
  ],
);

export default {
  api: API,
  provides: [
    // What is thrown
    evaluation('throws', () => ({ measure: () => raise(new Error('plainly')) })),
    evaluation('rejects', () => ({ measure: () => Promise.reject(new RangeError('later')) })),
    evaluation('throws-null', () => ({ measure: () => raise(null) })),
    evaluation('throws-text', () => ({ measure: () => raise('a text') })),
    evaluation('throws-frozen', () => ({ measure: () => raise(Object.freeze(new Error('frozen'))) })),
    evaluation('throws-untouchable', () => ({ measure: () => raise(untouchable()) })),
    evaluation('throws-secretive', () => ({
      measure: () => raise(Object.defineProperty(new Error(), 'message', { get: () => raise(new Error('no')) })),
    })),
    // How a process ends or does not
    evaluation('hangs', () => ({ measure: forever })),
    evaluation('spins', () => ({ measure: spin })),
    evaluation('exits', () => ({ measure: () => process.exit(7) })),
    evaluation('exits-zero', () => ({ measure: () => process.exit(0) })),
    evaluation('kills-itself', () => ({ measure: () => process.kill(process.pid, 'SIGKILL') })),
    evaluation('aborts', () => ({ measure: () => process.abort() })),
    evaluation('throws-in-timer', () => ({
      async measure() {
        setTimeout(() => raise(new Error('in a timer')), 1);
        return forever();
      },
    })),
    evaluation('forgets-a-promise', () => ({
      async measure() {
        void Promise.reject(new Error('nobody waits'));
        return forever();
      },
    })),
    // What is taken or left behind
    evaluation('eats-memory', () => ({
      async measure() {
        for (const kept = []; ; kept.push(Buffer.alloc(2 ** 25, 1))) await pause(5);
      },
    })),
    evaluation('floods', () => ({
      async measure() {
        for (const page = 'x'.repeat(2 ** 16); ; process.stdout.write(page)) await pause(0);
      },
    })),
    evaluation('leaks-tensors', (honest) => ({
      measure(subject) {
        subject.model.engine.ops.zeros([2, 3]);
        return honest.measure(subject);
      },
    })),
    evaluation('leaves-a-timer', (honest) => ({
      measure(subject) {
        setInterval(() => {}, 10);
        return honest.measure(subject);
      },
    })),
    evaluation('patches-a-class', (honest) => ({
      measure(subject) {
        const { map } = Array.prototype;
        Array.prototype.map = function mapped(...args) {
          return map.apply(this, args);
        };
        return honest.measure(subject);
      },
    })),
    evaluation('patches-chance', (honest) => ({
      measure(subject) {
        Math.random = () => 0.5;
        return honest.measure(subject);
      },
    })),
    evaluation('sets-environment', (honest) => ({
      measure(subject) {
        process.env.HOSTILE = 'yes';
        return honest.measure(subject);
      },
    })),
    evaluation('changes-folder', (honest) => ({
      measure(subject) {
        process.chdir('/');
        return honest.measure(subject);
      },
    })),
    evaluation('listens-for-the-end', (honest) => ({
      measure(subject) {
        process.on('uncaughtException', () => {});
        return honest.measure(subject);
      },
    })),
    evaluation('frees-a-weight', (honest) => ({
      measure(subject) {
        [...subject.model.parameters.values()][0].dispose();
        return honest.measure(subject);
      },
    })),
    evaluation('writes-into-a-weight', (honest) => ({
      measure(subject) {
        const [weight] = subject.model.parameters.values();
        const zeros = subject.model.engine.ops.zeros(weight.shape);
        weight.assign(zeros);
        zeros.dispose();
        return honest.measure(subject);
      },
    })),
    evaluation('hides-a-weight', (honest) => ({
      measure(subject) {
        subject.model.parameters.clear();
        return honest.measure(subject);
      },
    })),
    evaluation('draws', () => ({ measure: async () => ({ results: { luck: Math.random() } }) })),
    // What is given
    evaluation('frees-the-model', () => ({ measure: ({ model }) => model.dispose() })),
    evaluation('gives-nan', () => ({ measure: async () => ({ results: { mean: Number.NaN } }) })),
    evaluation('gives-a-function', () => ({ measure: async () => ({ results: { later: () => 1 } }) })),
    evaluation('gives-nothing', () => ({ measure: async () => undefined })),

    head('throws-undefined', () => ({ forward: () => raise(undefined) })),
    head('exits-in-create', () => process.exit(3)),
    head('spins', () => ({ forward: spin })),
    head('gives-nothing', () => ({ forward: () => undefined })),
    head('wrong-shape', (_honest, { ops }) => ({
      forward: (_offset, { trunk: [hidden_BTD] }) =>
        ops.slice(hidden_BTD, [0, 0, 0], [...hidden_BTD.shape.slice(0, 2), 4]),
    })),
    head('gives-nan', (_honest, { ops }) => ({
      forward: (_offset, { trunk: [hidden_BTD] }) => ops.mul(hidden_BTD, ops.constant([Number.NaN], [])),
    })),
    head('writes-into-its-nodes', (honest) => ({
      forward(offset, input) {
        input.at.position_BT.fill(0);
        return honest.forward(offset, input);
      },
    })),
    head('moves-weights', (_honest, { ops, param }) => {
      const weight = param('bias', [1]);
      return { forward: () => ops.adamw([{ weight, gradient: weight, moment1: weight, moment2: weight }], {}) };
    }),
    head('looks-at-the-clock', (honest) => ({
      forward(offset, input) {
        Date.now();
        return honest.forward(offset, input);
      },
    })),
    head('no-objectives', () => ({ objectives: () => [] })),
    head('bad-arrangement', () => ({
      arrange: ({ x_BTD, at }) => ({ x_BSD: x_BTD, at, columns_BT: new Int32Array(3) }),
    })),
    withRows('throws-in-rows', () => raise(new Error('no teacher'))),
    withRows('draws-in-rows', (right) => (Math.random() < 2 ? right : undefined)),
    withRows('rows-without-losses', ({ dLogits_RV }) => ({ dLogits_RV })),
    head('throws-in-readout', () => ({ readout: () => raise(new Error('no matrix')) })),
    head('readout-without-weight', () => ({ readout: () => ({}) })),
    head('misspelt', () => ({ extend: true })),
    head('throws-in-blocks', () => ({}), { blocksPerOffset: () => raise(new Error('no blocks')) }),
    head('half-a-block', () => ({}), { blocksPerOffset: () => 0.5 }),
    head('throws-in-own-readout', () => ({}), { ownReadout: () => raise(new Error('whose')) }),
    head('maybe-own-readout', () => ({}), { ownReadout: () => 'maybe' }),
    head('bad-declaration', () => ({ reads: { taps: [0.5] } })),

    trunk('no-taps', () => ({ forward: () => [] })),
    trunk('throws', () => ({ embed: () => raise(new Error('no table')) })),
    trunk('throws-in-shape', () => ({}), { shape: () => raise(new Error('no size')) }),
    trunk('shapeless', () => ({}), { shape: () => ({ width: 16, layers: 0 }) }),
    trunk('gives-tokens', () => ({ embed: (tokens_BT) => tokens_BT })),

    weighting('gives-nan', () => ({ now: (count) => new Array(count).fill(Number.NaN) })),
    weighting('negative', () => ({ now: (count) => new Array(count).fill(-1) })),
    weighting('too-many', () => ({ now: (count) => new Array(count + 1).fill(1) })),
    weighting('forgets-its-state', () => ({ learn: () => undefined })),
    weighting('throws-at-the-start', () => ({ start: () => raise(new Error('no terms')) })),
    weighting('starts-with-a-map', () => ({ start: () => new Map() })),
    weighting('draws', () => ({ now: (count) => Array.from({ length: count }, Math.random) })),

    schedule('too-long', () => ({ now: () => 99 })),
    schedule('answers-later', () => ({ now: async () => 1 })),
    schedule('kills-itself', () => ({ start: () => process.kill(process.pid, 'SIGKILL') })),

    schedule('throws-as-it-learns', () => ({ learn: () => raise(new Error('no lesson')) })),
    schedule('unlearns', () => ({ learn: () => undefined })),

    decoder('gives-no-stream', () => ({ generate: () => [emission({})] })),
    decoder('throws-later', () => ({
      async *generate() {
        yield emission({});
        raise(new Error('halfway'));
      },
    })),
    decoder('alien-token', () => ({
      async *generate() {
        yield emission({ tokens: Int32Array.of(99_999) });
      },
    })),
    decoder('alien-prompt', () => ({
      async *generate() {
        yield emission({ prompt: 77 });
      },
    })),
    decoder('misuses-its-session', () => ({
      // biome-ignore lint/correctness/useYield: it never comes to that
      async *generate(session) {
        session.commit([{ path: new Int32Array(0), next: 1 }]);
      },
    })),
    decoder('hangs', () => ({ generate: () => ({ [Symbol.asyncIterator]: () => ({ next: forever }) }) })),

    rule('no-path', () => ({ accept: () => ({ path: Int32Array.of(5), next: 1 }) })),
    rule('alien-token', () => ({ accept: () => ({ path: new Int32Array(0), next: 99_999 }) })),
    rule('draws', () => ({ accept: () => ({ path: new Int32Array(0), next: Math.floor(Math.random() * 256) }) })),

    policy('beyond-the-frontier', () => ({ grow: () => [{ node: 99, children: 1, sampled: false }] })),
    policy('throws-when-told', () => ({ learn: () => raise(new Error('do not tell')) })),
    policy('learns-later', () => ({ learn: async () => raise(new Error('too late')) })),
    policy('rejects-to-prepare', () => ({ prepare: () => Promise.reject(new Error('not ready')) })),
    policy('exits-when-a-row-is-gone', () => ({ forget: () => process.exit(9) })),

    tokenizer('alien-token', () => ({ encode: (bytes) => Int32Array.from(bytes, () => 300) })),
    tokenizer('throws-in-decode', () => ({ decode: () => raise(new Error('no bytes')) })),
    tokenizer('decodes-to-text', () => ({ decode: (tokens) => String.fromCharCode(...tokens) })),
    tokenizer('throws', () => ({ encode: () => raise(new Error('no text')) })),

    dataset('gives-other-bytes', () => ({ read: async () => new Uint8Array([1, 2, 3]) })),
    dataset('lists-nothing', () => ({ list: async () => null })),
    dataset('lists-twice', () => ({
      list: async () => ({ documents: [listed('train'), listed('train')], skipped: [] }),
    })),
    dataset('rejects', () => ({ read: () => Promise.reject(new Error('gone')) })),

    ...inCreate,

    // Honest ones, for the cells that the others must not touch
    evaluation('honest', () => ({
      async measure(subject) {
        const { meanNats } = await subject.losses([0]);
        const emissions = await subject.emissions(subject.decoders[0], subject.prompts(1, 8), 4);
        const tokens = emissions.flatMap((emission) => [...emission.tokens]);
        return { results: { meanNats, tokens, drawn: subject.random('honest').uniform() } };
      },
    })),
    head('honest', () => ({})),
  ],
};
