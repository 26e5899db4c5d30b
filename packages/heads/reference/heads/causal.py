"""Gloeckle et al. 2024, arXiv:2404.19737, app. B, "causal": P_i = softmax(f_u f_{h_i} f_{h_{i-1}} ... f_{h_1} f_s).

The layers f_h of all offsets stand in a row, offset 1 nearest to the trunk; `blocks` of them per offset.
"""

from blocks import offset_losses
from heads.parallel import offset_layers

CASES = {
    "plain": {"options": {}},
    "replicated": {"options": {}, "readout": "replicated"},
    "two-blocks": {"options": {"blocks": 2}},
    "one": {"options": {}, "horizon": 1},
}


def run(model, options):
    x, hidden = model.text_states()[-1], {}
    for i in range(1, model.horizon + 1):
        x = hidden[i] = offset_layers(model, options, i, x)
    return hidden, offset_losses(model, hidden)
