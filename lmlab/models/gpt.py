"""A small GPT in Keras: the model of chapter 5K, with decoding that keeps keys and values.

Shapes: B sequences, T tokens of context, D = d_model, N heads of H numbers each, V = vocab_size.
Source: Radford et al. (2019), *Language models are unsupervised multitask learners* (GPT-2).
"""

import dataclasses
import importlib
import math

import numpy as np

from lmlab.models.device import keras
from lmlab.models.sampling import choose_token, options_of, require

__all__ = ["GPT", "Block", "GPTConfig", "generate"]

layers, ops = keras.layers, keras.ops


@dataclasses.dataclass(frozen=True)
class GPTConfig:
    """All that there is to choose in a GPT; a value outside its range raises `ValueError`."""

    vocab_size: int  # V
    seq_len: int = 128  # longest context, in tokens
    d_model: int = 192  # D, a multiple of num_heads
    num_layers: int = 6
    num_heads: int = 6  # N
    dropout: float = 0.0  # share, of embeddings and of what each half of a block adds
    tie_weights: bool = True  # the token embedding is the output matrix too

    def __post_init__(self):
        for name in ("vocab_size", "seq_len", "d_model", "num_layers", "num_heads"):
            value = getattr(self, name)
            whole = isinstance(value, int | np.integer) and value >= 1
            require(whole, name, "be an integer of at least 1", value)
        heads = f"be a multiple of `num_heads` = {self.num_heads}"
        require(self.d_model % self.num_heads == 0, "d_model", heads, self.d_model)
        require(0 <= self.dropout < 1, "dropout", "be at least 0 and below 1", self.dropout)

    @property
    def num_parameters(self) -> int:
        """Trainable numbers: 124,439,808 for GPT-2."""
        d = self.d_model
        block = 4 * d * (d + 1) + (8 * d * d + 5 * d) + 4 * d  # attention, FFN, two norms
        matrices = 1 if self.tie_weights else 2
        return (matrices * self.vocab_size + self.seq_len) * d + self.num_layers * block + 2 * d


def _normal(std=0.02):
    return keras.initializers.RandomNormal(stddev=std)


def _norm():
    return layers.LayerNormalization(epsilon=1e-5)


class Block(layers.Layer):
    """`x + attention(norm(x))`, then `x + FFN(norm(x))`: (B, T, D) → (B, T, D)."""

    def __init__(self, config: GPTConfig, **kwargs):
        super().__init__(**kwargs)
        d, deep = config.d_model, 0.02 / math.sqrt(2 * config.num_layers)
        self.heads = (config.num_heads, d // config.num_heads)
        self.norm_1, self.norm_2 = _norm(), _norm()
        self.qkv = layers.Dense(3 * d, kernel_initializer=_normal())
        self.project = layers.Dense(d, kernel_initializer=_normal(deep))
        self.expand = layers.Dense(4 * d, kernel_initializer=_normal())
        self.contract = layers.Dense(d, kernel_initializer=_normal(deep))
        self.dropout = layers.Dropout(config.dropout)

    def build(self, shape):
        for layer in (self.norm_1, self.norm_2, self.qkv, self.project, self.expand):
            layer.build(shape)
        self.contract.build((*shape[:-1], 4 * shape[-1]))

    def call(self, x, training=None):
        q, k, v = self.split(x)
        return self.finish(x, ops.dot_product_attention(q, k, v, is_causal=True), training)

    def step(self, x, cache, position):
        """`call` for S tokens from `position` on: x (B, S, D), cache two of (B, T, N, H)."""
        q, *new = self.split(x)
        at = (0, position, 0, 0)
        cache = [ops.slice_update(old, at, part) for old, part in zip(cache, new, strict=True)]
        query, key = ops.arange(x.shape[1])[:, None], ops.arange(cache[0].shape[1])
        mask = (key <= query + position)[None, None]  # (1, 1, S, T)
        return self.finish(x, ops.dot_product_attention(q, *cache, mask=mask)), cache

    def split(self, x):
        """Queries, keys and values of x, each (B, T, N, H)."""
        q, k, v = ops.split(self.qkv(self.norm_1(x)), 3, axis=-1)
        return [ops.reshape(part, (*ops.shape(x)[:2], *self.heads)) for part in (q, k, v)]

    def finish(self, x, mixed, training=None):
        mixed = self.project(ops.reshape(mixed, ops.shape(x)))
        x = x + self.dropout(mixed, training=training)
        hidden = ops.gelu(self.expand(self.norm_2(x)), approximate=True)  # (B, T, 4 D)
        return x + self.dropout(self.contract(hidden), training=training)


@keras.saving.register_keras_serializable("lmlab")
class GPT(keras.Model):
    """Tokens (B, T), integers → logits (B, T, V) of the token after each."""

    def __init__(self, config: GPTConfig, **kwargs):
        super().__init__(**kwargs)
        self.config, d, tie = config, config.d_model, config.tie_weights
        self.tokens = layers.ReversibleEmbedding(config.vocab_size, d, tie, _normal())
        self.positions = layers.Embedding(config.seq_len, d, _normal())
        self.dropout = layers.Dropout(config.dropout)
        self.blocks = [Block(config, name=f"block_{i}") for i in range(config.num_layers)]
        self.norm = _norm()
        self.decode = _compiled(self._decode)
        self.build((None, config.seq_len))

    def build(self, shape):
        for layer in (self.tokens, self.positions, *self.blocks, self.norm):
            layer.build((*shape, self.config.d_model))

    def call(self, tokens, training=None):
        length, limit = tokens.shape[1] or 0, self.config.seq_len
        require(length <= limit, "tokens", f"have at most {limit} columns", length)
        x = self.dropout(self.embed(tokens), training=training)
        for block in self.blocks:
            x = block(x, training=training)
        return self.tokens(self.norm(x), reverse=True)

    def embed(self, tokens, position=0):
        """Token plus position: (B, S) → (B, S, D)."""
        places = position + ops.arange(ops.shape(tokens)[1])
        return self.tokens(tokens) + self.positions(places)

    def new_caches(self, batch_size):
        """Zeros for the keys and the values of each block, each (B, T, N, H)."""
        shape = (batch_size, self.config.seq_len, *self.blocks[0].heads)
        return [[ops.zeros(shape, self.compute_dtype)] * 2 for _ in self.blocks]

    def step(self, tokens, caches, position):
        """Logits (B, V) after tokens (B, S) from `position` on, and the longer caches."""
        x, caches = self.embed(tokens, position), list(caches)
        for i, block in enumerate(self.blocks):
            x, caches[i] = block.step(x, caches[i], position)
        return self.tokens(self.norm(x[:, -1]), reverse=True), caches

    def _decode(self, weights, prefix, last, position, count, noise, options):
        """Tokens (T, B), of which `count` are made, after `prefix` (B, S) and `last` (B,).

        Only `position` columns of the prefix are real. The weights are an argument, so that
        what is compiled once follows the training. noise (T, B); options of `choose_token`.
        """
        with keras.StatelessScope(zip(self.weights, weights, strict=True)):
            caches = self.new_caches(last.shape[0])
            if prefix.shape[1]:
                caches = self.step(prefix, caches, 0)[1]

            def body(i, state):
                token, caches, made = state
                logits, caches = self.step(token[:, None], caches, position + i)
                token = choose_token(ops.cast(logits, "float32"), noise[i], **options)
                return token, caches, ops.slice_update(made, (i, 0), token[None])

            state = last, caches, ops.zeros(noise.shape, "int32")
            return ops.fori_loop(0, count, body, state)[-1]

    def get_config(self):
        return super().get_config() | {"config": dataclasses.asdict(self.config)}

    @classmethod
    def from_config(cls, config):
        return cls(**config | {"config": GPTConfig(**config["config"])})


def _compiled(function):
    """`function` under XLA where the backend has it."""
    name = keras.backend.backend()
    backend = importlib.import_module(name)
    if name == "tensorflow":
        return backend.function(function, jit_compile=True, autograph=False)
    return backend.jit(function) if name == "jax" else backend.no_grad()(function)


def generate(
    model, prompt, num_tokens: int, temperature=1.0, top_k=None, top_p=None, seed: int = 0
) -> np.ndarray:
    """Continue a prompt, one token at a time, inside one compiled loop.

    A text that outgrows the context goes on from its last `seq_len // 2` tokens.

    Args:
        model: a `GPT`.
        prompt: tokens (P,) or, for B texts of one length, (B, P); P from 1 to `seq_len`.
        num_tokens: how many to add.
        temperature: 0 takes the likeliest token; above 1 is wilder than the model itself.
        top_k: draw from the k likeliest tokens only.
        top_p: draw from the fewest likeliest tokens that have this probability together.
        seed: of the draws, which are the same on every backend.

    Returns:
        The prompt and the new tokens, (P + num_tokens,) or (B, P + num_tokens), int32.

    Raises:
        ValueError: an argument is outside its range.
    """
    limit = model.config.seq_len
    text = _checked_prompt(prompt, model.config)
    require(num_tokens >= 1, "num_tokens", "be at least 1", num_tokens)
    options = options_of(temperature, top_k, top_p, model.config.vocab_size)
    noise = np.random.default_rng(seed).random((num_tokens, len(text)), "float32")
    weights = [variable.value for variable in model.weights]
    while len(noise):
        window = text if text.shape[1] <= limit else text[:, -max(1, limit // 2) :]
        position = window.shape[1] - 1
        size = min(limit, 1 << (position - 1).bit_length()) if position else 0  # few shapes
        prefix = np.pad(window[:, :-1], ((0, 0), (0, size - position)))
        now, noise = np.split(noise, [limit - position])
        padded = np.pad(now, ((0, limit - len(now)), (0, 0)))
        arrays = prefix, window[:, -1], np.int32(position), np.int32(len(now)), padded
        made = model.decode(weights, *map(ops.convert_to_tensor, arrays), options)
        new = ops.convert_to_numpy(made)[: len(now)].T
        text = np.concatenate([text, new], axis=1)
    return text if np.ndim(prompt) == 2 else text[0]


def _checked_prompt(prompt, config: GPTConfig) -> np.ndarray:
    tokens, limit, last = np.asarray(prompt), config.seq_len, config.vocab_size - 1
    require(tokens.ndim in (1, 2), "prompt", "have the shape (P,) or (B, P)", tokens.shape)
    length = tokens.shape[-1] if len(tokens) else 0
    require(1 <= length <= limit, "prompt", f"have 1 to {limit} tokens", length)
    require(tokens.dtype.kind in "iu", "prompt", "hold integers", tokens.dtype)
    for extreme in (tokens.min(), tokens.max()):
        require(0 <= extreme <= last, "prompt", f"hold tokens from 0 to {last}", extreme)
    return np.atleast_2d(tokens).astype("int32")
