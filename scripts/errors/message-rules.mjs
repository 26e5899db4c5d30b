import { VALUE } from './said-texts.mjs';

/** How next steps begin. */
const ORDERS = (
  'Add|Ask|Attach|Build|Call|Check|Choose|Close|Copy|Create|Declare|Decode|Delete|Do|Draft|Encode|Export|Expose|Fit|Free|' +
  'Give|Go on|Install|Keep|Leave|Let|List|Look|Lower|Make|Mend|Move|Name|Open|Pack|Pick|Predict|Put|Raise|Read|Rebuild|' +
  'Record|Register|Relax|Remove|Rename|Replace|Report|Restore|Return|Run|Say|See|Set|Shorten|Split|Start|Take|Train|Try|' +
  'Update|Use|Wait|Write|End|the same command goes on'
).split('|');

const STEP = new RegExp(`(?:^|[.;:,)"\u27e9] |\\bthen |\\bor )(?:${ORDERS.join('|')})\\b`, 'i');
/** What is registered or known, to choose from. */
const CHOICE = /(?:[.?!] |^)(?:Did you mean|[A-Z][a-z]+(?: (?:[a-z]+|\u27e8\u27e9))*: )/;
/**
 * A rule on what the reader wrote, a setting or a plugin, is the next step: it names the place and says what must stand there.
 */
const RULE_FOR_AN_AUTHOR =
  /^(?:(?:OPTIONS|CONFIG|ABLATION|PLUGIN|PARAMETER|WEIGHTS|HORIZON)_INVALID|SHAPE_MISMATCH|CONFIG_SYNTAX|CONFIG_CONFLICT)$/;
const RULE = /\b(?:must|takes?)\b/;

/** Beginnings that speak of what was not named. */
const NOBODY = /^(?:it|its|this|they|he|must|was|is|has|cannot|could)\b/i;

/**
 * What a message lacks of what every message has: who and which value, a next step, and a full stop.
 *
 * A text that ends in a value cannot be judged by its end: what it ends in is made elsewhere.
 *
 * @param isWhole - whether nothing is put before it later, so that it says who and where itself
 */
export function faultsOf(code, message, isWhole = true) {
  const text = message.trim();
  const isOpen = text.endsWith(VALUE);
  const faults = [];
  if (isWhole && NOBODY.test(text)) faults.push('does not say who');
  if (!isOpen && !/[.!?]$/.test(text)) faults.push('does not end with a full stop');
  if (!isOpen && !hasNextStep(code, text)) faults.push('says no next step');
  if (/\bmust\b/.test(text) && !text.includes(VALUE) && !/\b(?:was|were|got|gave) /.test(text))
    faults.push('has a rule and says no value');
  return faults;
}

function hasNextStep(code, text) {
  const afterWho = text.slice(1);
  return STEP.test(afterWho) || CHOICE.test(text) || (RULE_FOR_AN_AUTHOR.test(code) && RULE.test(text));
}
