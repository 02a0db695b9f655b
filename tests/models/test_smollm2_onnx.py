"""Blocks of rounded weights by hand, and the step in ONNX Runtime against Keras and NumPy."""

import time

import numpy as np
import pytest

from lmlab.models.device import start_keras
from lmlab.models.smollm2 import Config, SmolLM2, nats_per_token
from lmlab.models.smollm2_onnx import OnnxDecoder, keras_step, pack, race, round_blocks

keras = start_keras()
TINY = Config(vocab_size=50, d_model=64, num_layers=2, num_heads=4, num_kv_heads=2, d_ff=96,
              seq_len=32, rope_base=100.0)  # fmt: skip
TOKENS = [3, 14, 15, 9, 2, 6, 5, 35]


@pytest.fixture
def model():
    random, model = np.random.default_rng(0), SmolLM2(TINY)
    model.build()
    model.set_weights([random.normal(0, 0.3, w.shape) for w in model.get_weights()])
    return model


def by_keras(model, tokens=TOKENS):
    return keras.ops.convert_to_numpy(model(np.array([tokens])))[0]


# Blocks


def test_a_block_by_hand():
    W = np.zeros((1, 64), "float32")
    W[0, :4] = 2.0, -1.0, 0.26, -0.12  # the second block is empty
    q, scale = round_blocks(W, 4)
    assert scale.tolist() == [[-0.25, 1.0]]  # 2.0 at -8 steps
    assert q[0, 0, :4].tolist() == [0, 12, 7, 8]  # -0.12 is nearer to 0 than to -0.25
    assert np.all(q[0, 0, 4:] == 8) and np.all(q[0, 1] == 8)
    assert pack(q, 4)[0, 0, :3].tolist() == [12 << 4, 7 | 8 << 4, 8 | 8 << 4]


def test_the_largest_weight_stays_and_the_last_level_is_cut_off():
    W = np.array([[1.0, -1.0, *[0.0] * 30]])
    q, scale = round_blocks(W, 8)
    assert q[0, 0, :3].tolist() == [0, 255, 128]  # level 256 is not to be had
    assert ((q - 128.0) * scale[..., None])[0, 0, :2].tolist() == [1.0, -127 / 128]
    assert pack(q, 8) is q


@pytest.mark.parametrize("bits", [8, 4])
def test_no_weight_moves_by_more_than_its_step(bits):
    W = np.random.default_rng(1).normal(size=(5, 96))
    q, scale = round_blocks(W, bits)
    values = ((q - 2.0 ** (bits - 1)) * scale[..., None]).reshape(W.shape)
    assert np.all(np.abs(values - W).reshape(q.shape) <= np.abs(scale)[..., None] * (1 + 1e-6))
    assert np.abs(values - W).mean() < 0.3 * np.abs(scale).mean()


def test_bad_blocks_are_refused():
    with pytest.raises(ValueError, match="`bits` must be 8 or 4, got 3"):
        round_blocks(np.ones((2, 32)), 3)
    with pytest.raises(ValueError, match="`W` must have a multiple of 32 columns, got 33"):
        round_blocks(np.ones((2, 33)), 4)


# The step


def test_floats_give_the_logits_of_keras(model):
    step = OnnxDecoder(model, width=16, threads=1)
    assert np.allclose(step(TOKENS), by_keras(model), atol=1e-4)
    assert step.num_bytes == 4 * model.count_params() + 8  # and the number of an axis


def test_the_cache_gives_what_the_whole_text_gives(model):
    step, whole = OnnxDecoder(model, width=16, threads=1), by_keras(model)
    parts = [step(TOKENS[:3]), step(TOKENS[3:4], 3), step(TOKENS[4:5], 4), step(TOKENS[5:], 5)]
    assert np.allclose(np.concatenate(parts), whole, atol=1e-4)
    other = step([7, 7, *TOKENS[2:]])[-1]
    assert np.abs(other - whole[-1]).max() > 0.01  # the first tokens count
    assert np.allclose(step(TOKENS), whole, atol=1e-4)  # place 0 begins a new text


def test_the_same_tokens_as_keras(model):
    text = list(TOKENS)
    for _ in range(6):
        text.append(int(by_keras(model, text)[-1].argmax()))
    assert OnnxDecoder(model, width=16, threads=1).write(TOKENS, 6) == text[8:]


def rounded(model, bits):
    """A twin whose matrices hold the numbers that the blocks stand for."""

    def values(W, bits):  # (outputs, inputs)
        q, scale = round_blocks(W, bits)
        return ((q - 2.0 ** (bits - 1)) * scale[..., None]).reshape(W.shape)

    twin = SmolLM2(TINY)
    twin.build()
    twin.set_weights(model.get_weights())
    E = twin.token_embd.embeddings
    E.assign(values(keras.ops.convert_to_numpy(E), 8))
    for block in twin.blocks:
        for layer in block._layers:
            if hasattr(layer, "kernel"):
                W = keras.ops.convert_to_numpy(layer.kernel).T
                layer.kernel.assign(values(W, bits).T)
    return twin


@pytest.mark.parametrize("bits", [8, 4])
def test_blocks_compute_with_the_numbers_they_stand_for(model, bits):
    whole, expected = by_keras(model), by_keras(rounded(model, bits))
    exact = OnnxDecoder(model, bits, width=16, threads=1, accuracy_level=0)
    assert np.allclose(exact(TOKENS), expected, atol=1e-3)
    assert np.abs(expected - whole).max() > 0.01  # the rounding is there
    fast = OnnxDecoder(model, bits, width=16, threads=1)(TOKENS)
    correlation = np.corrcoef(fast.ravel(), expected.ravel())[0, 1]
    assert correlation > 0.995  # vectors with 8 bits


def test_bytes_are_counted_by_hand(model):
    blocks = 2 * (64 * (64 + 32 + 32 + 64) + 3 * 64 * 96) // 32  # of all products
    table, norms = 50 * 64 // 32 * 36, 5 * 64 * 4
    few = 4 + 8 + 3 * 8  # the constants of the shapes: 128.0, an axis, three sizes
    for bits, size in {8: 36, 4: 20}.items():
        step = OnnxDecoder(model, bits, width=16, threads=1)
        assert step.num_bytes == blocks * size + table + norms + few


def test_nats_are_those_of_keras(model):
    texts = [TOKENS, TOKENS[:4]]
    step = OnnxDecoder(model, width=16, threads=1)
    assert np.allclose(step.nats_per_token(texts), nats_per_token(model, texts), atol=1e-4)


def test_an_adapter_is_merged(model):
    before = OnnxDecoder(model, width=16, threads=1)(TOKENS)
    layer = model.blocks[0].attn_v
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape))
    after = OnnxDecoder(model, width=16, threads=1)(TOKENS)
    assert np.allclose(after, by_keras(model), atol=1e-4)
    assert np.abs(after - before).max() > 0.01


def test_bad_arguments_are_refused(model):
    with pytest.raises(ValueError, match="`bits` must be 8, 4 or None, got 2"):
        OnnxDecoder(model, 2)
    with pytest.raises(ValueError, match="`width` must be from 1 to 32, got 64"):
        OnnxDecoder(model, width=64)
    step = OnnxDecoder(model, width=8, threads=1)
    with pytest.raises(ValueError, match="fit into 8 places, got 1 from place 8"):
        step([1], 8)
    with pytest.raises(ValueError, match=r"must be at least one .* got 0 from place 0"):
        step([])
    model.quantize("int8")
    with pytest.raises(ValueError, match="`model` must have weights in floats, got int8"):
        OnnxDecoder(model, width=8)


# Side by side


def test_the_compiled_step_of_keras_keeps_its_past(model):
    step, whole = keras_step(model, width=16), by_keras(model)
    first, second = step(TOKENS[:5]), step(TOKENS[5:], 5)
    assert np.allclose(first[0], whole[4], atol=1e-4)
    assert np.allclose(second[0], whole[-1], atol=1e-4)


def test_a_race_writes_the_same_and_knows_the_slow_one(model):
    calls, step = [], OnnxDecoder(model, width=16, threads=1)

    def slow(tokens, start):
        calls.append((list(tokens), start))
        end = time.process_time() + (0.02 if calls[1:] else 0.5)
        while time.process_time() < end:  # the first reads the text and is not timed
            pass
        return by_keras(model, texts[len(calls) - 1])

    expected = OnnxDecoder(model, width=16, threads=1).write(TOKENS, 3)
    texts = [TOKENS, [*TOKENS, expected[0]], [*TOKENS, *expected[:2]]]
    found = race({"slow": slow, "onnx": step}, TOKENS, 3)
    assert found["slow"][0] == found["onnx"][0] == expected
    assert calls == [(TOKENS, 0), (expected[:1], 8), (expected[1:2], 9)]
    assert 0.02 <= found["slow"][1] < 0.5 and found["onnx"][1] > 0
    with pytest.raises(ValueError, match="`count` must be at least 2, got 1"):
        race({"onnx": step}, TOKENS, 1)
