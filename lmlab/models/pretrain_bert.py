"""`make pretrain-bert`: pre-train the model of chapter 4.4 and its left-only twin, and keep them.

Both read the same windows of the Brown corpus with the same blanks; the one thing that differs is
that a place of the twin sees no place to its right. A run that is stopped goes on from its last
part. What it leaves in `weights/`: the weights as 16-bit floats, their SHA-256, and the log.
"""

import argparse
import hashlib
import json
import time
from pathlib import Path

import numpy as np

from lmlab.data import cache_folder, load_brown
from lmlab.models.bert import MASK, UNK, MaskedLM, Vocabulary, corrupt, windows_of
from lmlab.models.device import keras, start_keras
from lmlab.models.gpt import GPTConfig

__all__ = ["SETTINGS", "WEIGHTS", "load_pretrained", "masked_loss", "pretrain", "split_brown"]

WEIGHTS = Path(__file__).parent / "weights"
SETTINGS = {
    "vocab_size": 6000, "seq_len": 32, "d_model": 64, "num_layers": 3, "num_heads": 4,
    "blanks": 5, "batch_size": 64, "steps": 4000, "part": 100, "learning_rate": 3e-3,
    "weight_decay": 0.01, "warmup": 200, "seed": 0,
}  # fmt: skip


def split_brown(corpus=None):
    """Tokens and documents of the pre-training text, and of the text for tasks.

    Each fifth document is for tasks: 100 of 500, in all genres. The vocabulary is counted on the
    other 400 alone.

    Returns:
        The vocabulary; a window of the pre-training text at each of its places (n, T); the places
        at which a window lies in one document; the windows of the task text, without overlap.
    """
    corpus = corpus or load_brown()
    task = corpus.document % 5 == 4
    words = np.array(corpus.words, dtype=object)
    vocabulary = Vocabulary.count(words[corpus.word[~task]], SETTINGS["vocab_size"])
    tokens = vocabulary.encode(corpus.words)[corpus.word]
    length = SETTINGS["seq_len"]
    document, text = corpus.document[~task], tokens[~task]
    everywhere = np.lib.stride_tricks.sliding_window_view(text, length)  # a view, no copy
    inside = document[: len(everywhere)] == document[length - 1 :]
    task_windows = windows_of(tokens[task], corpus.document[task], length)
    return vocabulary, everywhere, np.flatnonzero(inside), task_windows


def noun_or_verb(corpus, vocabulary):
    """Windows of twelve tokens round a word that is a noun or a verb, in the text for tasks.

    The words are those that the pre-training text has at least 20 times as a noun in the singular
    (nn) or the base form of a verb (vb), at least one time in ten as the rarer of the two.

    Returns:
        Windows (n, 12), the word in question at place 6; labels (n,) float32, 1 for a verb; the
        documents (n,); the number of different words.
    """
    kind = np.array([tag.split("-")[0] for tag in corpus.tags])[corpus.tag]
    tokens, task = vocabulary.encode(corpus.words)[corpus.word], corpus.document % 5 == 4
    counts = [
        np.bincount(tokens[~task & (kind == tag)], minlength=len(vocabulary))
        for tag in ("nn", "vb")
    ]
    rare, often = np.minimum(*counts), np.maximum(*counts)
    double = (rare + often >= 20) & (9 * rare >= often)
    double[UNK] = False
    found = np.flatnonzero(double[tokens] & np.isin(kind, ["nn", "vb"]) & task)
    found = found[(found >= 6) & (found < len(tokens) - 6)]
    document = corpus.document
    found = found[document[found - 6] == document[found + 5]]
    windows = tokens[found[:, None] + np.arange(-6, 6)]
    verb = (kind[found] == "vb").astype("float32")
    return windows, verb, document[found], int(double.sum())


def new_model(two_sided: bool = True) -> MaskedLM:
    """A fresh model of the pinned sizes."""
    sizes = {name: SETTINGS[name] for name in ("vocab_size", "seq_len", "d_model")}
    sizes |= {name: SETTINGS[name] for name in ("num_layers", "num_heads")}
    length = SETTINGS["seq_len"]
    pattern = np.ones((length, length), bool)
    return MaskedLM(GPTConfig(**sizes), pattern if two_sided else np.tril(pattern))


def masked_loss(model, windows, seed: int = 0, batch_size: int = 500) -> float:
    """Mean loss (nats) at the blanks of `windows`, all of them replaced by [MASK]."""
    return float(np.mean(blank_losses(model, windows, seed, batch_size)))


def blank_losses(model, windows, seed: int = 0, batch_size: int = 500) -> np.ndarray:
    """Loss (n, K) at each blank; which places are blank depends on the seed alone."""
    _, places, truth = corrupt(windows, SETTINGS["blanks"], 6000, np.random.default_rng(seed))
    spoiled = windows.copy()
    np.put_along_axis(spoiled, places, MASK, axis=1)
    losses = []
    for i in range(0, len(windows), batch_size):
        rows = slice(i, i + batch_size)
        logits = model.at(spoiled[rows], places[rows])
        loss = keras.losses.sparse_categorical_crossentropy(truth[rows], logits, from_logits=True)
        losses.append(keras.ops.convert_to_numpy(loss))
    return np.concatenate(losses)


def compiled_step(model, optimizer):
    """A function of (tokens, places, truth) that makes one step and returns the loss."""
    import tensorflow as tf

    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=True, autograph=False)
    def step(tokens, places, truth):
        with tf.GradientTape() as tape:
            logits = model.at(tokens, places, training=True)
            loss = tf.reduce_mean(
                keras.losses.sparse_categorical_crossentropy(truth, logits, from_logits=True)
            )
        gradients = tape.gradient(loss, model.trainable_variables)
        gradients = [tf.convert_to_tensor(g) for g in gradients]
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return step


def pretrain(name: str, two_sided: bool, steps: int = SETTINGS["steps"]) -> dict:
    """Train one model from its last kept part on; write weights and log; return the log."""
    s = SETTINGS
    _, train, starts, held_out = split_brown()
    keras.utils.set_random_seed(s["seed"])
    model = new_model(two_sided)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - s["warmup"], 0.02,
        warmup_target=s["learning_rate"], warmup_steps=s["warmup"],
    )  # fmt: skip
    optimizer = keras.optimizers.AdamW(schedule, s["weight_decay"], beta_2=0.98, clipnorm=1.0)
    step = compiled_step(model, optimizer)
    kept = cache_folder() / f"pretrain-{name}.npz"
    variables = [*model.trainable_variables, *optimizer.variables]
    log = {"settings": s, "two_sided": two_sided, "parts": []}
    if kept.is_file():
        with np.load(kept) as state:
            before = json.loads(str(state["log"]))
            if before["settings"] == s:  # else they are the parts of another run
                log = before
                for i, variable in enumerate(variables):
                    variable.assign(state[f"v{i}"])
    check = held_out[:: len(held_out) // 500][:500]
    for part in range(len(log["parts"]), steps // s["part"]):
        rng, clock, losses = np.random.default_rng([s["seed"], part]), time.process_time(), []
        for _ in range(s["part"]):
            batch = train[rng.choice(starts, s["batch_size"], replace=False)]
            losses.append(step(*corrupt(batch, s["blanks"], s["vocab_size"], rng)))
        row = {"step": (part + 1) * s["part"], "loss": round(float(np.mean(losses)), 4)}
        if part % 5 == 4:
            row["held_out"] = round(masked_loss(model, check), 4)
        row["cpu_seconds"] = round(time.process_time() - clock, 1)
        log["parts"].append(row)
        print(name, row, flush=True)
        state = {f"v{i}": np.asarray(variable) for i, variable in enumerate(variables)}
        fresh = kept.with_suffix(".new.npz")  # a run stopped while it writes leaves the last part
        np.savez(fresh, log=json.dumps(log), **state)
        fresh.replace(kept)
    arrays = [np.asarray(w).astype("float16") for w in model.get_weights()]
    WEIGHTS.mkdir(exist_ok=True)
    np.savez_compressed(WEIGHTS / f"{name}.npz", *arrays)
    log["sha256"] = hashlib.sha256((WEIGHTS / f"{name}.npz").read_bytes()).hexdigest()
    print(name, "sha256", log["sha256"], flush=True)
    kept.unlink(missing_ok=True)  # the next run begins anew
    (WEIGHTS / f"{name}.json").write_text(json.dumps(log, indent=1) + "\n", "utf-8")
    return log


def load_pretrained(name: str = "two_sided") -> MaskedLM:
    """The pre-trained model, or its twin `left_only`.

    Raises:
        ValueError: the file of weights is not the one of the log.
    """
    log = json.loads((WEIGHTS / f"{name}.json").read_text("utf-8"))
    data = (WEIGHTS / f"{name}.npz").read_bytes()
    received = hashlib.sha256(data).hexdigest()
    if received != log["sha256"]:
        raise ValueError(f"`{name}.npz` must have sha256 {log['sha256']}, got {received}")
    model = new_model(log["two_sided"])
    with np.load(WEIGHTS / f"{name}.npz") as arrays:
        model.set_weights([arrays[key].astype("float32") for key in arrays.files])
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("two_sided", "left_only"))
    wanted = parser.parse_args().only
    start_keras(threads=1)
    for name in ("two_sided", "left_only"):
        if wanted in (None, name):
            pretrain(name, name == "two_sided")
