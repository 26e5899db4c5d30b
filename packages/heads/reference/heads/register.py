"""MuToR: Gerontopoulos et al. 2025, arXiv:2505.10518, sec. 3.

The trunk runs over x_1, r, x_2, r, ..: a register r after each token. A register predicts the token d ahead of the token
before it, with the position id that this token's predecessor has (t + d - 1). Tokens see the tokens up to themselves and
no register; a register sees the tokens before it and itself, and no other register. d is drawn per window from 1..d_max.
"""

import torch

from blocks import WIDTH, cross_entropy

# `draws` is d - 1 of each window.
CASES = {
    "one-three": {"options": {"dMax": 4}, "horizon": 1, "draws": [0, 2]},
    "two-one": {"options": {"dMax": 2}, "horizon": 1, "maxOffset": 3, "draws": [1, 0]},
    "far": {"options": {"dMax": 6}, "horizon": 1, "draws": [5, 5]},
}


def run(model, options):
    text, p = model.text, model.p
    B, T = text.B, text.T
    d = [draw + 1 for draw in model.draws]
    register = p("head/register", WIDTH)
    x = torch.stack([model.embed(text.inputs), register.expand(B, T, WIDTH)], 2).reshape(B, 2 * T, WIDTH)
    positions = torch.zeros(B, 2 * T, dtype=torch.long)
    mask = torch.zeros(B, 2 * T, 2 * T, dtype=torch.bool)
    targets = torch.full((B, T), -1)
    for b in range(B):
        for t in range(T):
            positions[b, 2 * t] = text.positions()[b, t]
            positions[b, 2 * t + 1] = text.positions()[b, t] + d[b] - 1
            mask[b, 2 * t + 1, 2 * t + 1] = True
            for s in range(t + 1):
                same = text.documents[b, s] == text.documents[b, t]
                mask[b, 2 * t, 2 * s] = mask[b, 2 * t + 1, 2 * s] = same
            ahead = t + d[b]
            if ahead < T + text.max_offset and text.documents[b, ahead] == text.documents[b, t]:
                targets[b, t] = text.tokens[b, ahead]
    out = model.states(x, positions, mask)[-1].reshape(B, T, 2, WIDTH)
    hidden = {1: out[:, :, 0]}
    return hidden, {
        "offset-1": cross_entropy(model.logits(1, hidden[1]), text.targets(1)),
        "register": cross_entropy(model.logits(1, out[:, :, 1]), targets),
    }
