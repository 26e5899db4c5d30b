"""Gloeckle et al. 2024, arXiv:2404.19737, app. B, "linear head": one matrix per offset on the trunk's output z."""

from blocks import WIDTH, offset_losses

CASES = {
    "plain": {"options": {}},
    "residual": {"options": {"residual": True}},
    "replicated": {"options": {}, "readout": "replicated"},
}


def run(model, options):
    z = model.text_states()[-1]
    hidden = {}
    for i in range(1, model.horizon + 1):
        moved = z @ model.p(f"head/weights.{i}", WIDTH, WIDTH)
        hidden[i] = z + moved if options.get("residual") else moved
    return hidden, offset_losses(model, hidden)
