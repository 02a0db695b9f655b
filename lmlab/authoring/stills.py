"""A still picture beside each live figure, for a viewer that shows no widgets.

GitHub, nbviewer and `nbconvert --to html` show it: the first state, and a line that says where its
controls work. It is made of the stored state, so no cell runs:

    python -m lmlab.authoring.stills notebooks/4_innovation/3_code.ipynb …
"""

import argparse
import base64
import html
import io
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat

from lmlab.authoring.execute import STATE, VIEW, write

__all__ = ["add_stills"]

FRAME = re.compile(
    r'<img class="lmlab-frame" width="(\d+)" alt="([^"]*)"[^>]*src="data:image/png;base64,([^"]+)">'
)
HINT = "A still picture. Its controls work in the built book, and in JupyterLab with `make lab`."
STRIP = 22  # pixels below the picture for the hint
COLOURS = 32


def add_stills(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Give each output with a live figure or a workbench its picture as `image/png`.

    The alternative text and the width go to the output's metadata. What has no picture (a pad
    that computes) stays as it is.
    """
    models = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if VIEW not in output.get("data", {}):
                continue
            frame = next(_frames(output.data[VIEW]["model_id"], models), None)
            if frame:
                width, alt, data = frame
                picture = _with_hint(base64.b64decode(data), int(width))
                output.data["image/png"] = base64.b64encode(picture).decode() + "\n"
                shown = {"alt": f"{html.unescape(alt)} {HINT}", "width": int(width)}
                output.metadata["image/png"] = nbformat.from_dict(shown)
    return notebook


def _frames(model_id: str, models: dict) -> Iterator[tuple[str, str, str]]:
    """Width, alternative text and data of the pictures that a widget shows at first."""
    state = models.get(model_id, {}).get("state", {})
    if found := FRAME.search(str(state.get("value", ""))):
        yield found.groups()
    children = state.get("children", [])
    if models.get(model_id, {}).get("model_name") == "StackModel":
        at = state.get("selected_index")
        children = [] if at is None else children[at : at + 1]
    for child in children:
        yield from _frames(child.removeprefix("IPY_MODEL_"), models)


def _with_hint(png: bytes, width: int) -> bytes:
    """A picture in as many pixels as it takes in the page, with the hint below it."""
    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    height = round(width * picture.height / picture.width)
    canvas = Image.new("RGB", (width, height + STRIP), "white")
    canvas.paste(picture.resize((width, height), Image.Resampling.LANCZOS))
    font = str(Path(get_data_path(), "fonts/ttf/DejaVuSans.ttf"))
    size = 12
    while size > 6 and ImageFont.truetype(font, size).getlength(HINT) > width - 8:
        size -= 1
    ImageDraw.Draw(canvas).text((4, height + 4), HINT, "#444", ImageFont.truetype(font, size))
    file = io.BytesIO()
    canvas.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=0).save(file, "png", optimize=True)
    return file.getvalue()


def main(arguments: list[str] | None = None) -> None:
    """Add the pictures to stored notebooks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path)
    for path in parser.parse_args(arguments).paths:
        write(add_stills(nbformat.read(path, as_version=4)), path)


if __name__ == "__main__":
    main()
