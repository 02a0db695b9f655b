"""Write lmlab/data/files/stack.json: the packages of the lock, who needs them, their licences.

`python -m lmlab.authoring.lockfile` reads requirements.txt and the metadata of what is installed,
on the platform of `PLATFORM` only, so that everybody's file is the same; the book reads the
file, and no chapter looks at the machine it runs on.
"""

import importlib.metadata
import json
import re
import sys
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
FILE = ROOT / "lmlab/data/files/stack.json"
PLATFORM = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}
TEXTS = {  # headings of whole texts; a mention of a licence is not its text
    "GPL-3.0": r"GNU GENERAL PUBLIC LICENSE\s+Version 3, 29 June 2007",
    "GPL-2.0": r"GNU GENERAL PUBLIC LICENSE\s+Version 2, June 1991",
    "LGPL": r"GNU (LESSER|LIBRARY) GENERAL PUBLIC LICENSE\s+Version",
    "MPL-2.0": r"Mozilla Public License,? [Vv]ersion 2\.0\s+=*\s*1\. Definitions",
}


def lock_of(text: str, platform: dict = PLATFORM) -> dict[str, dict]:
    """The packages that a lock of uv pins for a platform.

    Args:
        text: of requirements.txt, with its comments `# via`.
        platform: values of the markers.

    Returns:
        {name: {"version", "by": names of the packages that need it, "direct"}}.
    """
    found, current = {}, None
    for line in text.splitlines():
        if re.match(r"[a-z0-9]", line):
            pin = Requirement(line.rstrip("\\").strip())
            wanted = pin.marker is None or pin.marker.evaluate(
                {**default_environment(), **platform}
            )
            version = next(iter(pin.specifier)).version
            current = {"version": version, "by": [], "direct": False} if wanted else None
            if wanted:
                found[pin.name] = current
        elif current is not None and (
            via := re.match(r"    #   (?:  )?(\S.*)|    # via (\S.*)", line)
        ):
            name = via[1] or via[2]
            if name.startswith("-r "):
                current["direct"] = True
            elif name != "via":
                current["by"].append(name)
    return found


def needs(name: str, part: str, platform: dict = PLATFORM) -> bool:
    """Does an installed package ask for another one on this platform, by itself or for an extra?"""
    distribution = importlib.metadata.distribution(name)
    extras = ["", *(distribution.metadata.get_all("Provides-Extra") or ())]
    for line in distribution.requires or ():
        asked = Requirement(line)
        if re.sub(r"[-_.]+", "-", asked.name).lower() == part:
            if asked.marker is None:
                return True
            places = ({**default_environment(), **platform, "extra": extra} for extra in extras)
            if any(map(asked.marker.evaluate, places)):
                return True
    return False


def licence_of(name: str) -> dict:
    """What the metadata and the files of an installed package say of its licence."""
    distribution = importlib.metadata.distribution(name)
    about, texts = distribution.metadata, set()
    for file in distribution.files or ():
        inside = ".dist-info" in str(file) and re.search("LICEN|COPYING|NOTICE", str(file).upper())
        if inside:
            text = Path(file.locate()).read_text(encoding="utf-8", errors="ignore")
            texts |= {key for key, heading in TEXTS.items() if re.search(heading, text)}
    lines = (about.get("License") or "").strip().splitlines() or [""]
    ends = [each.split(" :: ")[-1] for each in about.get_all("Classifier") or ()]
    kinds = [each.startswith("License ::") for each in about.get_all("Classifier") or ()]
    return {
        "expression": about.get("License-Expression") or "",
        "licence": lines[0][:60],
        "classifiers": [end for end, kind in zip(ends, kinds, strict=True) if kind],
        "texts": sorted(texts),
    }


def main() -> None:
    """Write the file anew."""
    here = {key: default_environment()[key] for key in ("python_version", "sys_platform")}
    if any(PLATFORM[key] != value for key, value in here.items()):
        sys.exit(f"the file is that of Linux and Python 3.11; here: {here}")
    lock = lock_of((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    for name, about in lock.items():  # the lock is for all platforms: colorama is for Windows
        about["by"] = [each for each in about["by"] if needs(each, name)]
    rows = [{"name": name, **about, **licence_of(name)} for name, about in sorted(lock.items())]
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{FILE.relative_to(ROOT)}: {len(rows)} packages")


if __name__ == "__main__":
    main()
