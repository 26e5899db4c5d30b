/**
 * Messages that the rules for messages do not fit, each with the reason. `says` is a part of the message, as the sources say it.
 */
export const EXCEPTIONS = [
  {
    file: 'packages/core/src/config/resolve.ts',
    says: '(',
    why: 'the sentence comes whole from the schema of a plugin: a rule on what the reader wrote, whose plugin is put behind it',
  },
];
