"""What a notebook shows with ipywidgets, read from its stored models along their links."""

import base64
import html
import itertools
import json
import re
from functools import cache, cached_property

import browser
from bs4 import BeautifulSoup

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


class Widget:
    """One stored model, and those that it names."""

    def __init__(self, models, name):
        self.models, self.name = models, name.removeprefix("IPY_MODEL_")
        self.kind = models[self.name]["model_name"]
        self.state = {"_dom_classes": [], "value": ""} | models[self.name]["state"]
        self.classes = self.state["_dom_classes"]

    @property
    def children(self):
        return [Widget(self.models, name) for name in self.state.get("children", [])]

    @property
    def family(self):
        """The widget and all below it."""
        return [self, *(one for child in self.children for one in child.family)]

    def of_class(self, css_class):
        return [one for one in self.family if css_class in one.classes]

    @property
    def text(self):
        return BeautifulSoup(self.state["value"], "html.parser").get_text()

    def after_links(self, indices):
        """What a stack shows once the controls (by name) stand at `indices`."""
        if self.kind != "StackModel":
            return self
        ends = [
            model["state"]["source"]
            for model in self.models.values()
            if model["model_name"] == "LinkModel"
            and model["state"]["target"] == [f"IPY_MODEL_{self.name}", "selected_index"]
        ]
        [(control, trait)] = ends
        assert trait == "index"
        chosen = self.children[indices[control.removeprefix("IPY_MODEL_")]]
        return chosen.after_links(indices)


class Figure:
    """A stored `explore`: its words, its controls, and the picture of each state."""

    def __init__(self, widget):
        self.question, *guess, bar, self.stack = widget.children
        self.knobs = bar.children
        self.question = self.question.text
        self.labels = [knob.state["description"] for knob in self.knobs]
        self.values = [knob.state["_options_labels"] for knob in self.knobs]
        self.start = tuple(knob.state["index"] for knob in self.knobs)
        self.replies = {}
        for box in guess:
            buttons, stack = box.children
            for i, label in enumerate(buttons.state["_options_labels"]):
                self.replies[label] = stack.after_links({buttons.name: i}).text

    @cached_property
    def pictures(self):
        """The picture of each state, by where the controls stand: its PNG and its text."""
        found = {}
        for place in itertools.product(*(range(len(values)) for values in self.values)):
            names = (knob.name for knob in self.knobs)
            value = self.stack.after_links(dict(zip(names, place, strict=True))).state["value"]
            source, text = (re.search(f'{key}="([^"]*)"', value)[1] for key in ("src", "alt"))
            found[place] = base64.b64decode(source.split(",")[1]), html.unescape(text)
        return found


@cache
def widgets_of(name):
    """The widgets that the cells of a page's notebook show, or those that a page borrows."""
    source = browser.source_of(name)
    borrowed = []
    if source.suffix == ".md":
        mark = r"\{live-figure\} (\S+)\n:cell: (\S+)"
        borrowed = re.findall(mark, source.read_text("utf-8"))
    found = []
    for path, wanted in borrowed or [(source, None)] * (source.suffix == ".ipynb"):
        notebook = json.loads((browser.ROOT / path).read_text("utf-8"))
        models = notebook["metadata"].get("widgets", {}).get(STATE, {}).get("state")
        for cell in notebook["cells"]:
            if wanted in (None, cell.get("id"), *cell["metadata"].get("tags", [])):
                views = [
                    o["data"][VIEW] for o in cell.get("outputs", []) if VIEW in o.get("data", {})
                ]
                found += [Widget(models, view["model_id"]) for view in views]
    return found
