"""A chapter that keeps every house rule, and ways to break one of them."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lmlab.authoring.execute import STATE, VIEW, clean
from lmlab.authoring.hygiene import check_cells

CHAPTER = "notebooks/4_innovation/9_new.ipynb"
IGNORED = {"lmlab": {"reason": "depends on the clock"}, "tags": ["nbval-ignore-output"]}
ALT = "The loss falls from 2.31 to below 0.2 within five epochs."

TITLE = """# Handwritten digits

**How does a network read a digit?**

- **You will be able to** train and check a classifier.
- **You need** the [notation](../../book/notation.md).
- **Time** 5 minutes on a laptop CPU.
- **Mirrors** D4.5, the project.
"""
KNOB = " The knob stands at `-1.5`, the middle of `7 steps`."
INTUITION = f"""## Intuition

The network has `101,770` parameters and reads `97.5 %` of the digits, a share of `0.975`.
The loss ends at `≈ 2.3 nats`; the learning rate is 0.001, and the shape is `(3, 28)`, as `ln 10`
is the loss of a guess.{KNOB}

```python
print(`123.4`)  # a fenced block holds no prose, and the `# ` in it is no title
# no title
```

{"The words of the text say why the code does what it does. " * 7}
"""
EXERCISES = """## Exercises

### Exercise 1

Predict the loss.

<details><summary>Solution</summary>

1. It falls.

</details>

### Exercise 2

Change the rate.

<details><summary>Solution</summary>It diverges.</details>

### Exercise 3

Build a layer.

<details><summary>Solution</summary>

```python
# a comment, not a heading
Dense(3)
```

</details>
"""
ITEMS = """## Exercises

1. Predict.
   <details><summary>Solution</summary>

1. Yes.
   </details>
2. Change.
   <details><summary>Solution</summary>No.</details>
3. Build.
   <details><summary>Solution</summary>So.</details>
"""
REMEMBER = """## What to remember

- A **logit** is a score.
- The softmax turns logits into
  probabilities.
- People forget to shuffle.

**Next** [images](4_images.ipynb)

**Sources** LeCun et al. 1998
"""


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def figure(alt=ALT, mime="image/png"):
    return new_output(
        "display_data", {mime: "iVBORw0K"}, metadata={mime: {"alt": alt, "width": 400}}
    )


def code(cell_id, source, *outputs, **metadata):
    return nbformat.from_dict(
        new_code_cell(source, id=cell_id, outputs=list(outputs), metadata=metadata)
    )


def widget_state():
    """A box (1) with a slider (2) and a picture (3), and the link (4) that ties them."""
    key = [f"{number:032x}" for number in range(5)]
    states = {
        key[1]: {"children": [f"IPY_MODEL_{key[2]}", f"IPY_MODEL_{key[3]}"]},
        key[2]: {"_options_labels": ["-1.5", "2.25"], "_esm": "let seed = 444.4"},
        key[3]: {"value": '<img width="555" alt="after 7 steps" src="data:image/png;base64,QQ==">'},
        key[4]: {
            "source": [f"IPY_MODEL_{key[2]}", "index"],
            "target": [f"IPY_MODEL_{key[3]}", "selected_index"],
        },
    }
    state = {name: {"model_name": "M", "state": values} for name, values in states.items()}
    return {STATE: {"version_major": 2, "version_minor": 0, "state": state}}


def good():
    view = {VIEW: {"model_id": f"{1:032x}"}, "text/plain": "Box(888.8)"}
    show = 'show("accuracy", np.mean(guess == 7), about=0.975, tol=0.005)'
    cells = [
        new_markdown_cell(TITLE, id="title"),
        code("setup", "import numpy as np\n\nfrom lmlab.check import show"),
        new_markdown_cell(INTUITION, id="intuition"),
        code("figure", "draw(losses)", figure()),
        code("live", "explore(draw)", new_output("display_data", view)),
        code("plain", "guess = np.ones(3)  # (n,)\nguess.shape", stream("(3,)\n")),
        code("clock", "print(now_time)", stream("12:30:15, 0.1 s\n"), **IGNORED),
        new_markdown_cell("## Check\n\nKnown numbers; ± is a tolerance.", id="check"),
        code(
            "known",
            'count = 785 * 128 + 129 * 10\nassert count == 101_770, count\nprint(f"{count:,}")',
            stream("101,770\n"),
        ),
        code("band", show, stream("accuracy ≈ 0.975 (± 0.005)\n")),
        new_markdown_cell(EXERCISES, id="exercises"),
        new_markdown_cell(REMEMBER, id="remember"),
    ]
    about = {
        "chapter": "4K",
        "document": "D4",
        "sections": ["D4.5"],
        "covers": {"S77": "known", "D4.5.2-1": "band"},
    }
    metadata = {"lmlab": about, "widgets": widget_state()}
    return finish(nbformat.from_dict(new_notebook(cells=cells, metadata=metadata)))


def finish(notebook):
    """Count the code cells and clean, as an execution does."""
    counted = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(counted, 1):
        cell.execution_count = count
    return clean(notebook)


def cell(notebook, cell_id):
    return next(cell for cell in notebook.cells if cell.id == cell_id)


def edit(cell_id, old, new):
    """A breakage: replace text in one cell."""

    def change(notebook):
        found = cell(notebook, cell_id)
        assert old in found.source
        found.source = found.source.replace(old, new)

    return change


def add(source, *outputs, **metadata):
    """A breakage: one more code cell in the middle."""

    def change(notebook):
        notebook.cells.insert(6, code("new", source, *outputs, **metadata))
        finish(notebook)

    return change


def say(text):
    """A breakage: one more paragraph."""
    return edit("intuition", "## Intuition", f"## Intuition\n\n{text}")


def put(*keys, value):
    """A breakage: set a value below nested keys of the notebook."""

    def change(notebook):
        node = notebook
        for key in keys[:-1]:
            node = cell(node, key[1:]) if str(key).startswith("@") else node[key]
        node[keys[-1]] = value

    return change


def both(*changes):
    return lambda notebook: [change(notebook) for change in changes]


def drop(cell_id):
    return lambda notebook: notebook.cells.remove(cell(notebook, cell_id))


def rename_models(names):
    """A breakage: give the widget models other numbers."""

    def change(notebook):
        state = notebook.metadata.widgets[STATE]["state"]
        text = str(dict(state))
        for old, new in names.items():
            text = text.replace(f"{old:032x}", f"{new:032d}")
        notebook.metadata.widgets[STATE]["state"] = eval(text)

    return change


def lines(count):
    return "\n".join(f"x{number} = f(x)" for number in range(count))


def assert_named(rule, change, part):
    """A good chapter, broken once: the rule is named, no other, and the message says `part`."""
    notebook = good()
    change(notebook)
    messages = check_cells(notebook, CHAPTER)
    assert any(part in message for message in messages), messages
    assert [message for message in messages if not message.startswith(f"{rule}: {CHAPTER}")] == []


def assert_accepted(change):
    """What looks like a breakage is none."""
    notebook = good()
    change(notebook)
    assert check_cells(notebook, CHAPTER) == []
