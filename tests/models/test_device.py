"""Keras starts only when it is needed, without a word, and says where it runs."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from lmlab.models import device

IMPORTS = """
import importlib, pkgutil, sys
import lmlab
found = [module.name for module in pkgutil.walk_packages(lmlab.__path__, "lmlab.")]
light = [name for name in found if not name.startswith("lmlab.models.") and "__main__" not in name]
for module in ["lmlab", *sorted(light)]:
    importlib.import_module(module)
    print(module, *sorted({"tensorflow", "keras", "jax", "torch"} & set(sys.modules)))
"""
START = """
from lmlab.models import device
keras = device.start_keras(seed=3)
first = keras.random.uniform((4,))
device.start_keras()
other = keras.random.uniform((4,))
device.start_keras(seed=3)
again = keras.random.uniform((4,))
print(bool(keras.ops.all(first == again)), bool(keras.ops.all(first == other)))
print(device.describe_device())
print(device.use_fast_math())
"""
ONE_THREAD = """
import gc
from lmlab.models import device
device.start_keras(threads=1)
device.start_keras(threads=1)
import tensorflow as tf
threads = tf.config.threading.get_intra_op_parallelism_threads()
print(threads, gc.isenabled(), gc.get_freeze_count() > 0)
for wrong in (2, 0):
    try:
        device.start_keras(threads=wrong)
    except (RuntimeError, ValueError) as error:
        print(error)
"""


def python(code):
    """What a fresh Python without a GPU writes to stdout and stderr."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL")
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | {"CUDA_VISIBLE_DEVICES": "-1", "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_no_room_but_that_of_the_models_imports_a_backend():
    lines = python(IMPORTS)[0].splitlines()
    assert {
        "lmlab",
        "lmlab.live",
        "lmlab.data.images",
        "lmlab.models",
        "lmlab.pads.digit_pad",
    } <= set(lines)
    assert [line for line in lines if " " in line] == []


def test_one_thread_for_an_operation_must_come_first():
    first, *refused = python(ONE_THREAD)[0].splitlines()
    assert first == "1 True True"
    assert refused == [
        "`threads` must be set when Keras starts; it runs with 1, got 2: restart the kernel",
        "`threads` must be at least 1, got 0",
    ]


def test_keras_starts_without_a_word():
    out, err = python(START)
    assert err == ""
    assert out.splitlines() == ["True False", "Keras on tensorflow, CPU", "float32"]


def test_what_a_backend_says_when_the_seed_is_set_is_hidden_too(monkeypatch, capfd):
    """On JAX and PyTorch, Keras imports TensorFlow for the seed: absl's red lines."""
    keras = SimpleNamespace(
        ops=SimpleNamespace(zeros=lambda n: None),
        utils=SimpleNamespace(set_random_seed=lambda seed: os.write(2, b"red line")),
    )
    monkeypatch.setattr(device, "_import_keras", lambda: keras)
    assert device.start_keras(seed=1) is keras
    assert capfd.readouterr().err == ""


def fake_keras(gpus):
    """As much of Keras as `device` asks for, with some GPUs."""
    policy = []
    devices = SimpleNamespace(list_devices=lambda kind: [f"{kind}:{i}" for i in range(gpus)])
    config = SimpleNamespace(
        set_dtype_policy=policy.append, dtype_policy=lambda: SimpleNamespace(name=policy[-1])
    )
    backend = SimpleNamespace(backend=lambda: "jax")
    return SimpleNamespace(backend=backend, distribution=devices, config=config)


@pytest.mark.parametrize(
    ("gpus", "text", "policy"),
    [
        (0, "Keras on jax, CPU", "float32"),
        (1, "Keras on jax, 1 GPU", "mixed_bfloat16"),
        (2, "Keras on jax, 2 GPU", "mixed_bfloat16"),
    ],
)
def test_the_device_is_named_and_mixed_precision_is_for_gpus(monkeypatch, gpus, text, policy):
    keras = fake_keras(gpus)
    monkeypatch.setattr(device, "start_keras", lambda: keras)
    monkeypatch.setattr(device, "_has_gpu", lambda: gpus > 0)
    assert device.describe_device() == text
    assert device.use_fast_math() == policy


def test_quiet_stderr_hides_what_goes_to_descriptor_2_and_only_for_a_while(capfd):
    with device.quiet_stderr():
        os.write(2, b"hidden")
    os.write(2, b"seen ")
    with pytest.raises(KeyError), device.quiet_stderr():
        os.write(2, b"hidden")
        raise KeyError
    os.write(2, b"again")
    assert capfd.readouterr().err == "seen again"


def next_descriptors():
    """The three lowest free file descriptors."""
    found = [os.dup(0) for _ in range(3)]
    for descriptor in found:
        os.close(descriptor)
    return found


def test_quiet_stderr_leaves_no_descriptor_open():
    before = next_descriptors()
    with device.quiet_stderr():
        pass
    assert next_descriptors() == before
