import { type Answer, askApart } from '../ask-apart.ts';

/** What a binding says of the TensorFlow that it found. */
export interface TensorflowInfo {
  readonly version: string;
  readonly hasGpu: boolean;
}

/**
 * Environment of TensorFlow: no banner; and products of float32 in float32, which it rounds to TensorFloat-32 on present-day
 * GPUs if it may.
 */
export const TENSORFLOW_ENVIRONMENT = { TF_CPP_MIN_LOG_LEVEL: '2', NVIDIA_TF32_OVERRIDE: '0' } as const;

const script = (binding: string): string => `
import { createRequire } from 'node:module';
const { TF_Version, isUsingGpuDevice } = createRequire(${JSON.stringify(binding)})(${JSON.stringify(binding)});
console.log(JSON.stringify({ version: TF_Version, hasGpu: isUsingGpuDevice() }));
`;

/** Loads a binding, in a process of its own. */
export const probeBinding = (binding: string): Promise<Answer<TensorflowInfo>> =>
  askApart<TensorflowInfo>(script(binding), TENSORFLOW_ENVIRONMENT);
