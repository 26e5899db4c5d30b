import type { DependencyContainer } from 'tsyringe';

/**
 * Has something disposed with a container. tsyringe disposes the objects that it constructed, in that order, and nothing
 * that it was given: so it constructs an object for the purpose.
 */
export function disposeWith(container: DependencyContainer, dispose: () => Promise<void>): void {
  container.resolve(
    class {
      dispose(): Promise<void> {
        return dispose();
      }
    },
  );
}
