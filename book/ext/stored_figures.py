"""Stored widgets as plain HTML: how the book shows what a notebook shows with ipywidgets.

Reads the widget state that is stored in a notebook, nothing else. A figure stands in the page with
its question, native controls and its first picture; the other pictures, and all that a pad
computes with, lie in a *pack*: a script beside the page that `live.js` fetches when the figure
comes near. A script, because a page on a disk may load one, but may not fetch data.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

FRAME = re.compile(r'<img class="lmlab-frame" width="(\d+)" alt="([^"]*)" [^>]*src="([^"]+)">')
OUTER = re.compile(r"</?p[^>]*>")


@dataclass
class Place:
    """Where the files of a page's figures go, and how the page calls them.

    Args:
        folder: folder of the files.
        url: the same folder, seen from the page, with a slash at its end.
        stem: how the names of this page's files begin.
    """

    folder: Path
    url: str
    stem: str
    count: int = 0

    def write(self, suffix: str, data: bytes) -> str:
        """Write a file for the present figure; its address, which changes with what it holds."""
        name = f"{self.stem}-{self.count}{suffix}"
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(data)
        return f"{self.url}{quote(name)}?v={hashlib.sha256(data).hexdigest()[:8]}"

    def pack(self, data: object) -> str:
        """Write the pack of the present figure; its address."""
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return self.write(".js", f'live("live-{self.count}",{text})\n'.encode())


@dataclass(frozen=True)
class Picture:
    """One state of a figure: a PNG, what it shows in words, and its size in CSS pixels."""

    png: bytes
    alt: str
    width: int
    height: int

    @classmethod
    def read(cls, value: str) -> "Picture":
        """From the HTML that `lmlab.live` stores."""
        width, alt, source = FRAME.search(value).groups()
        png = base64.b64decode(source.partition(",")[2])
        columns, rows = (int.from_bytes(png[i : i + 4], "big") for i in (16, 20))
        return cls(png, html.unescape(alt), int(width), round(int(width) * rows / columns))

    def tag(self, address: str) -> str:
        return (
            f'<img class="lmlab-frame" width="{self.width}" height="{self.height}" loading="lazy" '
            f'alt="{_attribute(self.alt)}" src="{address}">'
        )

    def entry(self, address: str = "") -> list:
        """What a pack holds of it."""
        address = address or f"data:image/png;base64,{base64.b64encode(self.png).decode()}"
        return [address, self.alt, self.width, self.height]


class Stored:
    """The widget models of a notebook.

    Args:
        models: the `state` of the notebook's widget state, by model id.
    """

    def __init__(self, models: dict):
        self.models = models

    def render(self, model_id: str, place: Place) -> str:
        """The HTML of a widget that a cell shows; writes its files.

        Raises:
            ValueError: the book cannot show a widget of this kind.
        """
        model = self.models[model_id]
        classes = model["state"].get("_dom_classes", [])
        place.count += 1
        if "lmlab-explore" in classes:
            return self._explore(model, place)
        if "lmlab-workbench" in classes:
            return self._workbench(model, place)
        if model["model_name"] == "AnyModel":
            return self._pad(model, place)
        raise ValueError(f"the book has no HTML for a {model['model_name']} of classes {classes}")

    def _children(self, model: dict) -> list[dict]:
        names = model["state"]["children"]
        return [self.models[name.removeprefix("IPY_MODEL_")] for name in names]

    def _values(self, model: dict) -> Iterator[str]:
        """The HTML in nested stacks, in order: the last control runs fastest."""
        if model["model_name"] != "StackModel":
            yield model["state"]["value"]
        else:
            for child in self._children(model):
                yield from self._values(child)

    def _explore(self, model: dict, place: Place) -> str:
        question, *guess, bar, stack = self._children(model)
        knobs = self._children(bar)
        pictures = [Picture.read(value) for value in self._values(stack)]
        start = 0
        for knob in knobs:
            start = start * len(knob["state"]["_options_labels"]) + (knob["state"]["index"] or 0)
        first = place.write(".png", pictures[start].png)
        entries = [p.entry(first if i == start else "") for i, p in enumerate(pictures)]
        name = f"live-{place.count}"
        parts = [
            f'<figure class="lmlab-explore" id="{name}" data-pack="{place.pack(entries)}">',
            f'<figcaption class="lmlab-question">{_text(question)}</figcaption>',
            *(self._guess(box, name) for box in guess),
            '<div class="lmlab-controls">',
            *(_knob(knob["state"], f"{name}-{i}") for i, knob in enumerate(knobs, start=1)),
            f"</div>{pictures[start].tag(first)}</figure>",
        ]
        return "\n".join(parts)

    def _guess(self, box: dict, name: str) -> str:
        buttons, stack = self._children(box)
        replies = [_text(reply) for reply in self._children(stack)]
        return _radios(
            buttons["state"], f"{name}-guess", "lmlab-predict", replies
        )  # the reply is said aloud: `output` is a live region

    def _workbench(self, model: dict, place: Place) -> str:
        shown = [
            m["state"]["value"] for m in self._children(model) if m["model_name"] == "HTMLModel"
        ]
        parts = []
        for value in shown:
            if FRAME.search(value):
                picture = Picture.read(value)
                value = picture.tag(place.write(".png", picture.png))
            parts.append(value.replace(' style="display:none"', ""))
        return f'<div class="lmlab-workbench">{"".join(parts)}</div>'

    def _pad(self, model: dict, place: Place) -> str:
        own = {k: v for k, v in model["state"].items() if not k.startswith("_")}
        pack = {
            "esm": model["state"]["_esm"],
            "css": model["state"]["_css"],
            "values": {k: v for k, v in own.items() if k not in ("layout", "tabbable", "tooltip")},
            "bytes": {b["path"][0]: b["data"] for b in model.get("buffers", [])},
        }
        said = "This part computes in the page. It needs JavaScript."
        return (
            f'<div class="lmlab-pad" id="live-{place.count}" data-pack="{place.pack(pack)}">'
            f"<p>{said}</p></div>"
        )


def _text(model: dict) -> str:
    """The text of an HTML widget without its paragraph, still escaped."""
    return OUTER.sub("", model["state"]["value"])


def _attribute(text: str) -> str:
    return html.escape(text, quote=True)


def _knob(state: dict, name: str) -> str:
    """A slider, some buttons or a menu, as `lmlab.live.controls` made it."""
    labels, index = state["_options_labels"], state["index"] or 0
    if state["_model_name"] == "ToggleButtonsModel":
        return _radios(state, name, "lmlab-choice")
    label = f'<label for="{name}">{html.escape(state["description"])}</label>'
    if state["_model_name"] == "DropdownModel":
        options = "".join(
            f"<option{' selected' * (i == index)}>{html.escape(text)}</option>"
            for i, text in enumerate(labels)
        )
        control = f'<select id="{name}" autocomplete="off">{options}</select>'
    else:
        texts = _attribute(json.dumps(labels, ensure_ascii=False))
        control = (
            f'<input type="range" id="{name}" min="0" max="{len(labels) - 1}" value="{index}" '
            f'aria-valuetext="{_attribute(labels[index])}" data-texts="{texts}" autocomplete="off">'
            f'<span class="lmlab-value" aria-hidden="true">{html.escape(labels[index])}</span>'
        )
    return f'<div class="lmlab-knob">{label}{control}</div>'


def _radios(state: dict, name: str, kind: str, replies: list[str] | None = None) -> str:
    """Buttons of which one is chosen; with `replies`, an answer to each of them."""
    inputs = []
    for i, text in enumerate(state["_options_labels"]):
        checked = " checked" * (i == state["index"])
        reply = f' data-reply="{_attribute(html.unescape(replies[i]))}"' if replies else ""
        inputs.append(
            f'<label><input type="radio" name="{name}" autocomplete="off"{checked}{reply}>'
            f"<span>{html.escape(text)}</span></label>"
        )
    output = '<output class="lmlab-reply"></output>' if replies else ""
    legend = f"<legend>{html.escape(state['description'])}</legend>"
    return f'<fieldset class="{kind}">{legend}{"".join(inputs)}{output}</fieldset>'
