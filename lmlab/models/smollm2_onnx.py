"""SmolLM2's step for ONNX Runtime: rounded blocks of weights, keys and values kept in place.

The chapter "A real large model, opened" (notebooks/5_business/4_pretrained.ipynb) decodes with it.
The graph is written from the weights of the Keras model, adapters of LoRA included; each block of
it is nine operators. Four of them are products, `MatMulNBits` where the weights are rounded.

Source of the operators: contrib operators of ONNX Runtime, domain com.microsoft.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from lmlab.models.device import keras
from lmlab.models.sampling import require
from lmlab.models.smollm2 import SmolLM2

__all__ = ["BLOCK", "OnnxDecoder", "keras_step", "pack", "race", "round_blocks"]

BLOCK = 32  # weights that share a scale
MICROSOFT = "com.microsoft"
KINDS = {"float32": TensorProto.FLOAT, "uint8": TensorProto.UINT8, "int64": TensorProto.INT64}


def round_blocks(W: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Round each row of W in blocks of 32: w ≈ scale · (q - 2^(bits - 1)).

    The scale of a block, which may be negative, puts its largest weight at q = 0 exactly.

    Args:
        W: `(outputs, inputs)`, inputs a multiple of 32.
        bits: 8 or 4.

    Returns:
        q `(outputs, blocks, 32)` uint8, and the scales `(outputs, blocks)` float32.
    """
    require(bits in (8, 4), "bits", "be 8 or 4", bits)
    require(W.shape[1] % BLOCK == 0, "W", f"have a multiple of {BLOCK} columns", W.shape[1])
    parts, half = W.reshape(len(W), -1, BLOCK), 2 ** (bits - 1)
    q, scales = np.empty(parts.shape, "uint8"), np.empty(parts.shape[:2], "float32")
    for i in range(0, len(W), 4096):  # some rows at a time, for the sake of memory
        some = parts[i : i + 4096]
        place = np.abs(some).argmax(axis=-1)[..., None]
        scale = np.take_along_axis(some, place, axis=-1) / -half
        scale = np.where(scale == 0, 1, scale).astype("float32")
        levels = np.rint(some / scale) + half
        q[i : i + 4096] = np.clip(levels, 0, 2 * half - 1)
        scales[i : i + 4096] = scale[..., 0]
    return q, scales


def pack(q: np.ndarray, bits: int) -> np.ndarray:
    """Whole numbers of 4 bits two in a byte, the first in its low half; of 8 bits as they are."""
    return q if bits == 8 else q[..., 0::2] | q[..., 1::2] << 4


class _Graph:
    """Nodes and constants of a graph; constants above a kilobyte stay outside the `ModelProto`."""

    def __init__(self, bits: int | None, accuracy_level: int):
        self.bits, self.accuracy_level = bits, accuracy_level
        self.nodes, self.constants, self.outside, self.num_bytes = [], [], {}, 0

    def add(self, op: str, inputs: list[str], outputs: list[str] | None = None, **how) -> str:
        """One operator; returns the name of its first output."""
        outputs = outputs or [f"{op}_{len(self.nodes)}"]
        self.nodes.append(helper.make_node(op, inputs, outputs, **how))
        return outputs[0]

    def constant(self, name: str, array) -> str:
        array = np.ascontiguousarray(array)
        self.num_bytes += array.nbytes
        if array.nbytes < 1000:
            self.constants.append(numpy_helper.from_array(array, name))
            return name
        kind, where = KINDS[array.dtype.name], TensorProto.EXTERNAL
        tensor = TensorProto(name=name, data_type=kind, dims=array.shape, data_location=where)
        tensor.external_data.add(key="location", value="memory")
        self.constants.append(tensor)
        self.outside[name] = array
        return name

    def rounded(self, name: str, W: np.ndarray, bits: int) -> list[str]:
        """The two constants of W (outputs, inputs) in blocks."""
        q, scale = round_blocks(W, bits)
        return [self.constant(f"{name}.q", pack(q, bits)), self.constant(f"{name}.scale", scale)]

    def bits_product(self, x: str, pair: list[str], shape, bits: int, outputs=None) -> str:
        sizes = {"N": shape[0], "K": shape[1], "bits": bits, "block_size": BLOCK}
        how = sizes | {"accuracy_level": self.accuracy_level, "domain": MICROSOFT}
        return self.add("MatMulNBits", [x, *pair], outputs, **how)

    def product(self, x: str, name: str, kernels: list[np.ndarray]) -> str:
        """x times the kernels (inputs, outputs) side by side, as one product."""
        W = np.concatenate(kernels, axis=1)
        if self.bits is None:
            return self.add("MatMul", [x, self.constant(name, W)])
        return self.bits_product(x, self.rounded(name, W.T, self.bits), W.T.shape, self.bits)

    def embedding(self, E: np.ndarray) -> tuple[str, list[str]]:
        """The rows of E (V, d) for the tokens, and its constants; rounded, they have 8 bits."""
        if self.bits is None:
            name = self.constant("embeddings", E)
            return self.add("Gather", [name, "tokens"]), [name]
        pair = self.rounded("embeddings", E, 8)  # q (V, blocks, 32), scale (V, blocks)
        q, scale = (self.add("Gather", [name, "tokens"]) for name in pair)
        q = self.add("Cast", [q], to=TensorProto.FLOAT)
        q = self.add("Sub", [q, self.constant("half", np.float32(128))])
        scale = self.add("Unsqueeze", [scale, self.constant("last_axis", np.array([-1]))])
        shape = self.constant("flat", np.array([1, -1, E.shape[1]]))
        return self.add("Reshape", [self.add("Mul", [q, scale]), shape]), pair

    def unembed(self, h: str, names: list[str], shape) -> None:
        """The logits: h (1, T, d) times the embeddings, transposed."""
        if self.bits is not None:
            self.bits_product(h, names, shape, 8, ["logits"])
            return
        first = self.constant("first_axis", np.array([0]))
        flat = self.add("Gemm", [self.add("Squeeze", [h, first]), *names], transB=1)
        self.add("Unsqueeze", [flat, first], ["logits"])


def _numpy(value) -> np.ndarray:
    return keras.ops.convert_to_numpy(value).astype("float32")


def _add_block(graph: _Graph, block, n: int, x: str, h: str, next_gain) -> tuple[str, str]:
    """Block n: x and its norm h (1, T, d) → x behind it and the norm that comes next."""
    c = block.config

    def kernels(*names):
        return [_numpy(getattr(block, name).kernel) for name in names]

    def add_and_norm(x, change, name, gain):  # x + change, and its norm
        inputs = [x, change, graph.constant(name, _numpy(gain))]
        outputs = [f"{name}.h", "", "", f"{name}.x"]
        how = {"epsilon": c.epsilon, "domain": MICROSOFT}
        graph.add("SkipSimplifiedLayerNormalization", inputs, outputs, **how)
        return f"{name}.x", f"{name}.h"

    qkv = graph.product(h, f"{n}.qkv", kernels("attn_q", "attn_k", "attn_v"))
    inputs = [qkv, "", "", f"past_k{n}", f"past_v{n}", "last", "total", "cos", "sin"]
    how = {"num_heads": c.num_heads, "kv_num_heads": c.num_kv_heads, "domain": MICROSOFT}
    how |= {"do_rotary": 1, "rotary_interleaved": 1}  # pairs (0, 1), (2, 3), …
    mixed = graph.add("GroupQueryAttention", inputs, [f"{n}.mixed", f"k{n}", f"v{n}"], **how)
    mixed = graph.product(mixed, f"{n}.output", kernels("attn_output"))
    x, h = add_and_norm(x, mixed, f"{n}.ffn_norm", block.ffn_norm.scale)
    both = graph.product(h, f"{n}.gate_up", kernels("ffn_gate", "ffn_up"))
    halves = [f"{n}.gate", f"{n}.up"]
    graph.add("Split", [both], halves, axis=-1, num_outputs=2)
    gate = graph.add("QuickGelu", halves[:1], domain=MICROSOFT, alpha=1.0)  # silu
    product = graph.add("Mul", [gate, halves[1]])
    down = graph.product(product, f"{n}.down", kernels("ffn_down"))
    return add_and_norm(x, down, f"{n}.next_norm", next_gain)


def _step_graph(model: SmolLM2, bits: int | None, width: int, accuracy_level: int):
    """The graph of a step as `ModelProto`, its large constants, and the bytes of all constants."""
    c, graph = model.config, _Graph(bits, accuracy_level)
    angles = np.arange(width)[:, None] * c.rope_base ** (
        -np.arange(0, c.head_dim, 2) / c.head_dim
    )  # (width, head_dim / 2)
    E = _numpy(model.token_embd.embeddings)
    x, table = graph.embedding(E)
    gains = [block.attn_norm.scale for block in model.blocks[1:]] + [model.output_norm.scale]
    first = graph.constant("first_norm", _numpy(model.blocks[0].attn_norm.scale))
    h = graph.add("SimplifiedLayerNormalization", [x, first], axis=-1, epsilon=c.epsilon)
    for n, (block, gain) in enumerate(zip(model.blocks, gains, strict=True)):
        x, h = _add_block(graph, block, n, x, h, gain)
    graph.unembed(h, table, E.shape)
    num_bytes = graph.num_bytes  # of the weights; the table of angles is none
    graph.constant("cos", np.cos(angles).astype("float32"))
    graph.constant("sin", np.sin(angles).astype("float32"))
    tensor, past = helper.make_tensor_value_info, [1, c.num_kv_heads, width, c.head_dim]
    names = [f"{kind}{n}" for n in range(c.num_layers) for kind in "kv"]
    inputs = [tensor("tokens", TensorProto.INT64, [1, "T"])]
    inputs += [tensor("last", TensorProto.INT32, [1]), tensor("total", TensorProto.INT32, [])]
    inputs += [tensor(f"past_{name}", TensorProto.FLOAT, past) for name in names]
    outputs = [tensor("logits", TensorProto.FLOAT, [1, "T", c.vocab_size])]
    outputs += [tensor(name, TensorProto.FLOAT, past) for name in names]
    body = helper.make_graph(graph.nodes, "step", inputs, outputs, graph.constants)
    sets = [helper.make_opsetid("", 21), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(body, opset_imports=sets, ir_version=10), graph.outside, num_bytes


class OnnxDecoder:
    """A SmolLM2 in ONNX Runtime: a function from new tokens and their first place to logits.

    Keys and values of the past are an input and an output of the graph, and both are the same
    memory: a step writes its own behind those that are there. So a text begins at place 0, and
    each call goes on where the last one ended.

    Args:
        model: a Keras model in floats; adapters of LoRA are merged into the weights.
        bits: 8 or 4 for blocks of 32 rounded weights (the embeddings always have 8), or None.
        width: the longest text.
        threads: cores that it may use.
        accuracy_level: 4: vectors are rounded to 8 bits before a product with rounded weights,
            so that integer units can compute it; 0: they stay floats, which is slow.

    Raises:
        ValueError: an argument is out of its range; names argument, expected, received.
    """

    def __init__(
        self,
        model: SmolLM2,
        bits: int | None = None,
        *,
        width: int = 512,
        threads: int = 2,
        accuracy_level: int = 4,
    ):
        c = model.config
        require(bits in (None, 8, 4), "bits", "be 8, 4 or None", bits)
        require(1 <= width <= c.seq_len, "width", f"be from 1 to {c.seq_len:,}", width)
        policy = model.blocks[0].attn_q.dtype_policy.name
        require("int" not in policy, "model", "have weights in floats", policy)
        graph = _step_graph(model, bits, width, accuracy_level)
        proto, self._outside, self.num_bytes = graph  # kept: the session reads these very arrays
        self.config, self.width = c, width
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        if bits is None:  # one copy of the weights, in the order in which they stand
            options.add_session_config_entry("session.disable_prepacking", "1")
        values = map(onnxruntime.OrtValue.ortvalue_from_numpy, self._outside.values())
        options.add_external_initializers(list(self._outside), list(values))
        content = proto.SerializeToString()
        self._session = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
        names = [f"{kind}{n}" for n in range(c.num_layers) for kind in "kv"]
        shape = (1, c.num_kv_heads, width, c.head_dim)
        self._past = {name: np.zeros(shape, "float32") for name in names}
        make = onnxruntime.OrtValue.ortvalue_from_numpy
        self._cache = {name: make(array) for name, array in self._past.items()}

    def __call__(self, tokens: Sequence[int], start: int = 0) -> np.ndarray:
        """Logits `(T, V)` behind each of the T new tokens, the first of them at place `start`."""
        end = start + len(tokens)
        if not (0 <= start < end <= self.width):
            raise ValueError(
                f"`tokens` must be at least one and fit into {self.width} places, "
                f"got {len(tokens)} from place {start}"
            )
        bound = self._session.io_binding()
        bound.bind_cpu_input("tokens", np.array([tokens], "int64"))
        bound.bind_cpu_input("last", np.array([end - 1], "int32"))
        bound.bind_cpu_input("total", np.array(end, "int32"))
        bound.bind_output("logits")
        for name, value in self._cache.items():
            bound.bind_ortvalue_input(f"past_{name}", value)
            bound.bind_ortvalue_output(name, value)
        self._session.run_with_iobinding(bound)
        return bound.get_outputs()[0].numpy()[0]

    def write(self, tokens: Sequence[int], count: int) -> list[int]:
        """The `count` tokens that follow a text, always the likeliest."""
        text, place = list(tokens), 0
        for _ in range(count):
            logits = self(text[place:], place)
            place = len(text)
            text.append(int(logits[-1].argmax()))
        return text[len(tokens) :]

    def nats_per_token(self, texts: Sequence[Sequence[int]]) -> np.ndarray:
        """Mean of -ln p over the tokens of each text `(n,)`, as `smollm2.nats_per_token`."""
        means = []
        for text in texts:
            logits = self(text)[:-1]
            logits -= logits.max(axis=-1, keepdims=True)
            right = logits[np.arange(len(text) - 1), text[1:]]
            means.append((np.log(np.exp(logits).sum(axis=-1)) - right).mean())
        return np.array(means)


# Side by side


def keras_step(model: SmolLM2, width: int = 512) -> Callable:
    """The compiled step of the Keras model, called like an `OnnxDecoder`: the last logits."""
    c, step = model.config, model.decoder()
    shape = (1, c.num_layers, 2, width, c.num_kv_heads, c.head_dim)
    past = [keras.ops.zeros(shape, model.token_embd.compute_dtype)]

    def call(tokens, start=0):
        logits, past[0] = step(np.array([tokens], "int32"), past[0], np.array([start], "int32"))
        return keras.ops.convert_to_numpy(logits)

    return call


def race(
    steps: Mapping[str, Callable], tokens: Sequence[int], count: int
) -> dict[str, tuple[list[int], float]]:
    """What each of several decoders writes behind a text, and the CPU seconds of a step.

    They take turns, token by token, so that whatever else runs on the machine meets all of them.
    It can only lengthen a step, so the fastest one counts. CPU seconds are those of all threads:
    other programs hardly change them, but threads that wait for each other in a loop add to them,
    so a decoder should have one thread.

    Args:
        steps: functions from new tokens and the place of the first to logits `(…, V)`.
        tokens: the text.
        count: how many tokens each writes, at least 2; the first, which reads the text, is not
            timed.
    """
    require(count >= 2, "count", "be at least 2", count)
    texts, times = {name: list(tokens) for name in steps}, {name: [] for name in steps}
    places = dict.fromkeys(steps, 0)
    for _ in range(count):
        for name, step in steps.items():
            new, begin = texts[name][places[name] :], time.process_time()
            token = int(step(new, places[name])[-1].argmax())
            times[name].append(time.process_time() - begin)
            places[name] = len(texts[name])
            texts[name].append(token)
    return {name: (text[len(tokens) :], min(times[name][1:])) for name, text in texts.items()}
