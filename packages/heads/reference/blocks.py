"""What the references of all heads share: text, parameters, a Llama-style trunk and its layer, readout and losses.

Plain PyTorch in float64, written from the papers and from nothing else: Touvron et al. 2023 (arXiv:2302.13971) for the
layer, Zhang & Sennrich 2019 (arXiv:1910.07467) for RMS norm, Su et al. 2021 (arXiv:2104.09864) for rotary positions,
Shazeer 2020 (arXiv:2002.05202) for SwiGLU, Ainslie et al. 2023 (arXiv:2305.13245) for grouped queries.

Shapes: B rows, T positions, S nodes of an arranged row, D width, V vocabulary, H attention heads, G key/value heads,
d width of one attention head, F inner width of the SwiGLU.
"""

import math
import random
from dataclasses import dataclass, field

import torch

torch.set_default_dtype(torch.float64)

WIDTH = 8
VOCABULARY = 11
ATTENTION_HEADS = 2
KEY_VALUE_HEADS = 1
MLP_WIDTH = 12
ROTARY_BASE = 10_000.0
NORM_EPSILON = 1e-5
# Values are whole numbers of 1/1024: exact in float32, in float64 and in JSON.
UNIT = 1024


class Parameters:
    """Weights by name. A value follows from its weight's name and index alone, whatever other weights there are."""

    def __init__(self):
        self.by_name = {}

    def __call__(self, name, *shape):
        if name not in self.by_name:
            draw = random.Random(f"foretoken reference {name}")
            # A gain lies around 1, a matrix around 0.
            center = 1.0 if len(shape) == 1 else 0.0
            values = [round((center + 0.3 * draw.gauss(0, 1)) * UNIT) / UNIT for _ in range(math.prod(shape))]
            self.by_name[name] = torch.tensor(values).reshape(shape).requires_grad_()
        weight = self.by_name[name]
        assert weight.shape == shape, f"{name} is {tuple(weight.shape)}, was asked for as {shape}"
        return weight


class Text:
    """Windows of T inputs with the tokens behind them, and the document that each token belongs to."""

    def __init__(self, tokens, documents, T):
        self.tokens = torch.tensor(tokens)
        self.documents = torch.tensor(documents)
        self.B, length = self.tokens.shape
        self.T = T
        self.max_offset = length - T

    @property
    def inputs(self):
        return self.tokens[:, : self.T]

    @property
    def input_documents(self):
        return self.documents[:, : self.T]

    def ahead(self, j):
        """x_{t+j} at every position t, whatever document it is in."""
        return self.tokens[:, j : j + self.T]

    def targets(self, i):
        """x_{t+i} at every position t, or -1 where it is in another document."""
        same = self.documents[:, i : i + self.T] == self.input_documents
        return torch.where(same, self.ahead(i), torch.full_like(self.ahead(i), -1))

    def positions(self):
        """Position in the document, from 0, as far as the window shows it."""
        positions = torch.zeros(self.B, self.T, dtype=torch.long)
        for b in range(self.B):
            for t in range(1, self.T):
                if self.documents[b, t] == self.documents[b, t - 1]:
                    positions[b, t] = positions[b, t - 1] + 1
        return positions

    def causal_mask(self):
        """[B,T,T]: query t sees key s of the same document if s <= t."""
        earlier = torch.ones(self.T, self.T, dtype=torch.bool).tril()
        documents = self.input_documents
        return earlier & (documents[:, :, None] == documents[:, None, :])


def small_text(max_offset):
    """Two windows: in the first a second document starts behind the inputs, in the second it starts at position 3."""
    B, T = 2, 6
    draw = random.Random("foretoken reference text")
    tokens = [[draw.randrange(VOCABULARY) for _ in range(T + max_offset)] for _ in range(B)]
    starts = [T + 1, 3]
    documents = [[int(t >= starts[b]) for t in range(T + max_offset)] for b in range(B)]
    return Text(tokens, documents, T)


def rms_norm(x, gain):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + NORM_EPSILON) * gain


def rotary(x_BTHd, positions_BT):
    """Turns the pair (j, j + d/2) by position * base^(-2j/d)."""
    d = x_BTHd.shape[-1]
    frequencies = ROTARY_BASE ** (-2.0 * torch.arange(d // 2) / d)
    angles = positions_BT[:, :, None, None] * frequencies
    first, second = x_BTHd[..., : d // 2], x_BTHd[..., d // 2 :]
    turned = (first * angles.cos() - second * angles.sin(), first * angles.sin() + second * angles.cos())
    return torch.cat(turned, -1)


def attention(q_BSHd, k_BSGd, v_BSGd, mask_BSS):
    """softmax(q k / sqrt(d)) v where the mask lets a query (first S) see a key (second S)."""
    H, G = q_BSHd.shape[2], k_BSGd.shape[2]
    outputs = []
    for head in range(H):
        group = head * G // H
        q, k, v = q_BSHd[:, :, head], k_BSGd[:, :, group], v_BSGd[:, :, group]
        scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
        scores = scores.masked_fill(~mask_BSS, -math.inf)
        outputs.append(torch.softmax(scores, -1) @ v)
    return torch.stack(outputs, 2)


def block(p, name, x_BSD, positions_BS, mask_BSS):
    """One layer: x + attention(norm x), then y + SwiGLU(norm y); no biases."""
    B, S, D = x_BSD.shape
    d = D // ATTENTION_HEADS
    gain = p(f"{name}.attention-norm", D)
    normed = rms_norm(x_BSD, gain)
    q = (normed @ p(f"{name}.query", D, D)).reshape(B, S, ATTENTION_HEADS, d)
    k = (normed @ p(f"{name}.key", D, KEY_VALUE_HEADS * d)).reshape(B, S, KEY_VALUE_HEADS, d)
    v = (normed @ p(f"{name}.value", D, KEY_VALUE_HEADS * d)).reshape(B, S, KEY_VALUE_HEADS, d)
    mixed = attention(rotary(q, positions_BS), rotary(k, positions_BS), v, mask_BSS)
    y = x_BSD + mixed.reshape(B, S, D) @ p(f"{name}.output", D, D)
    normed = rms_norm(y, p(f"{name}.mlp-norm", D))
    gate, up = normed @ p(f"{name}.gate", D, MLP_WIDTH), normed @ p(f"{name}.up", D, MLP_WIDTH)
    return y + (torch.nn.functional.silu(gate) * up) @ p(f"{name}.down", MLP_WIDTH, D)


@dataclass
class Model:
    """What a head's reference is given: weights, text, sizes, and numbers in place of a random generator."""

    p: Parameters
    text: Text
    horizon: int
    replicated: bool
    trunk_layers: int
    draws: list = field(default_factory=list)

    def embed(self, tokens):
        return self.p("trunk/embedding", VOCABULARY, WIDTH)[tokens]

    def states(self, x, positions, mask):
        """The trunk's input and the state after each of its layers."""
        states = [x]
        for i in range(self.trunk_layers):
            states.append(block(self.p, f"trunk/blocks.{i}", states[-1], positions, mask))
        return states

    def text_states(self):
        """`states` of the plain text."""
        return self.states(self.embed(self.text.inputs), self.text.positions(), self.text.causal_mask())

    def logits(self, offset, hidden):
        """Final norm and unembedding: one pair for all offsets, or one each."""
        owner = f"readout.{offset}" if self.replicated and offset > 1 else "readout"
        normed = rms_norm(hidden, self.p(f"{owner}/norm", WIDTH))
        return normed @ self.p(f"{owner}/unembedding", WIDTH, VOCABULARY)


def cross_entropy(logits, targets):
    """Mean of -log softmax(logits)[target] over the targets that are not -1; 0 where there is none."""
    valid = targets >= 0
    log_p = torch.log_softmax(logits, -1)[valid]
    if log_p.shape[0] == 0:
        return logits.sum() * 0
    return -log_p.gather(-1, targets[valid][:, None]).mean()


def offset_losses(model, hidden):
    """The default objective: cross-entropy of each offset against the token that far ahead."""
    return {
        f"offset-{i}": cross_entropy(model.logits(i, hidden[i]), model.text.targets(i)) for i in hidden
    }
