import { ForetokenError } from './errors.ts';
import type { Recording, Seed } from './recording.ts';
import { type Tensor, tf } from './tensor.ts';
import { Gradients } from './tfjs/gradients.ts';
import { alias, type TapeNode, tfjsEngine } from './tfjs/internals.ts';
import { tensorsIn, tidy } from './tfjs/scopes.ts';

/**
 * Runs `forward` and keeps tfjs' tape of it, so that the backward pass can come later and in parts.
 *
 * Outputs are found in arrays and plain objects. What `forward` made and did not return is freed at once, but for what
 * gradients need.
 * @throws ENGINE_MISUSE if a tape records already
 */
export function record<T>(forward: () => T): Recording<T> {
  const engine = tfjsEngine();
  if (engine.state.gradientDepth > 0) throw misuse('recordings do not nest; end the one that is open first.');
  const firstId = engine.nextTensorId();
  engine.startTape();
  const tape = engine.state.activeTape as TapeNode[];
  try {
    const kept: { outputs?: T; made: Tensor[] } = { made: [] };
    tidy(() => {
      kept.outputs = forward();
      // Kept, or else a tidy scope around the recording would free them before the backward pass.
      kept.made = tensorsIn(kept.outputs).filter((tensor) => tensor.id > firstId);
      for (const tensor of kept.made) tf.keep(tensor);
    });
    return new TapeRecording(kept.outputs as T, kept.made, tape);
  } catch (error) {
    freeSaved(tape);
    throw error;
  } finally {
    engine.endTape();
    engine.state.activeTape = null;
  }
}

class TapeRecording<T> implements Recording<T> {
  readonly outputs: T;
  private readonly made: readonly Tensor[];
  private tape: TapeNode[] | undefined;

  constructor(outputs: T, made: readonly Tensor[], tape: TapeNode[]) {
    this.outputs = outputs;
    this.made = made;
    this.tape = tape;
  }

  backward(seeds: readonly Seed[], wrt: readonly Tensor[]): (Tensor | undefined)[] {
    const tape = this.tape;
    if (tape === undefined) throw misuse('a recording is walked backwards once, and not after dispose; record anew.');
    this.tape = undefined;
    const gradients = new Gradients(seeds, wrt);
    try {
      walk(tape, gradients, reachable(tape, wrt));
      return gradients.take();
    } finally {
      gradients.dispose();
      freeSaved(tape);
    }
  }

  dispose(): void {
    if (this.tape !== undefined) freeSaved(this.tape);
    this.tape = undefined;
    for (const tensor of this.made) tensor.dispose();
  }
}

/** Ids of the tensors that depend on one of `wrt`, themselves included. */
function reachable(tape: readonly TapeNode[], wrt: readonly Tensor[]): Set<number> {
  const ids = new Set(wrt.map((tensor) => tensor.id));
  for (const node of tape) {
    if (!Object.values(node.inputs).some((input) => ids.has(input.id))) continue;
    for (const output of node.outputs) ids.add(output.id);
  }
  return ids;
}

function walk(tape: TapeNode[], gradients: Gradients, wanted: ReadonlySet<number>): void {
  for (let index = tape.length - 1; index >= 0; index--) {
    const node = tape[index];
    const dys = node.outputs.map((output) => gradients.get(output));
    const inputs = Object.entries(node.inputs);
    const needs = inputs.map(([, input]) => wanted.has(input.id));
    if (dys.some((dy) => dy !== undefined) && needs.includes(true)) step(node, dys, inputs, needs, gradients);
    for (const output of node.outputs) gradients.release(output);
    for (const tensor of node.saved) tensor.dispose();
  }
}

function step(
  node: TapeNode,
  dys: readonly (Tensor | undefined)[],
  inputs: readonly (readonly [string, Tensor])[],
  needs: readonly boolean[],
  gradients: Gradients,
): void {
  const { gradient, kernelName } = node;
  if (gradient === undefined)
    throw misuse(
      `the tfjs operation ${kernelName} has no gradient, and one flows through it. Use another operation there.`,
    );
  const flows = tidy(() => {
    const makers = gradient(dys, needs);
    return inputs.map(([name], at) => {
      const flow = needs[at] ? makers[name]?.() : undefined;
      // Some of tfjs' gradients pass dy on as it is; each gradient here must be freed by itself.
      return flow !== undefined && dys.includes(flow) ? alias(flow) : flow;
    });
  });
  for (const [at, flow] of flows.entries()) {
    if (flow !== undefined) gradients.add(inputs[at][1], flow);
  }
}

function freeSaved(tape: readonly TapeNode[]): void {
  for (const node of tape) for (const tensor of node.saved) tensor.dispose();
}

function misuse(rule: string): ForetokenError {
  return new ForetokenError('ENGINE_MISUSE', `recording: ${rule}`);
}
