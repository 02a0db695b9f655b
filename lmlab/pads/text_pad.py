"""A pad to write with a small GPT; the model runs in the page itself."""

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from lmlab.pads.digit_pad import dequantise, quantise

__all__ = ["TextPad"]

MAX_WEIGHT_BYTES = 1_400_000  # 1.9 MB in the page


class TextPad(anywidget.AnyWidget):
    """Give a prompt, and a GPT goes on. Needs no kernel once it is shown.

    Args:
        model: a GPT with the parts of `lmlab.models.gpt.GPT`, or of chapter 5K: `tokens`,
            `positions`, `blocks` and `norm`; tied weights, no more than 1,400,000 of them
            in matrices. Its matrices are rounded to int8 in place, one scale for each output, token
            or place, so that the page and Keras compute with the same numbers.
        vocab: the characters, in the order of the tokens.
        prompt: what stands in the box at first; its characters are also the line on which the
            page compares itself with Keras.

    Raises:
        ValueError: the model is too large, `vocab` does not fit it, or `prompt` is empty, longer
            than the context, or holds an unknown character.
    """

    _esm = Path(__file__).with_name("text_pad.js")
    _css = Path(__file__).with_name("text_pad.css")
    config = traitlets.Dict().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    floats = traitlets.Bytes().tag(sync=True)
    prompt = traitlets.Unicode().tag(sync=True)
    probe = traitlets.List().tag(sync=True)
    expected = traitlets.List().tag(sync=True)

    def __init__(self, model, vocab: str, prompt: str):
        tokens, places = model.tokens.embeddings, model.positions.embeddings
        if len(vocab) != tokens.shape[0] or len(set(vocab)) != len(vocab):
            raise ValueError(
                f"`vocab` must have {tokens.shape[0]} different characters, got {len(vocab)}"
            )
        if not 1 <= len(prompt) <= places.shape[0]:
            raise ValueError(
                f"`prompt` must have 1 to {places.shape[0]} characters, got {len(prompt)}"
            )
        if strange := sorted(set(prompt) - set(vocab)):
            raise ValueError(f"`prompt` must hold characters of `vocab`, got {strange}")
        dense = [
            layer
            for block in model.blocks
            for layer in (block.qkv, block.project, block.expand, block.contract)
        ]
        kernels = [layer.kernel for layer in dense]
        size = sum(int(np.prod(v.shape)) for v in (tokens, places, *kernels))
        if size > MAX_WEIGHT_BYTES:
            raise ValueError(f"`model` may have {MAX_WEIGHT_BYTES:,} weights, got {size:,}")
        rounded = [_round(variable, by_row=True) for variable in (tokens, places)]
        rounded += [_round(variable, by_row=False) for variable in kernels]
        vectors = []
        for block in model.blocks:
            vectors += [block.norm_1.gamma, block.norm_1.beta, block.qkv.bias, block.project.bias]
            vectors += [block.norm_2.gamma, block.norm_2.beta]
            vectors += [block.expand.bias, block.contract.bias]
        vectors += [model.norm.gamma, model.norm.beta]
        floats = [scale for _, scale in rounded] + [np.asarray(vector) for vector in vectors]
        probe = [vocab.index(letter) for letter in prompt]
        logits = np.asarray(model(np.array([probe], "int32")))[0]
        super().__init__(
            config={
                "vocab": vocab,
                "seq_len": places.shape[0],
                "d_model": tokens.shape[1],
                "num_layers": len(model.blocks),
                "num_heads": model.blocks[0].heads[0],
            },
            weights=b"".join(integers.tobytes() for integers, _ in rounded),
            floats=np.concatenate(floats).astype("<f4").tobytes(),
            prompt=prompt,
            probe=probe,
            expected=logits.astype(float).round(5).tolist(),
        )

    def __repr__(self) -> str:
        return f"TextPad({len(self.weights):,} weights of 8 bits)"


def _round(variable, by_row: bool) -> tuple[np.ndarray, np.ndarray]:
    """Round a matrix in place; its integers by output (outputs, inputs), and their scales."""
    matrix = np.asarray(variable)
    integers, scale = quantise(matrix.T if by_row else matrix)
    back = dequantise(integers, scale)
    variable.assign(back.T if by_row else back)
    return integers.T, scale
