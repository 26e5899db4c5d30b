import type { Tensor } from '../../tensor.ts';
import { type TensorInfo, tfjsEngine } from '../../tfjs/internals.ts';
import type { GpuBuffer, GpuPipeline } from './dawn.ts';
import type { Uniform, WebGpuBackend } from './tfjs-backend.ts';

/** A computation on the GPU, in WGSL. */
export interface Shader {
  /** Names the compiled shader: equal names are equal code. */
  readonly name: string;
  /** Buffers that it writes, bound first: `name`, of f32. */
  readonly outputs: readonly string[];
  /** Buffers that it reads, bound next: `name`, of f32, or `name: type`. */
  readonly inputs: readonly string[];
  /** Numbers that differ from call to call, read as `at.name`: `name`, a u32, or `name: type`. */
  readonly parameters: readonly string[];
  /** Its function `main`, and what that needs. */
  readonly code: string;
}

/** One run of a shader. */
export interface Launch {
  /** Shapes of new tensors, or what it writes into. */
  readonly outputs: readonly (readonly number[] | Tensor | GpuBuffer)[];
  readonly inputs: readonly (Tensor | GpuBuffer)[];
  readonly parameters: readonly number[];
  /** Work groups along each axis. */
  readonly groups: readonly [x: number, y: number, z: number];
}

/** Threads of a work group in {@link flat} shaders. */
export const LANES = 64;

/** Dispatches that wait for each other before they are handed to the GPU together, as tfjs does. */
const LONGEST_PASS = 15;

/** Runs our own shaders among those of tfjs' backend, on its buffers, in order with them. */
export class GpuLauncher {
  readonly backend: WebGpuBackend;
  private readonly pipelines = new Map<string, GpuPipeline>();

  constructor(backend: WebGpuBackend) {
    this.backend = backend;
  }

  /** Runs a shader; gives the new tensors, in the order of their shapes. No output and no input may be empty. */
  run(shader: Shader, launch: Launch): Tensor[] {
    return this.compute(shader, launch).map((info) => tfjsEngine().makeTensorFromTensorInfo(info));
  }

  /** {@link run} inside a tfjs kernel, which hands over descriptions and not tensors. */
  compute(shader: Shader, { outputs, inputs, parameters, groups }: Launch): TensorInfo[] {
    const pipeline = this.pipelineOf(shader);
    const made = outputs.map((output) => (isShape(output) ? this.describe(output) : output));
    const buffers = [...made, ...inputs].map((operand) => ({ buffer: this.bind(operand) }));
    const values = parameters.map((value, at): Uniform => ({ type: typeOf(shader.parameters[at]), data: [value] }));
    const group = this.backend.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [...buffers, this.backend.makeUniforms(values)].map((resource, binding) => ({ binding, resource })),
    });
    this.dispatch(pipeline, group, groups);
    return made.filter((_, at) => isShape(outputs[at])) as TensorInfo[];
  }

  /** A new tensor with arbitrary values. */
  make(shape: readonly number[]): Tensor {
    return tfjsEngine().makeTensorFromTensorInfo(this.describe(shape));
  }

  /** Work groups of {@link LANES} threads that cover `count` of them; read by {@link flat}. */
  cover(count: number): [number, number, number] {
    const groups = Math.ceil(count / LANES);
    const y = Math.ceil(groups / this.backend.device.limits.maxComputeWorkgroupsPerDimension);
    return [Math.ceil(groups / y), y, 1];
  }

  /** Copies a whole buffer into the start of another one. */
  copy(from: GpuBuffer, to: GpuBuffer): void {
    this.backend.ensureCommandEncoderReady();
    this.backend.endComputePassEncoder();
    this.backend.commandEncoder?.copyBufferToBuffer(from, 0, to, 0, from.size);
  }

  private describe(shape: readonly number[]): TensorInfo {
    return this.backend.makeTensorInfo([...shape], 'float32');
  }

  private bind(operand: TensorInfo | GpuBuffer): GpuBuffer {
    if (isBuffer(operand)) return operand;
    const { dataId } = operand;
    this.backend.uploadToGPU(dataId);
    // Keeps a tensor that is disposed before the GPU has come this far.
    this.backend.commandQueueOwnedIds.add(dataId);
    return this.backend.tensorMap.get(dataId).resource as GpuBuffer;
  }

  private dispatch(pipeline: GpuPipeline, group: object, [x, y, z]: Launch['groups']): void {
    const { backend } = this;
    backend.ensureCommandEncoderReady();
    backend.computePassEncoder ??= backend.commandEncoder?.beginComputePass() ?? null;
    backend.computePassEncoder?.setPipeline(pipeline);
    backend.computePassEncoder?.setBindGroup(0, group);
    backend.computePassEncoder?.dispatchWorkgroups(x, y, z);
    backend.dispatchCountInPass += 1;
    if (backend.dispatchCountInPass < LONGEST_PASS) return;
    backend.endComputePassEncoder();
    backend.submitQueue();
  }

  private pipelineOf(shader: Shader): GpuPipeline {
    const known = this.pipelines.get(shader.name);
    if (known !== undefined) return known;
    const { device } = this.backend;
    const module = device.createShaderModule({ code: sourceOf(shader), label: shader.name });
    const made = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
    this.pipelines.set(shader.name, made);
    return made;
  }
}

const isBuffer = (operand: object): operand is GpuBuffer => 'mapAsync' in operand;

const isShape = (output: Launch['outputs'][number]): output is readonly number[] => Array.isArray(output);

const typeOf = (parameter: string): Uniform['type'] => (parameter.endsWith(': f32') ? 'float32' : 'uint32');

/** The shader with the declarations of what it is bound to. */
function sourceOf({ outputs, inputs, parameters, code }: Shader): string {
  const typed = (name: string, usual: string) => (name.includes(':') ? name.split(': ') : [name, usual]);
  const buffers = [...outputs, ...inputs].map((buffer, binding) => {
    const [name, type] = typed(buffer, 'f32');
    const access = binding < outputs.length ? 'read_write' : 'read';
    return `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${type}>;`;
  });
  const fields = parameters.map((parameter) => typed(parameter, 'u32').join(': '));
  const uniform = `@group(0) @binding(${buffers.length}) var<uniform> at: Parameters;`;
  return [`struct Parameters { ${fields.join(', ')} }`, ...buffers, uniform, code].join('\n');
}

/**
 * A shader whose threads each compute one of `at.count` things, numbered by `index`; launched over `cover(count)`.
 * @param body - what one thread does
 */
export function flat(shader: Omit<Shader, 'code'> & { readonly body: string; readonly functions?: string }): Shader {
  const { body, functions = '', ...rest } = shader;
  const code = `${functions}
@compute @workgroup_size(${LANES})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * ${LANES}u + lane;
  if (index >= at.count) { return; }
  ${body}
}`;
  return { ...rest, parameters: ['count', ...rest.parameters], code };
}
