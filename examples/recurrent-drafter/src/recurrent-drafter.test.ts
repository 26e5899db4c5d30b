import { describeHeadContract } from '@foretoken/core/testing';
import recurrentDrafter from './recurrent-drafter.ts';

describeHeadContract(recurrentDrafter, 'recurrent-drafter');
describeHeadContract(recurrentDrafter, 'recurrent-drafter', { stateWidth: 5, layers: 2 });
// With horizon 1 there is no further offset for an option to act on.
describeHeadContract(recurrentDrafter, 'recurrent-drafter', {}, { horizon: 1, actElsewhere: ['stateWidth', 'layers'] });
