"""Gloeckle et al. 2024, arXiv:2404.19737, sec. 2: P(x_{t+i} | x_<=t) = softmax(f_u(f_{h_i}(f_s(x_<=t)))).

f_s is the trunk, f_{h_i} one transformer layer per offset (`blocks`: as many in a row), f_u the unembedding.
"""

from blocks import block, offset_losses

CASES = {
    "plain": {"options": {}},
    "replicated": {"options": {}, "readout": "replicated"},
    "two-blocks": {"options": {"blocks": 2}},
}


def run(model, options):
    z = model.text_states()[-1]
    hidden = {i: offset_layers(model, options, i, z) for i in range(1, model.horizon + 1)}
    return hidden, offset_losses(model, hidden)


def offset_layers(model, options, offset, x):
    """f_{h_i}: the layers of one offset in a row."""
    positions, mask = model.text.positions(), model.text.causal_mask()
    for layer in range(1, options.get("blocks", 1) + 1):
        name = f"head/blocks.{offset}" if layer == 1 else f"head/blocks.{offset}.{layer}"
        x = block(model.p, name, x, positions, mask)
    return x
