"""Public checks of lab 2, *Why does it explode?*: they use measurements, never the formulas."""

from lmlab.labs.checking import Check, holds, in_digits, is_number, near


def _example():
    import numpy as np

    return np.array([1.0, 2.0, 3.0]), np.array([3.0, 5.0, 7.0])


def _slopes(x, y, w, b, h=1e-4):
    """The slopes of the mean squared error by central differences."""
    import numpy as np

    def mse(w, b):
        return np.mean((y - (w * x + b)) ** 2)

    dw = (mse(w + h, b) - mse(w - h, b)) / (2 * h)
    return dw, (mse(w, b + h) - mse(w, b - h)) / (2 * h)


def task_1(names: dict) -> list[Check]:
    """The gradient against finite differences."""
    gradient, (x, y) = names["gradient"], _example()
    hint = "Is it the slope, or the slope with the other sign? Compare with numeric_gradient."
    return [
        near("gradient at w = b = 0", gradient(x, y, 0.0, 0.0), [-68 / 3, -10], hint=hint),
        near(
            "gradient at w = 4, b = −1", gradient(x, y, 4.0, -1.0), _slopes(x, y, 4.0, -1.0),
            tol=1e-5, hint=hint,
        ),
    ]  # fmt: skip


def task_2(names: dict) -> list[Check]:
    """One step of the worked example, and the length of the list."""
    x, y = _example()
    w, b, losses = names["descend"](_slopes, x, y, 0.05, 1)
    return [
        near("w and b after one step", [w, b], [17 / 15, 0.5], tol=1e-5),
        near("the two losses", losses, [83 / 3, 5.488519], tol=1e-4,
             hint="The list begins with the loss at the start."),
    ]  # fmt: skip


def task_3(names: dict) -> list[Check]:
    """The limit of the example, and that the number is there."""
    limit, number = names["step_limit"], names["my_limit"]
    return [
        near("step_limit of (1, 2, 3)", limit(_example()[0]), 0.180295, rel=0.02),
        near("step_limit of the document's x", limit(names["x_doc"]), 0.031847, rel=0.02),
        holds("my_limit is a number above 0", is_number(number) and number > 0, received=number),
        _in_digits(names, "my_limit"),
    ]


def task_4(names: dict) -> list[Check]:
    """The growth of the example, and that the numbers are there."""
    growth, steps, number = names["growth"], names["my_steps"], names["my_growth"]
    return [
        near("growth of (1, 2, 3) at alpha = 0.2", growth(_example()[0], 0.2), 1.218579, rel=0.01),
        holds("my_steps is a whole number", is_number(steps) and steps == int(steps),
              received=steps),
        holds("my_growth is a number above 1", is_number(number) and number > 1, received=number,
              hint="At alpha = 0.1 your walk explodes."),
        _in_digits(names, "my_steps"),
        _in_digits(names, "my_growth"),
    ]  # fmt: skip


def _in_digits(names: dict, name: str) -> Check:
    return holds(f"{name} is written in digits, not computed", in_digits(names, name))


def task_5(names: dict) -> list[Check]:
    """Mean 0, standard deviation 1, and the same predictions."""
    import numpy as np

    x = np.array([2.0, 4.0, 4.0, 10.0])
    z, mean, std = names["standardise"](x)
    w, b = names["back"](1.5, 2.0, mean, std)
    return [
        near("mean and standard deviation of z", [np.mean(z), np.std(z)], [0, 1]),
        near("the line in x predicts what the line in z predicts", w * x + b, 1.5 * z + 2.0),
    ]


def task_6(names: dict) -> list[Check]:
    """The loss on the document's data, and one other scale."""
    import numpy as np

    x, y, fit = names["x_doc"], names["y_doc"], names["fit"]
    w, b = fit(x, y)
    loss = float(np.mean((y - w * x - b) ** 2))
    w_far, b_far = fit(1000 * x, y)
    loss_far = float(np.mean((y - w_far * 1000 * x - b_far) ** 2))
    return [
        holds("the loss on the document's data is below 1.0", loss < 1.0, received=loss),
        holds("the same with x a thousand times larger", loss_far < 1.0, received=loss_far),
    ]
