import type { Hook, HookWatch } from './hooks.ts';

/**
 * Notes what is entered and left; looks closely at everything.
 * @param misdeedIn - what a hook is said to have done, if anything
 */
export function notingWatch(
  misdeedIn: (name: string) => string | undefined = () => undefined,
): HookWatch & { readonly notes: string[] } {
  const notes: string[] = [];
  return {
    notes,
    enter: ({ name }: Hook) => void notes.push(`> ${name}`),
    leave({ name }: Hook) {
      notes.push(`< ${name}`);
      return misdeedIn(name);
    },
    inspects: () => true,
  };
}
