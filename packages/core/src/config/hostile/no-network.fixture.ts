import dns from 'node:dns';
import net from 'node:net';
import { vi } from 'vitest';

/**
 * Counts every attempt to look up or connect to anything, and lets none through. (Requests of HTTP and `fetch` connect
 * through the same socket.)
 * @returns what was tried so far
 */
export function withoutNetwork(): readonly string[] {
  const tried: string[] = [];
  const refuse = (what: string) => (): never => {
    tried.push(what);
    throw new Error(`no network here: ${what}`);
  };
  vi.spyOn(net.Socket.prototype, 'connect').mockImplementation(refuse('connect'));
  vi.spyOn(dns, 'lookup').mockImplementation(refuse('lookup') as never);
  vi.spyOn(dns.promises, 'lookup').mockImplementation(refuse('lookup'));
  vi.spyOn(globalThis, 'fetch').mockImplementation(refuse('fetch'));
  return tried;
}
