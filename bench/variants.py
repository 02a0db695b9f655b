"""The ways to train and to decode that are compared, each in a process of its own.

`python bench/variants.py NAME SPEC` builds one variant, says `ready`, and then, for each line on
its input, does one round of work and says how long it took. Between rounds it sleeps, so that
variants which take turns do not disturb each other.
"""

import json
import os
import resource
import sys
import time

BEGIN = time.perf_counter()

import numpy as np  # noqa: E402

from lmlab.models.gpt import GPTConfig  # noqa: E402

LEARNING_RATE, DECAY, CLIP = 1e-3, 0.1, 1.0


class Work:
    """What one benchmark asks of all its variants: sizes, weights, text, noise.

    Args:
        spec: `config` (of the GPT), `batch_size`, `steps` of a round, `num_tokens` to decode,
            `weights` (a file that the first Keras variant writes), `dtype`, `gpu`.
    """

    def __init__(self, spec: dict):
        self.__dict__ |= spec
        self.config = GPTConfig(**spec["config"])
        random = np.random.default_rng(0)
        size = self.config.vocab_size
        text = np.minimum(random.geometric(8 / size, 200_000), size) - 1  # few tokens are frequent
        self.text = text.astype("int32")
        self.random = random
        self.noise = np.random.default_rng(1).random((self.num_tokens, 1), "float32")

    def batches(self):
        """Inputs and targets of one round, each (steps, B, T)."""
        last = len(self.text) - self.config.seq_len - 1
        starts = self.random.integers(0, last, (self.steps, self.batch_size, 1))
        windows = self.text[starts + np.arange(self.config.seq_len + 1)]
        return windows[..., :-1], windows[..., 1:]

    def keras_model(self):
        """The Keras GPT with the weights that all variants begin with."""
        from lmlab.models.device import start_keras

        keras = start_keras(0)
        if self.dtype == "bfloat16":
            keras.config.set_dtype_policy("mixed_bfloat16")
        from lmlab.models.gpt import GPT

        model = GPT(self.config)
        if os.path.exists(self.weights):
            with np.load(self.weights) as stored:
                model.set_weights([stored[name] for name in stored.files])
        else:
            np.savez(self.weights, *[np.array(w, "float32") for w in model.get_weights()])
        return model

    def optimizer(self):
        from lmlab.models.device import start_keras

        return start_keras().optimizers.AdamW(
            LEARNING_RATE, weight_decay=DECAY, beta_2=0.95, global_clipnorm=CLIP
        )

    def torch_model(self):
        """The PyTorch GPT with the same weights, and its device."""
        import torch
        from torch_gpt import TorchGPT

        torch.manual_seed(0)
        model = TorchGPT(self.config)
        with np.load(self.weights) as stored:
            model.copy_from([stored[name] for name in stored.files])
        return model.to("cuda" if self.gpu else "cpu")


def weights(work):
    """Only writes the weights that all variants begin with."""
    work.keras_model()
    return dict


def gemm(work):
    """Float32 (or bfloat16) matrix products: the peak that this machine reaches now."""
    import torch

    size = 8192 if work.gpu else 1024
    kind = torch.bfloat16 if work.dtype == "bfloat16" else torch.float32
    a, b = (torch.randn(size, size, device="cuda" if work.gpu else "cpu").to(kind) for _ in "ab")

    def run():
        for _ in range(50):
            c = a @ b
        c[0, 0].item()
        return {"flops": 50 * 2 * size**3}

    return run


def train_torch(work, compiled=False):
    """PyTorch, nanoGPT style."""
    import torch

    model = work.torch_model()
    optimizer = model.optimizer(LEARNING_RATE)
    forward = torch.compile(model) if compiled else model
    device = next(model.parameters()).device
    torch.set_float32_matmul_precision("high")  # as nanoGPT allows on a GPU
    mixed = torch.autocast(device.type, torch.bfloat16, enabled=work.dtype == "bfloat16")

    def run():
        losses = []
        for x, y in zip(*work.batches(), strict=True):
            x, y = (torch.from_numpy(part).long().to(device) for part in (x, y))
            with mixed:
                loss = forward(x, y)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(loss.detach())
        return {"loss": torch.stack(losses).mean().item()}

    return run


def train_torch_compile(work):
    return train_torch(work, compiled=True)


def train_fit(work):
    """`model.compile`, `model.fit`, as a tutorial writes it."""
    model = work.keras_model()
    model.compile(work.optimizer(), cross_entropy())

    def run():
        x, y = (part.reshape(-1, work.config.seq_len) for part in work.batches())
        history = model.fit(x, y, batch_size=work.batch_size, shuffle=False, verbose=0)
        return {"loss": history.history["loss"][-1]}

    return run


def cross_entropy():
    from lmlab.models.device import start_keras

    return start_keras().losses.SparseCategoricalCrossentropy(from_logits=True)


def train_steps(work):
    """`lmlab.models.training.train_steps`: all steps of a round in one compiled graph."""
    from lmlab.models.training import train_steps

    model = work.keras_model()
    model.compile(work.optimizer(), cross_entropy())
    return lambda: {"loss": float(train_steps(model, *work.batches()).mean())}


def decode_predict(work):
    """The tutorial loop: `model.predict` on the whole padded context for each token.

    A quarter of the tokens: each takes as long as the last.
    """
    model = work.keras_model()
    noise = work.noise[: work.num_tokens // 4]

    def run():
        text = [1]
        for uniform in noise:
            padded = np.zeros((1, work.config.seq_len), "int32")
            padded[0, : len(text)] = text
            logits = model.predict(padded, verbose=0)[0, len(text) - 1]
            shares = np.exp(logits - logits.max())
            total = np.cumsum(shares / shares.sum())
            text.append(int((total <= uniform * total[-1]).sum()))
        return {"text": text, "tokens": len(noise)}

    return run


def decode_cached(work):
    """Keys and values kept, one compiled step for each token, the loop in Python."""
    from lmlab.models import gpt
    from lmlab.models.sampling import choose_token

    model = work.keras_model()
    ops = gpt.start_keras().ops

    def step(token, caches, position, noise):
        logits, caches = model.step(token[:, None], caches, position)
        return choose_token(logits, noise, 1.0), caches

    step = gpt._compiled(step)

    def run():
        caches = model.new_caches(1)
        token, text = ops.convert_to_tensor(np.int32([1])), [1]
        for i, noise in enumerate(work.noise):
            place, chance = ops.convert_to_tensor(np.int32(i)), ops.convert_to_tensor(noise)
            token, caches = step(token, caches, place, chance)
            text.append(int(token[0]))
        return {"text": text}

    return run


def decode_compiled(work):
    """`lmlab.models.gpt.generate`: keys and values kept, the loop inside XLA."""
    from lmlab.models.gpt import generate

    model = work.keras_model()
    return lambda: {"text": generate(model, [1], work.num_tokens, seed=1).tolist()}


def decode_torch(work):
    """nanoGPT's `generate`: PyTorch eager, the context so far again for each token."""
    import torch

    model = work.torch_model().eval()
    device = next(model.parameters()).device
    start, noise = torch.tensor([[1]], device=device), torch.from_numpy(work.noise).to(device)

    def run():
        with torch.autocast(device.type, torch.bfloat16, enabled=work.dtype == "bfloat16"):
            return {"text": model.generate(start, noise)[0].tolist()}

    return run


def decode_kerashub(work):
    """KerasHub's `GPT2CausalLM.generate` with XLA, greedy, on a model of the same sizes."""
    import keras_hub

    c = work.config
    backbone = keras_hub.models.GPT2Backbone(
        c.vocab_size, c.num_layers, c.num_heads, c.d_model, 4 * c.d_model, 0.0, c.seq_len
    )
    model = keras_hub.models.GPT2CausalLM(backbone, preprocessor=None)
    model.compile(sampler="greedy", jit_compile=True)
    prompt = np.ones((1, c.seq_len), "int32")
    mask = np.arange(c.seq_len)[None] < 1
    inputs = {"token_ids": prompt, "padding_mask": mask}

    def run():
        model.generate(inputs, stop_token_ids=None)  # all places after the first
        return {"tokens": c.seq_len - 1}

    return run


def main(name: str, spec: dict) -> None:
    # what libraries print must not mix with what this process answers
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(**what):
        print(json.dumps(what), file=answers, flush=True)

    try:
        run = globals()[name](Work(spec))
        run()
    except ImportError as error:
        return say(missing=str(error))
    say(start=time.perf_counter() - BEGIN, start_cpu=time.process_time())
    for line in sys.stdin:
        if line.strip() == "stop":
            break
        wall, cpu = time.perf_counter(), time.process_time()
        result = run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        say(wall=wall, cpu=cpu, **result)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    say(peak_mb=peak / (1024 if sys.platform == "linux" else 1024**2))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
