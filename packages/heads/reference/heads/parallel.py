"""Gloeckle et al. 2024, arXiv:2404.19737, sec. 2: P(x_{t+i} | x_<=t) = softmax(f_u(f_{h_i}(f_s(x_<=t)))).

f_s is the trunk, f_{h_i} one transformer layer per offset, f_u the unembedding.
"""

from blocks import block, offset_losses

CASES = {
    "plain": {"options": {}},
    "replicated": {"options": {}, "readout": "replicated"},
}


def run(model, options):
    z = model.text_states()[-1]
    positions, mask = model.text.positions(), model.text.causal_mask()
    hidden = {
        i: block(model.p, f"head/blocks.{i}", z, positions, mask) for i in range(1, model.horizon + 1)
    }
    return hidden, offset_losses(model, hidden)
