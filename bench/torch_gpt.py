"""A plain PyTorch GPT in the manner of nanoGPT: what the Keras model is measured against.

Written for the benchmark from the published description of GPT-2. Attention is PyTorch's own
`scaled_dot_product_attention`, GELU its tanh form, AdamW and `generate` as most scripts have them.
"""

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """Pre-norm block: (B, T, D) → (B, T, D)."""

    def __init__(self, config):
        super().__init__()
        d = config.d_model
        self.num_heads = config.num_heads
        self.norm_1, self.norm_2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.project = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.expand, self.contract = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)
        self.gelu = nn.GELU(approximate="tanh")

    def forward(self, x):
        b, t, d = x.shape
        heads = (b, t, self.num_heads, d // self.num_heads)
        q, k, v = (y.view(heads).transpose(1, 2) for y in self.qkv(self.norm_1(x)).split(d, 2))
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.project(mixed.transpose(1, 2).reshape(b, t, d))
        return x + self.contract(self.gelu(self.expand(self.norm_2(x))))


class TorchGPT(nn.Module):
    """Tokens (B, T) → logits (B, T, V); tied weights."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocab_size, config.d_model)
        self.positions = nn.Embedding(config.seq_len, config.d_model)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.norm = nn.LayerNorm(config.d_model)
        self.head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self.head.weight = self.tokens.weight
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                deep = name.endswith(("project.weight", "contract.weight"))
                std = 0.02 / (2 * config.num_layers) ** 0.5 if deep else 0.02
                nn.init.normal_(weight, 0.0, std)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def hidden(self, tokens):
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.tokens(tokens) + self.positions(places)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def forward(self, tokens, targets):
        logits = self.head(self.hidden(tokens))
        return functional.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())

    @torch.no_grad()
    def generate(self, tokens, noise):
        """nanoGPT's loop: the whole context again for each token; the last position's logits.

        Args:
            tokens: (B, P).
            noise: (num_tokens, B), uniform: the token where the cumulative probability exceeds it.
        """
        for uniform in noise:
            window = tokens[:, -self.config.seq_len :]
            logits = self.head(self.hidden(window)[:, [-1]])[:, -1]
            total = logits.float().softmax(-1).cumsum(-1)
            new = (total <= uniform[:, None] * total[:, -1:]).sum(-1, keepdim=True)
            tokens = torch.cat([tokens, new], 1)
        return tokens

    @torch.no_grad()
    def copy_from(self, weights):
        """Take the weights of the Keras model, in its order (matrices are transposed)."""
        order = [self.tokens.weight, self.positions.weight]
        for b in self.blocks:
            for layer in (b.norm_1, b.norm_2, b.qkv, b.project, b.expand, b.contract):
                order += [layer.weight, layer.bias]
        order += [self.norm.weight, self.norm.bias]
        for i, (mine, theirs) in enumerate(zip(order, weights, strict=True)):
            value = torch.from_numpy(theirs)
            mine.copy_(value.T if mine.ndim == 2 and i > 1 else value)

    def optimizer(self, learning_rate):
        """AdamW; weight decay on matrices only; fused on a GPU, as in nanoGPT."""
        groups = [
            {"params": [p for p in self.parameters() if p.ndim == 2], "weight_decay": 0.1},
            {"params": [p for p in self.parameters() if p.ndim < 2], "weight_decay": 0.0},
        ]
        fused = next(self.parameters()).is_cuda
        return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.95), fused=fused)
