"""Say in one line what this machine lacks, and what for; none of it stops `make book`."""

import shutil
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MAC_BROWSER = "/Applications/Chromium.app/Contents/MacOS/Chromium"
FIREFOXES = ("firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox")


def missing(platform: str = sys.platform, which=shutil.which) -> list[str]:
    """What is not there, each with what is skipped without it."""
    found = []
    if not any(map(which, (*BROWSERS, MAC_BROWSER))):
        found.append("Chromium (make test skips the tests of the built book)")
    if not any(map(which, FIREFOXES)):
        found.append("Firefox (make test skips the tests of the book in it)")
    if platform == "linux" and not which("bwrap"):
        found.append("bubblewrap (make test skips the tests of the grader)")
    if not which("git"):
        found.append("git (make review)")
    return found


if __name__ == "__main__":
    lacks = missing()
    print("Ready. Missing: " + "; ".join(lacks) if lacks else "Ready. Nothing is missing.")
