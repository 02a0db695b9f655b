"""The GPT equals an independent reference, sees no future, and decodes as the naive loop does."""

import importlib.util
import math
import os
import subprocess
import sys

import numpy as np
import pytest

from lmlab.models import training
from lmlab.models.device import start_keras
from lmlab.models.gpt import GPT, GPTConfig, generate
from lmlab.models.sampling import choose_token

keras = start_keras()

CONFIG = GPTConfig(vocab_size=13, seq_len=8, d_model=12, num_layers=2, num_heads=3)
GPT2 = GPTConfig(50257, 1024, 768, 12, 12)


def random_model(config=CONFIG, seed=0):
    """A GPT whose every weight, biases too, is random and large enough to matter."""
    model = GPT(config)
    random = np.random.default_rng(seed)
    model.set_weights(
        [random.normal(w.ndim == 1 and w.mean(), 0.3, w.shape) for w in model.get_weights()]
    )
    return model


@pytest.fixture(scope="module")
def model():
    return random_model()


@pytest.fixture(scope="module")
def tokens():
    """Two sequences `(2, 8)`."""
    return np.random.default_rng(1).integers(0, CONFIG.vocab_size, (2, CONFIG.seq_len))


def reference(model, tokens):
    """The logits of one sequence `(T,)` by NumPy in float64, loops over heads and positions."""
    config = model.config
    weights = iter([w.astype("float64") for w in model.get_weights()])
    embedding = next(weights)
    head = embedding.T if config.tie_weights else next(weights)
    x = embedding[tokens] + next(weights)[: len(tokens)]

    def norm(x, scale, shift):
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * scale + shift

    def gelu(x):
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))

    for _ in range(config.num_layers):
        norm_1, norm_2, qkv, project, expand, contract = (
            (next(weights), next(weights)) for _ in range(6)
        )
        q, k, v = np.split(norm(x, *norm_1) @ qkv[0] + qkv[1], 3, axis=-1)
        mixed = np.zeros_like(x)
        size = config.d_model // config.num_heads
        for head_number in range(config.num_heads):
            columns = slice(head_number * size, (head_number + 1) * size)
            for t in range(len(tokens)):
                scores = k[: t + 1, columns] @ q[t, columns] / math.sqrt(size)
                shares = np.exp(scores - scores.max())
                mixed[t, columns] = shares / shares.sum() @ v[: t + 1, columns]
        x = x + mixed @ project[0] + project[1]
        x = x + gelu(norm(x, *norm_2) @ expand[0] + expand[1]) @ contract[0] + contract[1]
    logits = norm(x, next(weights), next(weights)) @ head
    assert next(weights, None) is None
    return logits


def logits_of(model, tokens):
    return keras.ops.convert_to_numpy(model(np.asarray(tokens)))


def naive(model, prompt, num_tokens, seed=0, **options):
    """`generate` without a cache: the whole window again for each token."""
    limit, text, start = model.config.seq_len, list(prompt), 0
    for noise in np.random.default_rng(seed).random((num_tokens, 1), "float32"):
        if len(text) - start > limit:
            start = len(text) - limit // 2
        logits = logits_of(model, [text[start:]])[:, -1]
        text.append(int(choose_token(logits, noise, **options)[0]))
    return text


@pytest.mark.parametrize("tie_weights", [True, False])
def test_logits_equal_those_of_an_independent_reference(tokens, tie_weights):
    model = random_model(GPTConfig(13, 8, 12, 2, 3, tie_weights=tie_weights))
    for found, sequence in zip(logits_of(model, tokens), tokens, strict=True):
        np.testing.assert_allclose(found, reference(model, sequence), atol=1e-5)
        assert found.std() > 0.5


def test_a_future_token_changes_no_earlier_logit(model, tokens):
    before = logits_of(model, tokens)
    for t in range(1, CONFIG.seq_len):
        other = tokens.copy()
        other[:, t] = (other[:, t] + 1) % CONFIG.vocab_size
        change = np.abs(logits_of(model, other) - before).max((0, 2))
        assert change[:t].max() == 0
        assert change[t:].min() > 0


def test_the_count_of_parameters_is_that_of_gpt_2():
    assert GPT2.num_parameters == 124_439_808
    assert GPTConfig(65).num_parameters == 2_706_624
    for tie_weights in (True, False):
        config = GPTConfig(13, 8, 12, 2, 3, tie_weights=tie_weights)
        assert GPT(config).count_params() == config.num_parameters


def test_the_first_weights_are_those_of_gpt_2():
    keras.utils.set_random_seed(0)
    model = GPT(GPTConfig(500, 64, 96, 8, 4))
    block = model.blocks[3]
    for layer, std in ((block.qkv, 0.02), (block.expand, 0.02), (block.contract, 0.005)):
        kernel, bias = layer.get_weights()
        assert kernel.std() == pytest.approx(std, rel=0.02)
        assert abs(bias).max() == 0
    assert model.tokens.get_weights()[0].std() == pytest.approx(0.02, rel=0.02)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    targets = np.arange(64)[None] + 200  # not the inputs, whose logits tied weights raise
    start = float(loss(targets, model(targets - 200)))
    assert start == pytest.approx(math.log(500), abs=0.1)


def test_dropout_acts_in_training_only(tokens):
    model = random_model(GPTConfig(13, 8, 12, 2, 3, dropout=0.5))
    np.testing.assert_array_equal(logits_of(model, tokens), logits_of(model, tokens))
    one, other = (keras.ops.convert_to_numpy(model(tokens, training=True)) for _ in range(2))
    assert np.abs(one - other).max() > 0.1


@pytest.mark.parametrize(
    ("options", "prompts"),
    [
        ({"temperature": 0}, [([5], 8)]),
        ({"temperature": 1.0}, [(list(range(8)), 1), ([1, 2, 3, 4, 5, 6], 11)]),
        ({"temperature": 0.7, "top_k": 6, "top_p": 0.7}, [([5], 8)]),
    ],
)
def test_the_compiled_loop_makes_the_tokens_of_the_naive_loop(model, options, prompts):
    given = options if options["temperature"] else {}
    for prompt, length in prompts:
        found = generate(model, prompt, length, seed=3, **options)
        assert found.tolist() == naive(model, prompt, length, seed=3, **given)


def test_texts_of_one_batch_do_not_mix(model):
    prompts = [[1, 2, 3], [4, 5, 6]]
    found = generate(model, prompts, 5, temperature=0)
    assert found.shape == (2, 8)
    assert found.tolist() == [naive(model, prompt, 5) for prompt in prompts]


def test_generate_uses_the_weights_of_now():
    model = random_model(GPTConfig(13, 16, 12, 1, 3))
    before = generate(model, [1], 12)
    assert generate(model, [1], 12).tolist() == before.tolist()
    assert generate(model, [1], 12, seed=1).tolist() != before.tolist()
    model.set_weights(random_model(model.config, seed=5).get_weights())
    after = generate(model, [1], 12)
    assert after.tolist() != before.tolist()
    assert after.tolist() == naive(model, [1], 12, temperature=1.0)


def test_a_saved_model_gives_the_same_logits(model, tokens, tmp_path):
    path = tmp_path / "gpt.keras"
    model.save(path)
    again = keras.saving.load_model(path)
    assert again.config == CONFIG
    np.testing.assert_array_equal(logits_of(again, tokens), logits_of(model, tokens))


def test_steps_in_one_graph_equal_those_of_keras_and_learn():
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    config = GPTConfig(13, 8, 24, 1, 3)
    keras.utils.set_random_seed(0)
    fast, slow = GPT(config), GPT(config)
    slow.set_weights(fast.get_weights())
    for model in (fast, slow):
        rules = {"weight_decay": 0.1, "global_clipnorm": 1.0}
        model.compile(keras.optimizers.AdamW(0.01, **rules), loss, run_eagerly=True)
    starts = np.random.default_rng(0).integers(0, 13, (40, 16, 1))
    x, y = ((starts + shift + np.arange(8)) % 13 for shift in (0, 1))  # each token plus one
    losses = training.train_steps(fast, x, y)
    by_keras = [slow.train_on_batch(*batch) for batch in zip(x[:4], y[:4], strict=True)]
    np.testing.assert_allclose(losses[:4], by_keras, atol=1e-4)
    assert losses.shape == (40,)
    assert losses[0] > 2.5 and losses[-1] < 0.5
    guess = logits_of(fast, x[0, :1]).argmax(-1)
    np.testing.assert_array_equal(guess, y[0, :1])
    with pytest.raises(ValueError, match=r"must begin with one shape, got \(40, 16, 8\)"):
        training.train_steps(fast, x, y[:3])


def test_a_restarted_gpt_trains_as_it_did_the_first_time():
    rate = keras.optimizers.schedules.CosineDecay(0.001, 8, warmup_target=0.01, warmup_steps=2)
    model = GPT(GPTConfig(13, 8, 24, 1, 3, dropout=0.1))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss)
    x, y = np.random.default_rng(0).integers(0, 13, (2, 10, 4, 8))
    runs = []
    for seed in (0, 1, 0):
        training.restart(model, seed)
        assert int(model.optimizer.iterations) == 0
        runs.append(training.train_steps(model, x, y))
    np.testing.assert_array_equal(runs[0], runs[2])
    assert np.abs(runs[0] - runs[1]).max() > 0.01


BACKEND = """
import numpy as np, sys
from lmlab.models.gpt import GPT, GPTConfig, generate
import keras
stored = np.load(sys.argv[1])
model = GPT(GPTConfig(13, 8, 12, 2, 3))
model.set_weights([stored[f"arr_{i}"] for i in range(len(model.weights))])
logits = keras.ops.convert_to_numpy(model(stored["tokens"]))
assert np.abs(logits - stored["logits"]).max() < 1e-5, np.abs(logits - stored["logits"]).max()
assert generate(model, [1], 20, seed=3).tolist() == stored["text"].tolist()
print(keras.backend.backend())
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_give_the_same_logits_and_tokens(model, tokens, tmp_path, backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    extra = {"tokens": tokens, "logits": logits_of(model, tokens)}
    extra["text"] = generate(model, [1], 20, seed=3)
    np.savez(tmp_path / "w.npz", *model.get_weights(), **extra)
    done = subprocess.run(
        [sys.executable, "-c", BACKEND, str(tmp_path / "w.npz")],
        env=os.environ | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.splitlines()[-1:] == [backend], done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vocab_size": 0}, "`vocab_size` must be an integer of at least 1, got 0"),
        ({"num_layers": 2.5}, "`num_layers` must be an integer of at least 1, got 2.5"),
        ({"d_model": 190}, "`d_model` must be a multiple of `num_heads` = 6, got 190"),
        ({"dropout": 1.0}, "`dropout` must be at least 0 and below 1, got 1.0"),
    ],
)
def test_wrong_sizes_are_named(options, message):
    with pytest.raises(ValueError) as error:
        GPTConfig(**{"vocab_size": 65} | options)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": []}, "`prompt` must have 1 to 8 tokens, got 0"),
        ({"prompt": [1] * 9}, "`prompt` must have 1 to 8 tokens, got 9"),
        ({"prompt": 3}, "`prompt` must have the shape (P,) or (B, P), got ()"),
        ({"prompt": [1, 13]}, "`prompt` must hold tokens from 0 to 12, got 13"),
        ({"prompt": [-1]}, "`prompt` must hold tokens from 0 to 12, got -1"),
        ({"prompt": [0.5]}, "`prompt` must hold integers, got float64"),
        ({"prompt": ["a"]}, "`prompt` must hold integers, got <U1"),
        ({"num_tokens": 0}, "`num_tokens` must be at least 1, got 0"),
        ({"temperature": -1.0}, "`temperature` must be 0 or positive and finite, got -1.0"),
        (
            {"temperature": math.nan},
            "`temperature` must be 0 or positive and finite, got nan",
        ),
        ({"top_k": 0}, "`top_k` must be from 1 to 13, got 0"),
        ({"top_k": 14}, "`top_k` must be from 1 to 13, got 14"),
        ({"top_p": 0.0}, "`top_p` must be above 0 and at most 1, got 0.0"),
        ({"top_p": 1.5}, "`top_p` must be above 0 and at most 1, got 1.5"),
    ],
)
def test_wrong_arguments_of_generate_are_named(model, options, message):
    with pytest.raises(ValueError) as error:
        generate(model, **{"prompt": [1], "num_tokens": 3} | options)
    assert str(error.value) == message


def test_a_context_that_is_too_long_is_refused(model):
    with pytest.raises(ValueError, match="`tokens` must have at most 8 columns, got 9"):
        model(np.zeros((1, 9), "int32"))
