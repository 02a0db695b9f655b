"""Each house rule that can be read off a stored notebook: broken once, it is named."""

import copy
import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lmlab.authoring.execute import STATE, VIEW, clean
from lmlab.authoring.hygiene import check_all, check_cells, check_notebook, main

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "notebooks/4_innovation/3_code.ipynb"
IGNORED = {"lmlab": {"reason": "depends on the clock"}, "tags": ["nbval-ignore-output"]}
ALT = "The loss falls from 2.31 to below 0.2 within five epochs."

TITLE = """# Handwritten digits

**How does a network read a digit?**

- **You will be able to** train and check a classifier.
- **You need** the [notation](../../book/notation.md).
- **Time** 25 minutes on a laptop CPU.
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
        new_markdown_cell("## Check\n\nKnown numbers.", id="check"),
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


LONG, PROSE = {"long": "one listing of the document"}, "The words of the text say why. " * 300
STATES = ("metadata", "widgets", STATE, "state")
ORPHAN = {"model_name": "M", "state": {}}
ERROR = new_output("error", ename="E", evalue="v", traceback=[])

# fmt: off
BROKEN = [  # rule, what breaks it, part of the message
    ("style 2.1", edit("title", "# Handwritten", "Handwritten"), "'# ' title"),
    ("style 2.1", edit("title", "# Handwritten", "# Digits\n\n# Handwritten"), "'# ' title"),
    ("style 2.1", edit("intuition", "## Intuition", "# Intuition"), "'# ' title"),
    ("style 2.1", edit("title", "digit?**", "digit.**"), "question"),
    ("style 2.1", edit("title", "**How does a network read a digit?**", "How?"), "question"),
    ("style 2.1", edit("title", "**You will be able to**", "You"), "able to"),
    ("style 2.1", edit("title", "[notation](../../book/notation.md)", "notation"), "You need"),
    ("style 2.1", edit("title", "25 minutes", "a while"), "Time"),
    ("style 2.1", edit("title", "**Mirrors** D4.5", "**Mirrors** D4"), "Mirrors"),
    ("style 2.6", edit("check", "## Check", "## Numbers"), "no heading"),
    ("style 2.6", add("assert 1 + 1 == 2"), "cannot fail"),
    ("style 2.6", add('assert (guess.all(), "all")'), "cannot fail"),
    ("style 2.6", add('show("accuracy", 0.975, about=0.975, tol=0.01)'), "cannot fail"),
    ("style 2.7", drop("exercises"), "found []"),
    ("style 2.7", edit("exercises", "## Exercises", "## Tasks"), "found []"),
    ("style 2.7", edit("exercises", "### Exercise 3", "### Extra"), "found [1, 2]"),
    ("style 2.7", edit("exercises", "### Exercise 3", "### Exercise 4"), "found [1, 2, 4]"),
    ("style 2.7", edit("exercises", "<details><summary>Solution</summary>It diverges.</details>",
                       "It diverges."), "exercise 2"),
    ("style 2.8", drop("remember"), "What to remember"),
    ("style 2.8", edit("remember", "## What to remember", "## Summary"), "What to remember"),
    ("style 2.8", edit("remember", "**Sources**", "## More\n\n**Sources**"), "a section follows"),
    ("style 2.8", edit("remember", "- People", "People"), "list items"),
    ("style 2.8", edit("remember", "- People", "- a\n- b\n- c\n- People"), "list items"),
    ("style 2.8", edit("remember", "**logit**", "logit"), "bold"),
    ("style 2.8", edit("remember", "**Next**", "Then"), "**Next**"),
    ("style 2.8", edit("remember", "**Sources**", "See"), "**Sources**"),
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
    ("style 3.4", add("model", stream("<Model at 0x7f01a2b3>\n")), "address"),
    ("style 3.4", add("path", stream("'/home/ada/data'")), "path"),
    ("style 3.4", add("path", stream(r"C:\data")), "path"),
    ("style 3.4", add("fit(model)", stream("2024-05-01 10:11:12 ready\n")), "time of day"),
    ("style 3.4", add("fit(model)", stream("10/10 ━━━━━\n")), "progress"),
    ("style 3.4", add("fit(model)", stream("98.1it/s")), "progress"),
    ("style 3.4", add("fit(model)", stream("a\rb")), "progress"),
    ("style 3.4", add("fit(model)", stream("12ms/step")), "progress"),
    ("style 3.4", add("fit(model)", stream("warning", "stderr")), "stderr"),
    ("style 3.6", say("```{note}\nText\n```"), "{note}"),
    ("style 3.6", say(":::{tip}\nText\n:::"), "{tip}"),
    ("style 3.6", say("See {cite}`vaswani2017`."), "{cite}"),
    ("style 3.7", say("It reads `97.8 %`."), "`97.8 %`"),
    ("style 3.7", say("It has `101,771` parameters."), "`101,771`"),
    ("style 3.7", say("It ends at `0.975 ± 0.004`."), "± 0.004"),
    ("style 3.7", say("The seed is `444.4`, the width `555`."), "`444.4`"),
    ("style 3.7", say("The view says `888.8`."), "`888.8`"),
    ("style 3.10", add("print(loss)", stream("0.1234")), "loss is shown bare"),
    ("style 3.10", add('print(f"loss {val_loss:.3f}")', stream("loss 0.123")), "val_loss"),
    ("style 3.10", add("round(history.history['accuracy'][-1], 3)", stream("0.91")), "accuracy"),
    ("style 3.10", add('print("took", time.perf_counter() - t)', stream("1.5")), "perf_counter"),
    ("style 3.10", add("np.mean(losses)", stream("0.12")), "losses"),
    ("style 4.2", add("x = 1\n# y = f(x)\nz = 2"), "# y = f(x)"),
    ("style 4.2", add("x = 1\n#model.fit(x, epochs=3)"), "#model.fit"),
    ("style 4.2", add("x = 1\n    # import keras\n"), "# import keras"),
    ("style 5.4", add("draw(x)", figure("A falling loss")), "'A falling loss'"),
    ("style 5.4", add("draw(x)", figure("Image of a curve that falls and falls")), "'Image of"),
    ("style 5.4", add("draw(x)", figure("The plot of a curve that falls")), "'The plot of"),
    ("style 5.4", add("draw(x)", figure("Figure 3: a curve that falls")), "'Figure 3"),
    ("style 5.4", add("draw(x)", figure()), "another figure"),
    ("style 7.3", put("@clock", "metadata", "lmlab", value={}), "give the reason"),
    ("style 7.3", put("@clock", "metadata", "lmlab", value={"reason": "clock"}), "the reason"),
    ("style 7.3", add("x", **IGNORED), "2 of 8"),
    ("style 7.3", both(*[add("f(x)")] * 4, add("x", **IGNORED)), "2 of 12"),
    ("style 7.3", add("# NBVAL_IGNORE_OUTPUT\nprint(x)"), "remove the other"),
    ("style 7.3", add("#NBVAL_SKIP\nprint(x)"), "remove the other"),
    ("style 7.3", add("f(x)", tags=["nbval-skip"]), "remove the other"),
    ("style 7.3", add("f(x)", tags=["raises-exception"]), "remove the other"),
    ("style 7.4", put("@band", "execution_count", value=9), "count 9, not 7"),
    ("style 7.4", put("@band", "execution_count", value=None), "count None, not 7"),
    ("style 7.4", add("f(x)", ERROR), "error is stored"),
    ("style 7.4", say(PROSE), "words of prose"),
    ("style 7.4", both(*[add(lines(20))] * 3), "words of prose"),
    ("style 8.2", both(put(*STATES, value={}), edit("intuition", KNOB, "")), "no stored state"),
    ("style 8.2", put(*STATES, f"{5:032x}", value=ORPHAN), "make notebooks"),
    ("style 8.2", rename_models({2: 7}), "make notebooks"),
    ("style 8.2", rename_models({2: 9, 3: 2, 9: 3}), "make notebooks"),
    ("style 8.2", put("@plain", "metadata", "execution", value={"iopub": 1}), "make notebooks"),
    ("design 2", put("metadata", "lmlab", "chapter", value="6K"), "lmlab.chapter"),
    ("design 2", put("metadata", "lmlab", "document", value="4"), "lmlab.document"),
    ("design 2", put("metadata", "lmlab", "sections", value=[]), "lmlab.sections"),
    ("design 2", put("metadata", "lmlab", "covers", value={}), "lmlab.covers"),
    ("design 2", put("metadata", "lmlab", "covers", "S12", value="gone"), "S12: 'gone'"),
    ("design 2", put("metadata", "lmlab", "covers", "S12", value="plain"), "S12: 'plain'"),
    ("design 2", put("metadata", "lmlab", "covers", "S12", value="check"), "S12: 'check'"),
]
ACCEPTED = [  # what looks like a breakage and is none
    edit("exercises", EXERCISES, ITEMS),
    edit("title", "- **You", "**You"),
    edit("title", "D4.5", "section 5 of\n  document D4"),
    edit("title", "digit?**", "digit？**"),
    edit("exercises", "## Exercises", "## Exercises  "),
    edit("remember", "**Sources**", "## Sources\n\n"),
    edit("remember", "**Next**", "## Next\n\n- one\n- two\n- three\n"),
    edit("check", "## Check", "## 4 Check: known numbers\n\n### Counts"),
    add(lines(20)),
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
    add("table", stream("2020-01-01 10:00:00"), lmlab={"exact": "dates of the data"}),
    add("rate", stream("12 Mbit/s, colour #0072B2, and/or/home")),
    add("draw(x)", figure("The loss rises again after epoch four.")),
    add("Markdown('## no heading')", new_output("execute_result", {"text/markdown": "## no"})),
    say("Write `d_model`, `10**3`, `2D`, `0xff`, `{x}` or `(1, 2)`; a fence:\n\n~~~\n`99`\n~~~"),
]
NUMBERS = [  # in prose, printed, does it stand
    ("0.975", "0.9748", True), ("0.975", "0.9743", False), ("0.975", "97.5 %", True),
    ("97.5 %", "0.9751", True), ("97.5%", "97.52", True), ("97.5 %", "0.9761", False),
    ("101,770", "101770", True), ("101770", "101,770", True), ("101,770", "1,770", False),
    ("1,234.5 MB", "1234.51", True), ("12 epochs", "11.8", True), ("3", "2.9", False),
    ("3", "3.0", True), ("3", "conv3 0.3 v13", False), ("-0.5", "0.5", False),
    ("−0.5", "-0.5", True), ("0.5", "x-0.5", True), ("1e-3", "0.001", True),
    ("≈ 6e-8", "6.1e-08", True), ("< 0.25", "0.3", False), ("± 0.005", "(± 0.005)", True),
    ("0.25 ± 0.5", "0.25 only", False), ("28x", "28.4", True), ("5 %", "0.06", False),
    ("2.50", "2.496", True), ("2.50", "2.49", False), ("30", "<td>30</td>", True),
    ("−0.5", "0.5", False), ("-0.5", "−0.5", True), ("5 %", "0.0478", True),
    ("72", "#0072B2", False),
]
# fmt: on


def test_good_notebook_passes():
    assert check_cells(good(), CHAPTER) == []


@pytest.mark.parametrize(
    ("rule", "change", "part"), BROKEN, ids=[f"{rule} {part}" for rule, _, part in BROKEN]
)
def test_broken_rule_is_named(rule, change, part):
    notebook = good()
    change(notebook)
    messages = check_cells(notebook, CHAPTER)
    assert any(part in message for message in messages), messages
    assert [message for message in messages if not message.startswith(f"{rule}: {CHAPTER}")] == []


@pytest.mark.parametrize("change", ACCEPTED)
def test_no_false_alarm(change):
    notebook = good()
    change(notebook)
    assert check_cells(notebook, CHAPTER) == []


@pytest.mark.parametrize(("prose", "printed", "stands"), NUMBERS)
def test_number_in_prose(prose, printed, stands):
    cells = [
        new_markdown_cell(f"It is `{prose}`."),
        new_code_cell("f()", execution_count=1, outputs=[stream(printed)]),
    ]
    messages = check_cells(clean(new_notebook(cells=cells)), "a.ipynb", "template")
    assert [message.split(":")[0] for message in messages] == ([] if stands else ["style 3.7"])


def test_number_in_html_and_rich_outputs():
    outputs = {
        "text/html": '<style>p {width: 11.5}</style><td class="c22.5">33.5</td>',
        "text/plain": "44.5",
    }
    for number, stands in (("11.5", False), ("22.5", False), ("33.5", True), ("44.5", True)):
        notebook = good()
        add("table", new_output("display_data", outputs))(notebook)
        say(f"It is `{number}`.")(notebook)
        assert (check_cells(notebook, CHAPTER) == []) is stands


def test_check_below_its_heading_is_needed():
    notebook = good()
    notebook.metadata.lmlab.covers = {"S77": "known"}
    known = [notebook.cells.pop(notebook.cells.index(cell(notebook, i))) for i in ("known", "band")]
    notebook.cells[2:2] = known
    messages = check_cells(finish(notebook), CHAPTER)
    assert len(messages) == 1
    assert messages[0].startswith(f"style 2.6: {CHAPTER}, cell 10 (## Check): no assert")


def test_figure_text_must_be_repeated_in_the_cell():
    notebook = good()
    del cell(notebook, "figure").metadata["mystnb"]
    messages = check_cells(notebook, CHAPTER)
    assert [message.split(":")[0] for message in messages] == ["style 5.4", "style 8.2"]
    assert messages[0].endswith("cell 4 (draw(losses)): the cell does not repeat the alt text; "
                                "run `make notebooks`")  # fmt: skip


def test_figure_without_alt_text():
    notebook = good()
    cell(notebook, "figure").outputs[0].metadata = nbformat.from_dict({})
    del cell(notebook, "figure").metadata["mystnb"]
    cell(notebook, "intuition").source = INTUITION.replace("`≈ 2.3 nats`", "2.3")
    assert [m.split(":")[0] for m in check_cells(notebook, CHAPTER)] == ["style 5.4"]


def test_message_names_file_cell_and_action():
    notebook = good()
    edit("title", "digit?**", "digit.**")(notebook)
    assert check_cells(notebook, CHAPTER) == [
        f"style 2.1: {CHAPTER}, cell 1 (# Handwritten digits): "
        "no bold question under the title; write one"
    ]


def test_check_changes_nothing():
    notebook = good()
    before = copy.deepcopy(notebook)
    check_cells(notebook, CHAPTER)
    assert notebook == before


@pytest.fixture
def book(tmp_path):
    """A repository with one good chapter in its table of contents, and a template."""
    path = tmp_path / CHAPTER
    path.parent.mkdir(parents=True)
    nbformat.write(good(), path)
    template = new_notebook(cells=[new_code_cell("x = 3", execution_count=1)])
    nbformat.write(clean(template), tmp_path / "notebooks" / "template.ipynb")
    toc = (
        f"root: book/index\nparts:\n  - chapters:\n      - file: {CHAPTER.removesuffix('.ipynb')}\n"
    )
    (tmp_path / "_toc.yml").write_text(toc)
    return tmp_path


def test_good_book_passes(book, capsys):
    copies = book / "notebooks" / ".ipynb_checkpoints"
    copies.mkdir()
    (copies / "template-checkpoint.ipynb").write_text("{}")
    assert check_all(book) == []
    assert main([str(book), str(book / CHAPTER)]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("entry", ["notebooks/4_innovation/3_code_2", "notebooks/3_code", "3_code"])
def test_chapter_must_be_in_the_contents(book, entry):
    (book / "_toc.yml").write_text(f"root: book/index\nchapters:\n- file: {entry}\n")
    assert check_all(book) == [f"style 7.4: {CHAPTER}: not in _toc.yml; add it"]
    (book / "_toc.yml").write_text(f"root: book/index\nchapters:\n- file: '{CHAPTER}'\n")
    assert check_all(book) == []


def test_template_must_not_be_in_the_contents(book):
    with (book / "_toc.yml").open("a") as toc:
        toc.write("      - file: notebooks/template\n")
    assert check_all(book) == ["style 7.4: notebooks/template.ipynb: in _toc.yml; remove it"]


def test_template_keeps_the_rules_on_cells(book):
    broken = new_notebook(cells=[new_code_cell("f(x);", execution_count=2)])
    nbformat.write(clean(broken), book / "notebooks" / "template.ipynb")
    assert [message.split(":")[0] for message in check_all(book)] == ["style 3.4", "style 7.4"]


def lab_cells():
    """A given cell with an import of its own, and the hidden test of a task."""
    given = new_code_cell("import numpy as np\n\nprint(np.ones(2))", execution_count=1)
    given.outputs = [stream("[1. 1.]\n")]
    test = new_code_cell("from lmlab.labs import report", execution_count=2)
    test.metadata = {"nbgrader": {"grade": True}}
    return [given, test]


def test_a_lab_keeps_the_rules_on_code_and_is_executed(book):
    path = book / "labs" / "01_one" / "lab.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(clean(new_notebook(cells=lab_cells())), path)
    assert check_all(book) == []
    broken = new_notebook(cells=lab_cells())
    broken.cells[0].source += ";"
    broken.cells[1].execution_count = None
    nbformat.write(clean(broken), path)
    assert [message.split(":")[0] for message in check_all(book)] == ["style 3.4", "style 7.4"]


def test_large_file(book):
    notebook = good()
    cell(notebook, "figure").outputs[0].data["image/png"] = "A" * 2_500_000
    nbformat.write(notebook, book / CHAPTER)
    (message,) = check_all(book)
    assert message.startswith(f"style 7.4: {CHAPTER}: larger than 2.5 MB")


ODD_CELL = {"cell_type": "markdown", "source": "", "metadata": {}, "id": "a", "outputs": []}
ODD = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [ODD_CELL]}


@pytest.mark.parametrize("text", ["{", "[]", '{"nbformat": 4}', json.dumps(ODD)])
def test_damaged_file(book, text):
    (book / CHAPTER).write_text(text)
    (message,) = check_all(book)
    assert message.startswith(f"style 7.4: {CHAPTER}: no valid notebook")


def test_empty_notebook(book):
    nbformat.write(new_notebook(), book / CHAPTER)
    (message,) = check_all(book)
    assert message.startswith(f"style 7.4: {CHAPTER}: no valid notebook")


def test_main_prints_and_fails(book, capsys):
    (book / "_toc.yml").write_text("root: book/index\n")
    assert main([str(book / CHAPTER)]) == 1
    assert capsys.readouterr().out == f"style 7.4: {CHAPTER}: not in _toc.yml; add it\n"


def test_wrong_path_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`path` must be a notebook file, got .*no\.ipynb"):
        check_notebook(tmp_path / "no.ipynb")
    with pytest.raises(ValueError, match=r"`root` must hold the folder notebooks, got "):
        check_all(tmp_path)


def test_the_book_keeps_its_rules():
    assert check_all(ROOT) == []
