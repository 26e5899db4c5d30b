import { EXCEPTIONS } from './exceptions.mjs';
import { faultsOf } from './message-rules.mjs';

/**
 * What is wrong with the messages of errors, one line each.
 *
 * @param raised - places with their codes and messages, as `raisedIn` finds them
 */
export function problemsOf(raised, exceptions = EXCEPTIONS) {
  return raised.flatMap(({ file, line, isWhole, codes, messages }) => {
    const faults = messages
      .filter((message) => !isExcepted(exceptions, file, message))
      .flatMap((message) => {
        const found = new Set(codes.flatMap((code) => faultsOf(code, message, isWhole)));
        return [...found].map((fault) => `${file}:${line} ${fault}: ${message}`);
      });
    return [...new Set(faults)];
  });
}

const isExcepted = (exceptions, file, message) =>
  exceptions.some((exception) => exception.file === file && message.includes(exception.says));
