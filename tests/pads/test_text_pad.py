"""The text pad: 8-bit weights, a page that computes what Keras computes, and bad input in words."""

import json
from functools import partial

import numpy as np
import pytest
from page_script import run_behind

from lmlab.models import gpt
from lmlab.models.device import start_keras
from lmlab.pads.digit_pad import dequantise, quantise
from lmlab.pads.text_pad import TextPad

keras = start_keras()
in_the_page = partial(run_behind, "text_pad.js")
VOCAB = "\n abcdefg"


def network(**sizes):
    """A small GPT with large random weights, so that its answers differ."""
    sizes = {"seq_len": 12, "d_model": 8, "num_layers": 2, "num_heads": 2} | sizes
    model = gpt.GPT(gpt.GPTConfig(len(VOCAB), **sizes))
    random = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(random.normal(0, 0.5, variable.shape))
    return model


def test_the_pad_and_keras_hold_the_same_rounded_weights():
    model = network()
    before = model.blocks[1].expand.kernel.numpy(), model.tokens.embeddings.numpy()
    pad = TextPad(model, VOCAB, prompt="bad egg")
    after = model.blocks[1].expand.kernel.numpy(), model.tokens.embeddings.numpy()
    np.testing.assert_array_equal(after[0], dequantise(*quantise(before[0])))
    np.testing.assert_array_equal(after[1], dequantise(*quantise(before[1].T)).T)
    assert len(pad.weights) == 9 * 8 + 12 * 8 + 2 * 12 * 8 * 8
    assert repr(pad) == "TextPad(1,704 weights of 8 bits)"
    logits = np.array(model(np.array([[VOCAB.index(c) for c in "bad egg"]])))[0]
    np.testing.assert_allclose(pad.expected, logits, atol=1e-4)
    assert np.std(pad.expected) > 0.1
    json.dumps([pad.config, pad.expected, pad.probe])


@pytest.mark.parametrize(
    ("vocab", "prompt", "message"),
    [
        ("abc", "a", "`vocab` must have 9 different characters, got 3"),
        (VOCAB, "", "`prompt` must have 1 to 12 characters, got 0"),
        (VOCAB, "a" * 13, "`prompt` must have 1 to 12 characters, got 13"),
        (VOCAB, "xyz", "`prompt` must hold characters of `vocab`, got ['x', 'y', 'z']"),
    ],
)
def test_bad_arguments(vocab, prompt, message):
    with pytest.raises(ValueError) as error:
        TextPad(network(), vocab, prompt)
    assert str(error.value) == message


def test_a_model_that_is_too_large_is_refused():
    with pytest.raises(ValueError, match="`model` may have 1,400,000 weights, got 3,156,480"):
        TextPad(network(d_model=512, num_layers=1), VOCAB, "a")


PARTS = """
const numbers = new Float32Array(Uint8Array.from(floats).buffer);
const parts = unpack(config, Int8Array.from(integers), numbers);
"""


def content(pad):
    return {"config": pad.config, "integers": list(pad.weights), "floats": list(pad.floats)}


@pytest.mark.parametrize("sizes", [{}, {"num_layers": 3, "num_heads": 4}, {"num_heads": 1}])
def test_the_page_computes_what_keras_computes(node, sizes):
    model = network(**sizes)
    pad = TextPad(model, VOCAB, "a")
    tokens = np.random.default_rng(2).integers(0, 9, 12)
    code = PARTS + "const read = reader(config, parts);\n"
    code += "console.log(JSON.stringify(tokens.map((token) => [...read(token)])));"
    here = in_the_page(node, code, tokens=tokens.tolist(), **content(pad))
    np.testing.assert_allclose(here, np.array(model(tokens[None]))[0], atol=1e-3)


def test_greedy_text_is_that_of_the_package_also_beyond_the_context(node):
    model = network()
    pad = TextPad(model, VOCAB, "a")
    code = PARTS + "const o = { temperature: 0, top_k: 9, top_p: 1, count: 30 };\n"
    code += 'console.log(JSON.stringify([...write(config, parts, "ab", o, Math.random)].join("")));'
    tokens = gpt.generate(model, [VOCAB.index(c) for c in "ab"], 30, temperature=0)
    assert in_the_page(node, code, **content(pad)) == "".join(VOCAB[i] for i in tokens[2:])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"temperature": 1, "top_k": 4, "top_p": 1}, [0, 0, 1, 1, 2, 3]),
        ({"temperature": 1, "top_k": 2, "top_p": 1}, [0, 0, 0, 1, 1, 1]),
        ({"temperature": 1, "top_k": 4, "top_p": 0.45}, [0, 0, 0, 1, 1, 1]),
        ({"temperature": 1e9, "top_k": 4, "top_p": 1}, [0, 0, 1, 1, 2, 3]),
        ({"temperature": 0, "top_k": 4, "top_p": 1}, [0] * 6),
    ],
)
def test_choose_by_hand(node, options, expected):
    logits = np.log([0.4, 0.3, 0.2, 0.1]).tolist()
    noise = [0.0, 0.2, 0.45, 0.6, 0.8, 0.95] if options["temperature"] == 1 else None
    noise = noise or [0.0, 0.2, 0.3, 0.45, 0.6, 0.95]
    code = "console.log(JSON.stringify(noise.map((u) => choose(logits, u, options))));"
    assert in_the_page(node, code, logits=logits, noise=noise, options=options) == expected


GOOD = {"temperature": 1, "top_k": 9, "top_p": 1, "count": 10}


@pytest.mark.parametrize(
    ("prompt", "changes", "said"),
    [
        ("bad", {}, ""),
        ("", {}, "The prompt is empty"),
        ("büß", {}, "does not know “ü”, “ß”: it has learned 9 characters"),
        ("a" * 13, {}, "has 13 characters; the model reads at most 12"),
        ("a", {"temperature": 0}, ""),
        ("a", {"temperature": -1}, "temperature must be a number from 0"),
        ("a", {"temperature": None}, "temperature must be a number from 0"),
        ("a", {"top_k": 10}, "Top-k must be a whole number from 1 to 9"),
        ("a", {"top_k": 2.5}, "Top-k must be a whole number"),
        ("a", {"top_p": 0}, "Top-p must be above 0 and at most 1"),
        ("a", {"top_p": 1.1}, "Top-p must be above 0"),
        ("a", {"count": 0}, "The length must be"),
    ],
)
def test_bad_input_is_said_in_words(node, prompt, changes, said):
    options = {name: value for name, value in (GOOD | changes).items() if value is not None}
    config = {"vocab": VOCAB, "seq_len": 12}
    code = "console.log(JSON.stringify(fault(prompt, options, config)));"
    here = in_the_page(node, code, prompt=prompt, options=options, config=config)
    assert said in here and bool(said) == bool(here)
