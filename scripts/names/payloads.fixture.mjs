const up = (times, step = '../') => step.repeat(times);

/**
 * Names that try to be paths: 80 and more, each text once.
 * @param outside - absolute path of a folder that nobody may touch
 * @param link - name of a link, inside of where names are taken, that leads to it
 */
export function traversalPayloads(outside, link) {
  const climbing = ['canary', 'canary/secret.txt', 'etc/passwd'].flatMap((end) => [
    ...[1, 2, 3, 8].map((times) => up(times) + end),
    up(3, '..\\') + end,
    up(3, '....//') + end,
    up(3, '..././') + end,
    up(3, '%2e%2e%2f') + end,
    up(3, '%252e%252e%252f') + end,
    up(3, '..%5c') + end,
    up(3, '..%c0%af') + end,
    up(3, '..\u2215') + end,
    up(3, '\uFF0E\uFF0E\uFF0F') + end,
    up(3, '\u2025/') + end,
    `a/${up(4)}${end}`,
    `a/./../${up(3)}${end}`,
    `./${up(2)}${end}`,
    `${up(2)}${end}\0.json`,
    `a\0/${up(3)}${end}`,
  ]);
  const others = [
    ...['', '.', '..', './', '../', '/', '//', '\\', '...', '....', ' ', '.. ', ' ..', '..\n', '\n..', '../\r\n'],
    ...[outside, `${outside}/secret.txt`, `/${outside}`, `file://${outside}`, `file:${outside}/secret.txt`],
    ...['~', '~/x', '~root/x', '$HOME/x', '%USERPROFILE%\\x', '`id`', '$(id)'],
    ...['C:', 'C:\\x', 'C:x', 'c:/x', '\\\\host\\share\\x', '//host/share/x', '\\\\?\\C:\\x', '\\\\.\\PhysicalDrive0'],
    ...['CON', 'nul', 'AUX.txt', 'COM1', 'LPT9.json', 'a:stream', 'a::$DATA', 'a.', 'a..', 'a ', 'a. .'],
    ...[link, `${link}/`, `${link}/secret.txt`, `a/../${link}/secret.txt`],
    ...['-rf', '--run=/x', '-', '*', '?', '{a,b}', '[a]', '!(a)', '**/../x'],
    ...[
      'a\0',
      '\0',
      'a\u202Egnp.x',
      'a\u200B',
      '\uFEFFa',
      'e\u0301/..',
      '\u00e9/..',
      '\uD800',
      'a'.repeat(300),
      `${'a/'.repeat(2500)}x`,
    ],
    ...[
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' OR 1=1 --",
      '{{7*7}}',
      '__proto__',
      'constructor',
    ],
    ...['node_modules', '.git', 'package.json', 'a/node_modules/../../..', '@../x', '@a/..', '@a/../../x', 'a>../x'],
  ];
  return [...new Set([...climbing, ...others])];
}
