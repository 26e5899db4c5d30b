const HEAD = `# Errors

Every error that Foretoken foresees has a code, in capitals, that begins its message. The message says who found it, the rule, what was
got, where it came from and what to do next. A code keeps its meaning from release to release; the words after it may change
([versions](../guide/versions.md)). \`foretoken errors CODE\` prints what this page says of a code, \`foretoken errors\` all codes.

In the messages below, angle brackets hold what a message names, and \`...\` what differs from rule to rule. A command that ends with one of these
errors ends with the exit code beside it: 1 where the work failed, 2 where something it was given has to change, 130 where it was stopped.

This page is written by \`node scripts/errors.mjs\` from the one table, \`packages/engine/src/error-table.ts\`, not by hand.
`;

/**
 * docs/reference/errors.md.
 *
 * @param groups - titles and their codes, in the order of the page
 * @param table - what is said of each code
 * @param exitCodeOf - of a command that ends with a code
 */
export function renderErrors(groups, table, exitCodeOf) {
  const section = (code) => renderCode(code, table[code], exitCodeOf(code));
  return [HEAD, ...groups.map(({ title, codes }) => [`## ${title}\n`, ...codes.map(section)].join('\n'))].join('\n');
}

function renderCode(code, { template, cause, next }, exitCode) {
  return [
    `### ${code}\n`,
    `\`\`\`text\n${code}: ${template}\n\`\`\`\n`,
    `${inProse(cause)}\n`,
    `**Next step.** ${inProse(next)}\n`,
    `Exit code: ${exitCode}.\n`,
  ].join('\n');
}

/** Angle brackets outside of code would be markup. */
const inProse = (text) => text.replace(/</g, '\\<');
