"""DeepSeek-AI 2024, arXiv:2412.19437, sec. 2.2, eq. 21-24.

Module k takes h^{k-1} (h^0 is the trunk's output) and the true token t_{i+k}:
    h'^k_i = M_k [RMSNorm(h^{k-1}_i); RMSNorm(Emb(t_{i+k}))],    h^k = TRM_k(h'^k),    P^k_{i+k+1} = OutHead(h^k_i).
In this package's words, depth k is offset k + 1. `repeat`: the same module at every depth (FastMTP, arXiv:2509.18362).
"""

import torch

from blocks import WIDTH, block, offset_losses, rms_norm

CASES = {
    "plain": {"options": {}},
    "replicated": {"options": {}, "readout": "replicated"},
    "repeat": {"options": {"repeat": True}},
    "one": {"options": {}, "horizon": 1},
}


def run(model, options):
    p, text = model.p, model.text
    h = model.text_states()[-1]
    hidden = {1: h}
    for depth in range(1, model.horizon):
        name = "head/module" if options.get("repeat") else f"head/modules.{depth + 1}"
        carried = rms_norm(h, p(f"{name}.carry-norm", WIDTH))
        token = rms_norm(model.embed(text.ahead(depth)), p(f"{name}.token-norm", WIDTH))
        merged = torch.cat([carried, token], -1) @ p(f"{name}.merge", 2 * WIDTH, WIDTH)
        h = block(p, f"{name}.block", merged, text.positions(), text.causal_mask())
        hidden[depth + 1] = h
    return hidden, offset_losses(model, hidden)
