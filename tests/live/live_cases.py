"""Pictures and controls for the tests of live figures, and a page without a kernel."""

import base64
import html
import re

import matplotlib.pyplot as plt
from ipywidgets import embed

from lmlab.live import Choice, Number, Slider

ASK = "Which one is higher?"
ALT = "The bar grows with the rate."
CONTROLS = {
    "rate": Slider("Learning rate", [0.001, 0.1], unit="/step"),
    "steps": Slider("Steps", [1, 2, 3], start=2),
    "kind": Choice("Kind", ["a", "b"], start="b"),
}
NUMBER = Number("Rate", 0.1, 0, 1)
WRONG = ["-0.1", "1.01", "nan", "inf", "-inf", "", "much", "0,5", "1e999", "0x1"]


def draw(rate=0.5, steps=1, kind="a"):
    """A picture that is another one for each state."""
    figure, ax = plt.subplots()
    ax.set_axis_off()
    ax.set(xlim=(0, 5), ylim=(0, 1))
    ax.bar([1], [0.2 + rate * 5])
    ax.bar([3], [0.2 * steps], color="red" if kind == "a" else "black")
    return figure


def say(**state):
    """A text of its own for each state."""
    return f"It is {str(state).encode().hex()}."


class Page:
    """A widget as a page without a kernel has it: stored models, and links between them."""

    def __init__(self, widget):
        models = embed.dependency_state(widget, drop_defaults=False)
        self.models = {name: model["state"] for name, model in models.items()}
        self.root = widget.model_id
        self.links = [
            tuple((end[0].removeprefix("IPY_MODEL_"), end[1]) for end in (s["source"], s["target"]))
            for s in self.models.values()
            if s["_model_name"] == "LinkModel"
        ]
        for source, target in self.links:
            assert self.models[target[0]][target[1]] == self.models[source[0]][source[1]]

    def move(self, knob, index):
        """What the reader does: a control gets another index, and the links pass it on."""
        self.models[knob.model_id]["index"] = index
        for source, (target, name) in self.links:
            if source == (knob.model_id, "index"):
                self.models[target][name] = index

    def seen(self, model=None):
        """The HTML texts that show now, from top to bottom."""
        state = self.models[model or self.root]
        children = [child.removeprefix("IPY_MODEL_") for child in state.get("children", [])]
        if state["_model_name"] == "StackModel":
            index = state["selected_index"]
            children = [] if index is None else children[index : index + 1]
        inside = [text for child in children for text in self.seen(child)]
        return [state["value"]] if state["_model_name"] == "HTMLModel" else inside

    def picture(self):
        """Alternative text and bytes of the one picture that shows now."""
        (found,) = re.findall(r'<img .*alt="(.*?)".*base64,(.*?)">', "".join(self.seen()))
        return html.unescape(found[0]), base64.b64decode(found[1])
