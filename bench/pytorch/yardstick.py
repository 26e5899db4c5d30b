# Part of Foretoken, licensed under the Apache License, Version 2.0; see LICENSE.
#
# The yardstick: what `foretoken bench` is compared with by compare.mjs. It stays as it is, so that figures taken at
# different times can be compared.
"""Yardstick: a byte-level Llama-style model with n parallel transformer-layer heads and one shared
unembedding (Gloeckle et al. 2024), in PyTorch. Prints one JSON line: training tokens/s, GFLOP/s, resident
memory of a training step, and greedy tokens/s with a key/value cache.

Blocks: layers - 1 in the trunk, one per head (so n heads add n - 1 blocks; --match 1 takes them from the
trunk instead). Defaults: 7,361,280 parameters, SwiGLU width 704, one final norm shared by the heads.
gflops = 6 x parameters x tokens/s. Decoding: a --prompt of 64 tokens, then --decode tokens, prefill included."""
import argparse, json, math, resource, time
import torch, torch.nn as nn, torch.nn.functional as F

p = argparse.ArgumentParser()
for name, default in dict(d=256, layers=6, heads=4, n=4, batch=8, seq=256, vocab=256, steps=9, warmup=2, threads=2, prompt=64, decode=128,
                          sequential=1, compile=0, fused=1, match=0).items():
    p.add_argument('--' + name, type=int, default=default)
p.add_argument('--device', default='cpu'); p.add_argument('--dtype', default='float32')
a = p.parse_args(); torch.set_num_threads(a.threads); torch.manual_seed(0)
dev = a.device; hidden = int(a.d * 8 / 3 / 64 + .999) * 64
trunk_blocks = a.layers - (a.n if a.match else 1)
assert trunk_blocks >= 1, 'no trunk left'
rss = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = rss()

class Norm(nn.Module):
    def __init__(s): super().__init__(); s.w = nn.Parameter(torch.ones(a.d))
    def forward(s, x): return F.rms_norm(x, (a.d,), s.w, 1e-5) if hasattr(F, 'rms_norm') else x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * s.w
def rope(x, start):
    h = x.shape[-1] // 2; f = 10000 ** (-torch.arange(h, device=x.device) / h)
    ang = torch.arange(start, start + x.shape[2], device=x.device).float()[:, None] * f[None]
    c, s = ang.cos().to(x.dtype), ang.sin().to(x.dtype); x1, x2 = x[..., :h], x[..., h:]
    return torch.cat([x1 * c - x2 * s, x2 * c + x1 * s], -1)
class Block(nn.Module):
    def __init__(s):
        super().__init__(); s.n1, s.n2 = Norm(), Norm(); L = lambda i, o: nn.Linear(i, o, bias=False)
        s.qkv, s.o, s.g, s.u, s.dn = L(a.d, 3 * a.d), L(a.d, a.d), L(a.d, hidden), L(a.d, hidden), L(hidden, a.d)
    def forward(s, x, cache=None, start=0):
        B, T, D = x.shape; q, k, v = s.qkv(s.n1(x)).view(B, T, 3, a.heads, D // a.heads).permute(2, 0, 3, 1, 4)
        q, k = rope(q, start), rope(k, start)
        if cache is not None:
            if 'k' in cache: k, v = torch.cat([cache['k'][:, :, :start], k], 2), torch.cat([cache['v'][:, :, :start], v], 2)
            cache['k'], cache['v'] = k, v
        if T == 1: y = F.scaled_dot_product_attention(q, k, v)
        elif k.shape[2] == T: y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else: y = F.scaled_dot_product_attention(q, k, v, attn_mask=torch.ones(T, k.shape[2], dtype=torch.bool, device=x.device).tril(k.shape[2] - T))
        x = x + s.o(y.transpose(1, 2).reshape(B, T, D)); h = s.n2(x)
        return x + s.dn(F.silu(s.g(h)) * s.u(h))
class Model(nn.Module):
    def __init__(s):
        super().__init__(); s.emb = nn.Embedding(a.vocab, a.d); nn.init.normal_(s.emb.weight, std=.02)
        s.trunk = nn.ModuleList(Block() for _ in range(trunk_blocks)); s.hd = nn.ModuleList(Block() for _ in range(a.n))
        s.norm = Norm(); s.out = nn.Linear(a.d, a.vocab, bias=False)
    def z(s, t, c=None, start=0):
        x = s.emb(t)
        for i, b in enumerate(s.trunk): x = b(x, None if c is None else c[i], start)
        return x
    def head(s, i, z, c=None, start=0): return s.out(s.norm(s.hd[i](z, None if c is None else c[trunk_blocks + i], start)))
m = Model().to(dev); opt = torch.optim.AdamW(m.parameters(), 3e-4, fused=bool(a.fused))
amp = torch.autocast(dev, dtype=torch.bfloat16, enabled=a.dtype == 'bfloat16')
if a.compile: m.z = torch.compile(m.z); m.head = torch.compile(m.head)
def step():
    t = torch.randint(0, a.vocab, (a.batch, a.seq + a.n), device=dev); T = a.seq
    loss = lambda i, z: F.cross_entropy(m.head(i, z).flatten(0, 1).float(), t[:, i + 1:i + 1 + T].flatten())
    with amp:
        z = m.z(t[:, :T])
        if a.sequential:
            d = z.detach().requires_grad_(True)
            for i in range(a.n): loss(i, d).backward()
            z.backward(d.grad)
        else: sum(loss(i, z) for i in range(a.n)).backward()
    opt.step(); opt.zero_grad(set_to_none=True)
sync = torch.cuda.synchronize if dev == 'cuda' else (lambda: None)
for _ in range(a.warmup): step()
sync(); ts = []
for _ in range(a.steps): t0 = time.perf_counter(); step(); sync(); ts.append(time.perf_counter() - t0)
med = sorted(ts)[len(ts) // 2]; params = sum(x.numel() for x in m.parameters())
r = dict(torch=torch.__version__, threads=a.threads, params=params, train_tok_s=round(a.batch * a.seq / med, 1),
         train_gflops=round(6 * params * a.batch * a.seq / med / 1e9, 1), peak_bytes=torch.cuda.max_memory_allocated() if dev == 'cuda' else rss() - before)
@torch.inference_mode()
def greedy(count):
    c = [dict() for _ in range(trunk_blocks + a.n)]; x = torch.randint(0, a.vocab, (1, a.prompt), device=dev); pos = 0
    sync(); t0 = time.perf_counter()
    for _ in range(count):
        lg = m.head(0, m.z(x, c, pos), c, pos)[:, -1]; pos += x.shape[1]; x = lg.argmax(-1, keepdim=True); x.item()
    return count / (time.perf_counter() - t0)
if a.decode:
    with amp: greedy(8); r['greedy_tok_s_b1'] = round(sorted(greedy(a.decode) for _ in range(3))[1], 1)
print(json.dumps(r))
