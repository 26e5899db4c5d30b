/** What building the addon came to. */
export interface BuiltNative {
  readonly built: boolean;
  /** 0 where the addon was there already. */
  readonly seconds?: number;
  /** Why it was not built: one sentence with the next step. */
  readonly reason?: string;
}

/**
 * Builds the native engine's addon, unless the one there was made from these very sources.
 * @param options.force - builds anew in any case
 * @param options.log - gets each line that the compiler prints, as it comes
 */
export function buildNative(options?: { force?: boolean; log?: (line: string) => void }): Promise<BuiltNative>;
