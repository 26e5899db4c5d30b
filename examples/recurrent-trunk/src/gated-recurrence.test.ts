import { describeTrunkContract } from '@foretoken/core/testing';
import gatedRecurrence from './gated-recurrence.ts';

describeTrunkContract(gatedRecurrence, 'gated-recurrence', {
  width: 8,
  layers: 2,
  stateWidth: 5,
  mlpWidth: 6,
  attentionHeads: 2,
});
