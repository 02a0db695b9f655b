"""The rules on code cells: broken once, the rule is named."""

import pytest
from chapter_cases import add, assert_accepted, assert_named, edit, lines, stream

LONG = {"long": "one listing of the document"}

# fmt: off
BROKEN = [  # rule, what breaks it, part of the message
    ("style 2.6", add("assert 1 + 1 == 2"), "cannot fail"),
    ("style 2.6", add('assert (guess.all(), "all")'), "cannot fail"),
    ("style 2.6", add('show("accuracy", 0.975, about=0.975, tol=0.01)'), "cannot fail"),
    ("style 2.6", add("assert scaled.min() == 0"), "says nothing when it fails"),
    ("style 3.1", add(lines(21)), "21 lines"),
    ("style 3.1", add(lines(21), lmlab={"long": "short"}), "21 lines"),
    ("style 3.1", add(lines(31), lmlab=LONG), "31 lines"),
    ("style 3.3", edit("setup", "import numpy as np", "from numpy import *"), "star import"),
    ("style 3.3", add("import keras"), "import of keras"),
    ("style 3.3", add("def f():\n    from keras import ops\n    return ops"), "import of keras"),
    ("style 3.3", edit("setup", "import numpy as np", "import urllib.request"), "no network"),
    ("style 3.3", edit("setup", "import numpy as np", "from requests import get"), "no network"),
    ("style 3.3", add("%pip install keras"), "requirements.in"),
    ("style 3.3", add("!pip install keras"), "requirements.in"),
    ("style 3.3", add('table = pd.read_csv("https://example.org/a.csv")'), "read_csv"),
    ("style 3.3", add('path = keras.utils.get_file("a", origin=address)'), "get_file"),
    ("style 3.4", add("plt.plot(x);"), "';'"),
    ("style 3.4", add("plt.plot(x);  # the curve\n\n# of the loss\n"), "';'"),
    ("style 3.10", add("print(loss)", stream("0.1234")), "loss is shown bare"),
    ("style 3.10", add('print(f"loss {val_loss:.3f}")', stream("loss 0.123")), "val_loss"),
    ("style 3.10", add("round(history.history['accuracy'][-1], 3)", stream("0.91")), "accuracy"),
    ("style 3.10", add('print("took", time.perf_counter() - t)', stream("1.5")), "perf_counter"),
    ("style 3.10", add("np.mean(losses)", stream("0.12")), "losses"),
    ("style 4.2", add("x = 1\n# y = f(x)\nz = 2"), "# y = f(x)"),
    ("style 4.2", add("x = 1\n#model.fit(x, epochs=3)"), "#model.fit"),
    ("style 4.2", add("x = 1\n    # import keras\n"), "# import keras"),
]
ACCEPTED = [  # what looks like a breakage and is none
    add(lines(20)),
    add(lines(19) + '\nassert ready, (\n    "what it says is no line to be read"\n)'),
    add(lines(21), lmlab=LONG),
    add('text = "a;"\nplt.show()'),
    add('link = "https://example.org"\nprint("https://example.org")'),
    add("%matplotlib inline\nx = 3"),
    add("%%html\n<p>It's (open"),
    add("x = 3\n# (T, T)\n# the rate, see eq. 3\n# B = batch, T = time\n# shape (B, T)\n# a: b"),
    add("y = f(x)  # z = g(x)\ntext = '''\n# y = f(x)\n'''"),
    add("print(len(losses), loss < 0.5, losses.shape)", stream("3 True (3.0,)")),
    add("ax.plot(losses)", stream("0.5")),
    add("print(loss)", stream("0.6931"), lmlab={"exact": "a closed form, ln 2"}),
    add("print(loss)", stream("a function\n")),
    add("print(loss_name, 0.5)", stream("cross-entropy 0.5")),
    add("try:\n    f(-1)\nexcept ValueError as error:\n    print(error)", stream("got -1.0")),
]
# fmt: on


@pytest.mark.parametrize(
    ("rule", "change", "part"), BROKEN, ids=[f"{rule} {part}" for rule, _, part in BROKEN]
)
def test_broken_rule_is_named(rule, change, part):
    assert_named(rule, change, part)


@pytest.mark.parametrize("change", ACCEPTED)
def test_no_false_alarm(change):
    assert_accepted(change)
