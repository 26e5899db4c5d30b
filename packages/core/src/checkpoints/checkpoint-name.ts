const NAME = /^step-(\d{8,})\.safetensors$/;

/** Name of a checkpoint's file. */
export const checkpointName = (step: number): string => `step-${String(step).padStart(8, '0')}.safetensors`;

/** The step that a file's name says; undefined where it is no checkpoint's. */
export function stepOfName(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
