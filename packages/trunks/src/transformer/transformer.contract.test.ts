import { describeTrunkContract } from '@foretoken/core/testing';
import transformer from './transformer.ts';

const options = { preset: '1M', width: 8, layers: 2, attentionHeads: 2, keyValueHeads: 1, mlpWidth: 6 };

// A preset is what the sizes are where they are not given; presets themselves are compared with the paper's table.
describeTrunkContract(transformer, 'transformer', options, { actElsewhere: ['preset'] });
