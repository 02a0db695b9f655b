"""`fit`: Keras training for small models, a whole epoch inside one compiled graph."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lmlab.models.device import keras

__all__ = ["evaluate", "fit", "fit_epochs", "predict", "restart", "side_by_side", "train_steps"]

PART = 4  # examples that `train_steps` computes together on a CPU
_seed_lock = threading.Lock()  # one random seed for all threads


def fit(
    model, x, y, *, epochs: int = 5, batch_size: int = 128, seed: int = 0, validation=None
) -> dict:
    """Train a compiled classifier; like `model.fit`, three times faster for a small model.

    `model.fit` spends most of a small model's time between two steps. Here TensorFlow runs all
    steps of an epoch in one graph; the arithmetic is that of `model.fit`.

    Args:
        model: compiled `keras.Model` with outputs `(n, classes)`.
        x: inputs `(n, …)`, float32.
        y: labels `(n,)`, integers.
        epochs: passes over the data.
        batch_size: examples in one step; a last short batch is left out, another one each epoch.
        seed: of the order of the examples.
        validation: `(x, y)` to evaluate after each epoch, or None.

    Returns:
        Lists with one number per epoch: `loss` (mean over the steps) and, with validation,
        `val_loss` (nats) and `val_accuracy` (share).
    """
    steps = fit_epochs(
        model, x, y, epochs=epochs, batch_size=batch_size, seed=seed, validation=validation
    )
    rows = list(steps)
    return {name: [row[name] for row in rows] for name in rows[0]}


def fit_epochs(
    model, x, y, *, epochs: int = 5, batch_size: int = 128, seed: int = 0, validation=None
) -> Iterator[dict]:
    """`fit`, one epoch at a time: yields the numbers of each epoch.

    Raises:
        ValueError: `batch_size` is larger than the number of examples, x and y differ in length,
            or there is no epoch.
    """
    if len(x) != len(y):
        raise ValueError(f"`x` and `y` must have the same length, got {len(x)} and {len(y)}")
    if not 1 <= batch_size <= len(x):
        raise ValueError(f"`batch_size` must be from 1 to {len(x)}, got {batch_size}")
    if epochs < 1:
        raise ValueError(f"`epochs` must be at least 1, got {epochs}")
    if keras.backend.backend() == "tensorflow":
        train_epoch = _graph_epoch(model, x, y, batch_size)
    else:
        train_epoch = _keras_epoch(model, x, y, batch_size)
    order = np.random.default_rng(seed)
    for _ in range(epochs):
        row = {"loss": train_epoch(order.permutation(len(x)).astype("int32"))}
        if validation is not None:
            loss, accuracy = evaluate(model, *validation)
            row |= {"val_loss": loss, "val_accuracy": accuracy}
        yield row


def _graph_epoch(model, x, y, batch_size: int):
    import tensorflow as tf

    inputs, labels = tf.constant(x), tf.constant(y)
    any_length = [tf.TensorSpec([None, *t.shape[1:]], t.dtype) for t in (inputs, labels)]
    any_length.append(tf.TensorSpec([None, None], tf.int32))
    # `model.compile` makes optimiser and loss anew
    compiled = (model.optimizer, model._compile_loss, any_length)
    if getattr(model, "_epoch_compiled", None) != compiled:
        model.optimizer.build(model.trainable_variables)

        @tf.function(input_signature=any_length)
        def epoch(inputs, labels, batches):
            total = 0.0
            for batch in batches:
                with tf.GradientTape() as tape:
                    outputs = model(tf.gather(inputs, batch), training=True)
                    loss = model.compute_loss(y=tf.gather(labels, batch), y_pred=outputs)
                gradients = tape.gradient(loss, model.trainable_variables)
                model.optimizer.apply(gradients, model.trainable_variables)
                total += loss
            return total / tf.cast(tf.shape(batches)[0], tf.float32)

        # kept: a second `fit` need not trace again
        object.__setattr__(model, "_epoch_graph", epoch)
        object.__setattr__(model, "_epoch_compiled", compiled)
    steps = len(x) // batch_size

    def train_epoch(order):
        batches = tf.constant(order[: steps * batch_size].reshape(steps, batch_size))
        return float(model._epoch_graph(inputs, labels, batches))

    return train_epoch


def _keras_epoch(model, x, y, batch_size: int):
    steps = len(x) // batch_size

    def train_epoch(order):
        order = order[: steps * batch_size]
        history = model.fit(x[order], y[order], batch_size=batch_size, shuffle=False, verbose=0)
        return history.history["loss"][0]

    return train_epoch


def train_steps(model, x, y) -> np.ndarray:
    """Train a compiled model on given batches, all steps in one graph, their arithmetic in XLA.

    For models of matrix products such as a GPT: XLA joins what stands between the products. A
    batch is cut into parts that are computed at the same time, one after another on each core, so
    that they fit into its cache; the step takes the mean of their gradients. Each shape of a
    batch is compiled once, which takes some seconds.

    Args:
        model: compiled `keras.Model`; its loss is a mean over the examples, and no layer looks at
            the batch as a whole (as BatchNormalization does).
        x: inputs of each step `(steps, batch_size, …)`.
        y: targets of each step `(steps, batch_size, …)`.

    Returns:
        The loss of each step `(steps,)`, nats.

    Raises:
        ValueError: `x` and `y` differ in steps or batch size.
    """
    if x.shape[:2] != y.shape[:2]:
        raise ValueError(f"`x` and `y` must begin with one shape, got {x.shape} and {y.shape}")
    if keras.backend.backend() != "tensorflow":
        return np.array([model.train_on_batch(*batch) for batch in zip(x, y, strict=True)])
    import tensorflow as tf

    compiled = (model.optimizer, model._compile_loss)
    if getattr(model, "_steps_compiled", None) != compiled:
        object.__setattr__(model, "_steps_graph", _graph_steps(model))
        object.__setattr__(model, "_steps_compiled", compiled)
    return model._steps_graph(tf.constant(x), tf.constant(y)).numpy()


def _graph_steps(model):
    import tensorflow as tf

    variables = model.trainable_variables
    model.optimizer.build(variables)

    @tf.function(jit_compile=True, autograph=False)
    def loss_and_gradients(inputs, labels):
        with tf.GradientTape() as tape:
            loss = model.compute_loss(y=labels, y_pred=model(inputs, training=True))
        gradients = tape.gradient(loss, variables)  # None for a weight that takes no part
        return loss, [g if g is None else tf.convert_to_tensor(g) for g in gradients]

    @tf.function(jit_compile=True, autograph=False)
    def update(gradients):
        by_weight = zip(*gradients, strict=True)
        means = [None if g[0] is None else tf.add_n(g) / len(g) for g in by_weight]
        model.optimizer.apply(means, variables)

    def step(inputs, labels):
        number, rest = divmod(inputs.shape[0], PART)
        number = 1 if rest or tf.config.list_physical_devices("GPU") else number
        parts = zip(tf.split(inputs, number), tf.split(labels, number), strict=True)
        losses, gradients = zip(*(loss_and_gradients(*part) for part in parts), strict=True)
        update(gradients)
        return tf.add_n(losses) / number

    @tf.function(autograph=False)
    def steps(inputs, labels):
        return tf.map_fn(
            lambda i: step(inputs[i], labels[i]),
            tf.range(tf.shape(inputs)[0]),
            parallel_iterations=1,
            fn_output_signature=tf.float32,
        )

    return steps


def restart(model, seed: int) -> None:
    """Give a compiled model new random weights and a fresh optimiser.

    Quicker than a new model, because the compiled graphs of `fit` and `train_steps` are kept.

    Args:
        model: compiled `keras.Model`, of layers or of a class of its own with a `get_config`.
        seed: of the new weights.
    """
    with _seed_lock:
        random.seed(seed)  # all that initialisers draw from; TensorFlow's seed empties its caches
        fresh = type(model).from_config(model.get_config())
    for variable, new in zip(model.variables, fresh.variables, strict=True):
        variable.assign(new)  # also the seeds of dropout, which are no weights
    first = type(model.optimizer).from_config(model.optimizer.get_config())
    if model.optimizer.built:
        first.build(model.trainable_variables)
    for variable, new in zip(model.optimizer.variables, first.variables, strict=True):
        variable.assign(new)


def side_by_side(function, *arguments) -> list:
    """`list(map(function, *arguments))` with one thread for each call.

    Small models leave cores idle; TensorFlow computes without Python's lock, so that several of
    them train at once. Build the models before, or `restart` them in the function: the random
    seed belongs to the whole process.
    """
    calls = list(zip(*arguments, strict=True))
    with ThreadPoolExecutor(len(calls) or 1) as pool:
        return list(pool.map(lambda call: function(*call), calls))


def predict(model, x, batch_size: int = 2000) -> np.ndarray:
    """`model.predict` without its start-up time: outputs `(n, …)` for inputs `(n, …)`."""
    parts = [model.predict_on_batch(x[i : i + batch_size]) for i in range(0, len(x), batch_size)]
    return np.concatenate(parts)


def evaluate(model, x, y) -> tuple[float, float]:
    """Mean loss in nats and accuracy (share) of a compiled classifier on `x`, `y`."""
    outputs = predict(model, x)
    loss = float(model.compute_loss(y=y, y_pred=outputs))
    return loss, float(np.mean(outputs.argmax(-1) == np.reshape(y, outputs.shape[:-1])))
