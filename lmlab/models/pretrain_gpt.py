"""`make pretrain-gpt`: train the larger GPT of chapter 5.3 on the chapter's 40 works, and keep it.

A run that is stopped goes on from its last part by the same command, and so does one for which
`steps` is raised. What it leaves in `weights/`: the matrices as 8-bit integers with a scale for
each output, token or place, the vectors as 32-bit floats, their SHA-256, and the log.
"""

import hashlib
import json
import re
import time
from collections import Counter
from pathlib import Path

import numpy as np

from lmlab.data import cache_folder, load_shakespeare
from lmlab.models.counting import BackOff, losses_at, seen
from lmlab.models.device import keras, start_keras
from lmlab.models.gpt import GPT, GPTConfig
from lmlab.models.training import train_steps
from lmlab.pads.digit_pad import dequantise, quantise

__all__ = ["SETTINGS", "WEIGHTS", "behind_table", "load_larger", "losses_of", "pretrain"]

WEIGHTS = Path(__file__).parent / "weights"
NAME = "shakespeare"
HELD_OUT = "Twelfth Night", "Macbeth"
SETTINGS = {
    "vocab_size": 64, "seq_len": 128, "d_model": 160, "num_layers": 4, "num_heads": 5,
    "dropout": 0.0, "batch_size": 16, "steps": 6000, "warmup": 200, "fall": 1800, "part": 100,
    "round": 25, "learning_rate": 0.02, "weight_decay": 0.1, "seed": 0,
}  # fmt: skip
ROOMY = ("steps", "fall")  # may be raised for a run that has begun


def split_shakespeare() -> tuple[str, np.ndarray, np.ndarray, np.ndarray]:
    """The 64 characters, and the tokens of 40 works, *Twelfth Night* and *Macbeth*, as in 5.3."""
    works = load_shakespeare()
    texts = dict(zip(works.titles, map(_tidy, works.texts), strict=True))
    to_learn = "\n".join(text for name, text in texts.items() if name not in HELD_OUT)
    vocab = "".join(sorted(c for c, n in Counter(to_learn).items() if n > 500))
    token = {letter: i for i, letter in enumerate(vocab)}
    parts = [to_learn, *(texts[name] for name in HELD_OUT)]
    return vocab, *(np.array([token[c] for c in part if c in token], "int32") for part in parts)


def _tidy(text: str) -> str:
    text = re.sub(r" *\n *", "\n", re.sub(r" +", " ", text))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def new_model(settings: dict) -> GPT:
    """A fresh model of the sizes in `settings`."""
    names = "vocab_size", "seq_len", "d_model", "num_layers", "num_heads", "dropout"
    return GPT(GPTConfig(**{name: settings[name] for name in names}))


def rate_at(step: float, settings: dict) -> float:
    """Learning rate: a rise, a level, and a fall along half a cosine in the last `fall` steps."""
    s, start = settings, settings["steps"] - settings["fall"]
    falling = 0.01 + 0.99 * (1 + np.cos(np.pi * (step - start) / s["fall"])) / 2
    share = (step + 1) / s["warmup"] if step < s["warmup"] else 1 if step < start else falling
    return s["learning_rate"] * share


def losses_of(model, tokens, every: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Loss (nats) of characters that have T/2 to T others before them, T the model's context.

    Args:
        model: a `GPT`.
        tokens: a text (L,), L above T.
        every: 2 judges each second run of T/2 characters only, and so on.

    Returns:
        Places of the judged characters (n,), rising, and their losses (n,).
    """
    length = model.config.seq_len
    half = length - length // 2
    starts = np.arange(0, len(tokens) - length, half)[::every]
    places, losses = starts[:, None] + np.arange(length + 1 - half, length + 1), []
    for some in np.array_split(starts, -(-len(starts) // 64)):
        windows = tokens[some[:, None] + np.arange(length + 1)]
        logits = model.predict_on_batch(windows[:, :-1])[:, -half:]
        losses.append(
            keras.ops.convert_to_numpy(
                keras.losses.sparse_categorical_crossentropy(
                    windows[:, -half:], logits, from_logits=True
                )
            )
        )
    return places.ravel(), np.concatenate(losses).ravel()


def behind_table(judged, table, tokens, strength: float, memory: int | None = None) -> dict:
    """What a GPT loses to a table on the same characters (nats, mean): its loss minus the table's.

    Args:
        judged: places in `tokens` and the GPT's losses there, of `losses_of`.
        table: a `BackOff`.
        tokens: the text (L,).
        strength: of the table.
        memory: of the table; None for its longest.

    Returns:
        `all`; its standard `error` over 60 blocks of the text; the part that is `new`, where the
        longest memory of the table never saw what stands before the character, and the part that
        is `known`.
    """
    places, losses = judged
    memory = table.order if memory is None else memory
    gap = losses - losses_at(table, tokens, strength, memory)[places - table.order]
    new = seen(table, tokens)[places - table.order] == 0
    blocks = [part.mean() for part in np.array_split(gap, 60)]
    found = {"all": gap.mean(), "error": np.std(blocks, ddof=1) / len(blocks) ** 0.5}
    return found | {"new": gap[new].mean(), "known": gap[~new].mean()}


def best_table(train, val, test, strengths=(4, 8, 16, 32, 64)) -> dict:
    """The rival: a back-off table of the same text, memory (to 9) and strength chosen on `val`."""
    table = BackOff(train, 9, SETTINGS["vocab_size"])
    losses = {strength: table.nll(val, strength) for strength in strengths}
    strength = min(losses, key=lambda s: losses[s].min())
    memory = int(losses[strength].argmin())
    of_test = table.nll(test, strength)[memory]
    found = {"val": losses[strength][memory], "test": of_test}
    return {"memory": memory, "strength": strength} | {
        k: round(float(v), 4) for k, v in found.items()
    }


def _compiled(settings: dict):
    """Model, optimiser, and all that a run must keep to go on."""
    keras.utils.set_random_seed(settings["seed"])
    model = new_model(settings)
    optimizer = keras.optimizers.Muon(
        settings["learning_rate"], weight_decay=settings["weight_decay"], global_clipnorm=1.0,
        adam_lr_ratio=0.5, adam_beta_2=0.98, adam_weight_decay=0.0,
    )  # fmt: skip
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    optimizer.build(model.trainable_variables)
    return model, optimizer, [*model.variables, *optimizer.variables]


def _read(state: Path, variables, settings: dict) -> list[dict]:
    """The parts of a run that was stopped, its numbers put into `variables`; none: an empty list.

    A part of the fall of a shorter run is not gone on from.
    """
    if not state.is_file():
        return []
    with np.load(state) as kept:
        before, parts = (json.loads(str(kept[name])) for name in ("settings", "parts"))
        fixed = settings.keys() - set(ROOMY)
        level = settings["steps"] - settings["fall"] >= parts[-1]["step"]
        same = before == settings or (kept["level"] and level)
        if any(before.get(name) != settings[name] for name in fixed) or not same:
            return []
        for i, variable in enumerate(variables):
            variable.assign(kept[f"v{i}"])
    return parts


def _keep(state: Path, variables, **facts) -> None:
    fresh = state.with_suffix(".new.npz")  # a run stopped while it writes leaves the last part
    arrays = {f"v{i}": np.asarray(variable) for i, variable in enumerate(variables)}
    np.savez(fresh, **facts, **arrays)
    fresh.replace(state)


def pretrain(settings: dict = SETTINGS, folder: Path | None = None) -> dict:
    """Train from the last kept part on; write weights and log to `folder`; return the log.

    The state is kept twice: after each part, and after the last one at the full rate, from which
    a run of more `steps` goes on.
    """
    s, folder = settings, folder or WEIGHTS
    _, train, val, test = split_shakespeare()
    model, optimizer, variables = _compiled(s)
    states = [cache_folder() / f"pretrain-gpt-{name}.npz" for name in ("now", "level")]
    parts = _read(states[0], variables, s) or _read(states[1], variables, s)
    span, shape = np.arange(s["seq_len"] + 1), (s["round"], s["batch_size"], 1)
    for part in range(len(parts), s["steps"] // s["part"]):
        rng, clock, losses = np.random.default_rng([s["seed"], part]), time.process_time(), []
        for first in range(part * s["part"], (part + 1) * s["part"], s["round"]):
            optimizer.learning_rate = rate_at(first + s["round"] / 2, s)
            windows = train[rng.integers(0, len(train) - s["seq_len"], shape) + span]
            losses.append(train_steps(model, windows[..., :-1], windows[..., 1:]))
        row = {"step": (part + 1) * s["part"], "loss": round(float(np.mean(losses)), 4)}
        row["val"] = round(float(losses_of(model, val, every=17)[1].mean()), 4)
        row["cpu_seconds"] = round(time.process_time() - clock, 1)
        parts.append(row)
        print(row, flush=True)
        level = row["step"] <= s["steps"] - s["fall"]
        facts = {"settings": json.dumps(s), "parts": json.dumps(parts), "level": level}
        for state in states[: 1 + level]:
            _keep(state, variables, **facts)
    log = {"settings": s, "text": _hash(train), "characters": len(train), "parts": parts}
    read = s["steps"] * s["batch_size"] * s["seq_len"]
    log["times_read"] = round(read / len(train), 2)
    log["minutes"] = round(sum(row["cpu_seconds"] for row in parts) / 60)
    log["val"] = round(float(losses_of(model, val)[1].mean()), 4)
    log["sha256"] = write_weights(model, folder / f"{NAME}.npz")
    rounded = read_weights(new_model(s), folder / f"{NAME}.npz")
    log["table"] = best_table(train, val, test)
    for name, text in (("val_rounded", val), ("test_rounded", test)):
        log[name] = round(float(losses_of(rounded, text)[1].mean()), 4)
    (folder / f"{NAME}.json").write_text(json.dumps(log, indent=1) + "\n", "utf-8")
    print({name: fact for name, fact in log.items() if name not in ("settings", "parts")})
    return log


def _hash(tokens: np.ndarray) -> str:
    return hashlib.sha256(tokens.astype("<i4").tobytes()).hexdigest()


def _by_row(variable) -> bool:
    """An embedding has a scale for each row, a kernel one for each column."""
    return "embedding" in variable.path


def write_weights(model, path: Path) -> str:
    """Write the weights, matrices rounded to 8 bits; returns the SHA-256 of the file."""
    arrays = {}
    for i, variable in enumerate(model.trainable_variables):
        array = np.asarray(variable)
        if array.ndim == 2:
            array, arrays[f"scale{i}"] = quantise(array.T if _by_row(variable) else array)
        arrays[f"w{i}"] = array
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, **arrays)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_weights(model, path: Path):
    """Give a model the weights of the file; returns the model."""
    with np.load(path) as arrays:
        for i, variable in enumerate(model.trainable_variables):
            array = arrays[f"w{i}"]
            if f"scale{i}" in arrays:
                array = dequantise(array, arrays[f"scale{i}"])
                array = array.T if _by_row(variable) else array
            variable.assign(array)
    return model


def load_larger() -> tuple[GPT, dict]:
    """The larger GPT of chapter 5.3, its matrices rounded to 8 bits, and the log of its training.

    Raises:
        ValueError: the file of weights is missing or is not the one of the log.
    """
    log, path = json.loads((WEIGHTS / f"{NAME}.json").read_text("utf-8")), WEIGHTS / f"{NAME}.npz"
    received = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
    if received != log["sha256"]:
        raise ValueError(
            f"`{path.name}` must have sha256 {log['sha256']}, got {received}: fetch it again with "
            "the repository, or train it anew with `make pretrain-gpt`"
        )
    return read_weights(new_model(log["settings"]), path), log


if __name__ == "__main__":
    start_keras(threads=1)  # the parts of a batch go to the cores, one each
    pretrain()
