/** What an experiment is where its file does not say, but for values that follow from others (see `complete`). */
export const DEFAULTS = {
  seed: 0,
  engine: 'auto',
  precision: 'float32',
  context: 128,
  /** Offsets that a head predicts. */
  horizon: 4,
  readout: 'shared',
  match: 'parameters',
  /** Where `model.base` stands: a trunk that is there already gives no block. */
  matchOfBase: 'none',
  training: {
    steps: 200,
    batch: 8,
    accumulate: 1,
    learningRate: 1e-3,
    finalLearningRate: 0.1,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0.1,
    clip: 1,
    backward: 'sequential',
    validationWindows: 16,
  },
  /** Of a part of the model, where `training.groups` names another. */
  group: { rate: 1, start: 0 },
  /** Where `training.distil` stands. */
  distil: { loss: 'kl', share: 0.5 },
  /** Plugins that are meant where none is named. */
  plugins: {
    tokenizer: 'bytes',
    trunk: 'transformer',
    head: 'parallel',
    weighting: 'uniform',
    horizonSchedule: 'fixed',
    rule: 'exact',
    policy: 'fixed',
  },
  evals: ['bits-per-byte', 'acceptance', 'losslessness', 'throughput'],
} as const;
