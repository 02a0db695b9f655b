"""Public checks of lab 7, *Backpropagation by hand*: printed numbers and finite differences."""

from lmlab.labs.checking import Check, holds, near, number_in_digits


def _document():
    """The document's network, its example, and what is known of them."""
    import numpy as np

    layers = [
        (np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]), np.array([0.1, 0.2])),
        (np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([0.1, 0.2])),
        (np.array([[0.5, -0.4]]), np.array([0.1])),
    ]
    z = [np.array([0.46, 1.01]), np.array([0.348, 0.742]), np.array([-0.0228])]
    return layers, np.array([0.2, 0.5, 0.8]), z, np.array([0.49430025])


def task_1(names: dict) -> list[Check]:
    """The sums of the document's network, the form of the lists, and the two numbers."""
    import numpy as np

    layers, x, z, p = _document()
    forward, logit, my_p = names["forward"], names["my_logit"], names["my_p"]
    sums, passed = forward(layers, x)
    return [
        near("the sums z of the document's network", list(sums), [list(part) for part in z]),
        holds("a has one entry more than z: it begins with x", len(passed) == 4,
              received=len(passed)),
        near("a begins with x", passed[0], x),
        near("a ends with p", passed[-1], p, hint="The last layer has the sigmoid, not ReLU."),
        number_in_digits(names, "my_logit"),
        number_in_digits(names, "my_p"),
        near("my_p is the sigmoid of my_logit", my_p, 1 / (1 + np.exp(-logit)), tol=3e-4),
    ]  # fmt: skip


def task_2(names: dict) -> list[Check]:
    """Two losses that are known, and that the number is there."""
    import numpy as np

    loss = names["loss"]
    return [
        near("loss(0.4943, 1)", loss(0.4943, 1), 0.704613, tol=1e-5),
        near("loss of p = (0.9, 0.2), y = (1, 0)",
             loss(np.array([0.9, 0.2]), np.array([1, 0])), 0.164252, tol=1e-5,
             hint="Two terms, and the mean over the examples."),
        number_in_digits(names, "my_loss"),
    ]  # fmt: skip


def task_3(names: dict) -> list[Check]:
    """The deltas of the document's network, and of one in which a neuron is off."""
    layers, _, z, p = _document()
    found = list(names["deltas"](layers, z, p, 1))
    other = list(names["deltas"](layers, [-z[0], *z[1:]], p, 1))
    hint = "One array for each layer, the first layer first."
    return [
        holds("one array for each layer", len(found) == 3, received=len(found), hint=hint),
        near("delta of the last layer", found[-1], [-0.50569975], hint=hint),
        near("delta of layer 2", found[1], [-0.25284988, 0.2022799]),
        near("delta of layer 1", found[0], [0.03539898, 0.03034199]),
        near("delta of layer 1 if both its neurons are off", other[0], [0.0, 0.0],
             hint="ReLU has the slope 0 there."),
        number_in_digits(names, "my_delta_last"),
        number_in_digits(names, "my_delta_on"),
    ]  # fmt: skip


def task_4(names: dict) -> list[Check]:
    """The slopes of the document's network."""
    import numpy as np

    deltas = [np.array([0.03539898, 0.03034199]), np.array([-0.25284988, 0.2022799])]
    deltas.append(np.array([-0.50569975]))
    _, x, z, p = _document()
    slopes = list(names["gradients"](deltas, [x, *z[:2], p]))
    first = [[0.0070798, 0.0176995, 0.0283192], [0.0060684, 0.015171, 0.0242736]]
    return [
        holds("one pair (dW, db) for each layer", [len(pair) for pair in slopes] == [2, 2, 2],
              received=[len(pair) for pair in slopes]),
        near("the slopes in the first matrix", slopes[0][0], first),
        near("the slopes in the last matrix", slopes[2][0], [[-0.1759835, -0.3752292]]),
        near("the slopes in the last bias", slopes[2][1], [-0.50569975]),
        number_in_digits(names, "my_slope"),
    ]  # fmt: skip


def task_5(names: dict) -> list[Check]:
    """One step of a single neuron, and that the old layers stay."""
    import numpy as np

    layers = [(np.array([[1.0, -2.0]]), np.array([0.5]))]
    slopes = [(np.array([[4.0, 1.0]]), np.array([-1.0]))]
    moved = names["step"](layers, slopes, 0.5)
    return [
        near("the weights after one step", moved[0][0], [[-1.0, -2.5]], hint="Minus eta × slope."),
        near("the bias after one step", moved[0][1], [1.0]),
        near("the old weights are as they were", layers[0][0], [[1.0, -2.0]],
             hint="`W -= …` changes the given array; make a new one."),
        number_in_digits(names, "my_next_loss"),
    ]  # fmt: skip


def task_6(names: dict) -> list[Check]:
    """The slopes against finite differences of the student's own loss."""
    import numpy as np

    backward, (layers, x, _, _) = names["backward"], _document()
    rng = np.random.default_rng(0)
    shapes = ((5, 10), (1, 5))
    net = [(rng.normal(size=shape), rng.normal(size=shape[0])) for shape in shapes]
    X, y = rng.normal(size=(6, 10)), np.array([0, 1, 1, 0, 1, 0])
    received = [list(pair) for pair in backward(net, X, y)[1]]
    expected = _measured(lambda: backward(net, X, y)[0], net)
    return [
        near("the loss of the document's example",
             backward(layers, x[None], np.array([1]))[0], 0.704612),
        *(near(f"{part} of layer {place + 1} of a 10-5-1 network, measured",
               received[place][number], expected[place][number],
               hint="Is it the mean over the rows? Is the slope of ReLU there?")
          for place in (0, 1) for number, part in enumerate(("dW", "db"))),
        number_in_digits(names, "my_trained_loss"),
    ]  # fmt: skip


def _measured(function, layers, h=1e-5):
    """The slopes of function() in every number of the layers, by central differences."""
    import numpy as np

    slopes = []
    for pair in layers:
        slopes.append([np.zeros_like(part) for part in pair])
        for part, slope in zip(pair, slopes[-1], strict=True):
            for place in np.ndindex(part.shape):
                kept = part[place]
                part[place] = kept + h
                up = function()
                part[place] = kept - h
                slope[place] = (up - function()) / (2 * h)
                part[place] = kept
    return slopes
