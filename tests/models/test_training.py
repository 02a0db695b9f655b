"""`fit` computes what Keras' own `fit` computes, and a restart really starts again."""

import threading

import numpy as np
import pytest

from lmlab.models import training
from lmlab.models.device import start_keras

keras = start_keras()

LOSS = "sparse_categorical_crossentropy"
EXAMPLES, INPUTS, CLASSES, BATCH = 70, 6, 3, 16


@pytest.fixture(scope="module")
def data():
    """Three clouds of points: `x` `(70, 6)`, `y` `(70,)`."""
    random = np.random.default_rng(0)
    y = random.integers(0, CLASSES, EXAMPLES)
    centres = random.normal(0, 2, (CLASSES, INPUTS))
    x = centres[y] + random.normal(0, 1, (EXAMPLES, INPUTS))
    return x.astype("float32"), y


def network(*extra):
    """A small compiled classifier with state beside its weights."""
    model = keras.Sequential(
        [
            keras.Input((INPUTS,)),
            keras.layers.Dense(8, activation="relu", kernel_regularizer=keras.regularizers.L2(0.1)),
            *extra,
            keras.layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.02), LOSS, metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def model():
    """One network for the tests that restart it first."""
    return network(keras.layers.Dropout(0.3))


def weights(model):
    return [np.array(weight) for weight in model.get_weights()]


def distance(one, other):
    """Largest difference of two lists of weights."""
    return max(np.abs(a - b).max() for a, b in zip(one, other, strict=True))


def test_an_epoch_equals_that_of_keras_on_the_same_order(data):
    x, y = data
    fast, slow = (network(keras.layers.BatchNormalization()) for _ in range(2))
    slow.set_weights(fast.get_weights())
    start, order = weights(fast), np.random.default_rng(4)
    history = training.fit(fast, x, y, epochs=2, batch_size=BATCH, seed=4)
    first, second = (order.permutation(EXAMPLES) for _ in range(2))
    first = first[: EXAMPLES // BATCH * BATCH]
    by_keras = slow.fit(x[first], y[first], batch_size=BATCH, shuffle=False, verbose=0)
    without_graph = training._keras_epoch(slow, x, y, BATCH)(second)
    assert history["loss"] == pytest.approx([*by_keras.history["loss"], without_graph], abs=1e-5)
    assert distance(weights(fast), weights(slow)) < 1e-5
    assert distance(weights(fast), start) > 0.01
    assert int(fast.optimizer.iterations) == int(slow.optimizer.iterations) == 8


def test_the_loss_falls_and_the_validation_is_reported(data, model):
    x, y = data
    training.restart(model, seed=0)
    history = training.fit(model, x, y, epochs=12, batch_size=BATCH, seed=0, validation=(x, y))
    assert list(history) == ["loss", "val_loss", "val_accuracy"]
    assert {len(column) for column in history.values()} == {12}
    assert history["loss"][-1] < 0.6 * history["loss"][0]
    assert history["val_accuracy"][-1] > 0.9
    assert (history["val_loss"][-1], history["val_accuracy"][-1]) == training.evaluate(model, x, y)


def test_fit_epochs_trains_only_as_far_as_it_is_asked(data, model):
    x, y = data
    training.restart(model, seed=0)
    steps = training.fit_epochs(model, x, y, epochs=3, batch_size=BATCH)
    start = weights(model)
    assert list(next(steps)) == ["loss"]
    after_one = weights(model)
    assert distance(start, after_one) > 0
    assert distance(weights(model), after_one) == 0
    assert len(list(steps)) == 2
    assert int(model.optimizer.iterations) == 3 * (EXAMPLES // BATCH)


def test_the_seed_sets_the_order_of_the_examples(data, model):
    x, y = data
    losses = []
    for seed in (1, 1, 2):
        training.restart(model, seed=0)
        losses.append(training.fit(model, x, y, epochs=1, batch_size=BATCH, seed=seed)["loss"])
    assert losses[0] == losses[1] != losses[2]


def test_restart_gives_the_weights_of_the_seed(model):
    found = []
    for seed in (1, 2, 1):
        training.restart(model, seed)
        found.append(weights(model))
    assert distance(found[0], found[2]) == 0
    assert distance(found[0], found[1]) > 0.1


def test_after_a_restart_nothing_of_the_last_training_is_left(data, model):
    x, y = data
    runs = []
    for _ in range(2):
        training.restart(model, seed=5)
        state = {variable.path: variable.numpy() for variable in model.optimizer.variables}
        rate = state.pop(model.optimizer._learning_rate.path)
        assert rate == np.float32(0.02)
        assert all((value == 0).all() for value in state.values())
        history = training.fit(model, x, y, epochs=2, batch_size=BATCH, seed=5)
        runs.append((history["loss"], weights(model)))
    assert runs[0][0] == runs[1][0]
    assert distance(runs[0][1], runs[1][1]) == 0


def test_restart_gives_an_optimiser_the_state_that_it_began_with(data):
    x, y = data
    model = network()
    model.compile(keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.25), LOSS)
    training.fit(model, x, y, epochs=1, batch_size=BATCH)
    training.restart(model, seed=0)
    state = [v.numpy() for v in model.optimizer.variables if "accumulator" in v.path]
    assert len(state) == len(model.trainable_variables)
    assert all((value == 0.25).all() for value in state)


def test_another_batch_size_and_length_need_no_new_model(data, model):
    x, y = data
    for batch_size, length in ((8, 70), (1, 3)):
        training.restart(model, seed=0)
        history = training.fit(model, x[:length], y[:length], epochs=1, batch_size=batch_size)
        assert np.isfinite(history["loss"]).all()
        assert int(model.optimizer.iterations) == length // batch_size


def test_a_model_that_is_compiled_anew_trains_with_its_new_optimiser(data):
    x, y = data
    model = network()
    start = weights(model)
    training.fit(model, x, y, epochs=1, batch_size=BATCH)
    trained = weights(model)
    assert distance(trained, start) > 0
    model.compile(keras.optimizers.SGD(0.0), LOSS)
    training.fit(model, x, y, epochs=1, batch_size=BATCH)
    assert distance(weights(model), trained) == 0


def test_evaluate_and_predict_equal_those_of_keras(data, model):
    x, y = data
    np.testing.assert_allclose(
        training.predict(model, x, batch_size=32), model.predict(x, verbose=0), atol=1e-6
    )
    assert training.predict(model, x, batch_size=7).shape == (EXAMPLES, CLASSES)
    loss, accuracy = training.evaluate(model, x, y)
    by_keras = model.evaluate(x, y, verbose=0, return_dict=True)
    assert loss == pytest.approx(by_keras["loss"], abs=1e-5)
    assert accuracy == pytest.approx(by_keras["accuracy"], abs=1e-6)
    assert {type(loss), type(accuracy)} == {float}
    assert training.evaluate(model, x, y[:, None])[1] == accuracy  # labels as a column


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "`batch_size` must be from 1 to 70, got 0"),
        ({"batch_size": 71}, "`batch_size` must be from 1 to 70, got 71"),
        ({"epochs": 0}, "`epochs` must be at least 1, got 0"),
        ({"y": np.zeros(69)}, "`x` and `y` must have the same length, got 70 and 69"),
    ],
)
def test_wrong_arguments_are_named_and_nothing_is_trained(data, model, options, message):
    arguments = dict(zip("xy", data, strict=True)) | {"batch_size": BATCH} | options
    before = weights(model)
    with pytest.raises(ValueError) as error:
        training.fit(model, **arguments)
    assert str(error.value) == message
    assert distance(weights(model), before) == 0


class Idle(keras.layers.Layer):
    """Passes its input on and has a weight that takes no part in it."""

    def build(self, shape):
        self.unused = self.add_weight(shape=(2,), initializer="ones")

    def call(self, x):
        return x


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("batch_size", [16, 12, 7])
def test_steps_on_parts_of_a_batch_equal_those_on_the_whole(data, batch_size):
    x, y = (part[: 3 * batch_size].reshape(3, batch_size, *part.shape[1:]) for part in data)
    model, again = network(Idle()), network(Idle())
    for one in (model, again):
        one.compile(keras.optimizers.AdamW(0.02, weight_decay=0.1), LOSS)
    start = weights(model)
    by_keras = [model.train_on_batch(*batch)[0] for batch in zip(x, y, strict=True)]
    after = weights(model)
    again.set_weights(start)
    losses = training.train_steps(again, x, y)
    np.testing.assert_allclose(losses, by_keras, atol=1e-4)
    assert distance(weights(again), after) < 1e-4 < distance(start, after)


def test_calls_side_by_side_run_at_once_and_answer_in_order():
    all_here = threading.Barrier(5, timeout=90)  # more than this machine has cores

    def call(a, b):
        all_here.wait()  # breaks if a call waits for another to end
        return a - b

    assert training.side_by_side(call, range(5), [4, 3, 2, 1, 0]) == [-4, -2, 0, 2, 4]
    assert training.side_by_side(call, []) == []
    with pytest.raises(ValueError, match="shorter"):
        training.side_by_side(call, range(5), [1])
