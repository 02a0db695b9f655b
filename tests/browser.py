"""The built book in headless Chromium: its pages, a server, and tabs that keep a record."""

import os
import re
import shutil
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
CHROMIUMS = ["chromium", "chromium-browser", "google-chrome"]
CHROMIUMS += [f"/Applications/{n}.app/Contents/MacOS/{n}" for n in ("Chromium", "Google Chrome")]
# playwright itself adds --headless --no-sandbox --no-first-run --disable-background-networking
# --disable-component-update --disable-sync
FLAGS = ["--disable-gpu", "--disable-quic"]
PATIENCE = 90_000  # ms; what comes at once on a quiet machine comes late beside other work
expect.set_options(timeout=PATIENCE)
PAGES = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())


def source_of(name):
    """The file that a page is made from."""
    return next(path for path in ROOT.glob(f"{name}.*") if path.suffix in (".md", ".ipynb"))


def file_of(name):
    """The HTML file of a page."""
    return HTML / f"{name}.html"


def require_build():
    """Fail with what to do where the build is missing or older than what it is made from."""
    pairs = {source_of(name): file_of(name) for name in PAGES}
    pairs |= {path: HTML / "_static" / path.name for path in ROOT.glob("book/assets/*.*")}
    for source, made in pairs.items():
        if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
            pytest.fail(f"{made} is missing or older than its source: run `make book`", False)


def find_chromium():
    """Path of a Chromium or Chrome; skips the test where there is none."""
    for name in (os.environ.get("CHROMIUM", ""), *CHROMIUMS):
        if path := shutil.which(name):
            return path
    install = "`apt-get install chromium` or `brew install --cask chromium`"
    pytest.skip(f"no Chromium: {install}, or set CHROMIUM to the path of one")


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *args):
        pass


UNDER = "a/folder/of/a/site/"


class InFolder(Quiet):
    """Serves the book in a folder of a site, as GitHub Pages does; all else is not found."""

    def translate_path(self, path):
        inside = path.removeprefix(f"/{UNDER}")
        return super().translate_path(f"/{inside}" if inside != path else "/nothing")


@contextmanager
def served(kind=Quiet):
    """A server for the built book; gives the address of its folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(kind, directory=str(HTML))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextmanager
def open_book():
    """A browser and a server for the built book; gives the function that opens a page in a tab."""
    require_build()
    launch = {"executable_path": find_chromium(), "args": FLAGS}
    with served() as http, served(InFolder) as site, sync_playwright() as playwright:
        bases = {"http": http, "file": f"{HTML.as_uri()}/", "folder": f"{site}{UNDER}"}
        chromium = playwright.chromium.launch(**launch)

        @contextmanager
        def open_tab(name, over="http", **options):
            context = chromium.new_context(**options)
            yield Tab(context, bases[over], name, options.get("java_script_enabled", True))
            context.close()

        yield open_tab
        chromium.close()


class Tab:
    """A tab that lets no request out of the book and notes in `problems` what goes wrong."""

    def __init__(self, context, base, name, scripts=True):
        self.name, self.problems = name.partition("?")[0], []
        self.page = page = context.new_page()
        note = self.problems.append
        context.set_default_timeout(PATIENCE)
        context.add_init_script(path=Path(__file__).with_name("in_page.js"))
        context.route(re.compile(rf"^(?!{re.escape(base)}|data:|blob:)"), self._refuse)
        page.on("requestfailed", lambda request: note(f"failed: {request.url[:200]}"))
        page.on("response", lambda r: r.status < 400 or note(f"{r.status}: {r.url[:200]}"))
        page.on("console", lambda m: m.type != "error" or note(f"console: {m.text[:300]}"))
        page.on("pageerror", lambda error: note(f"error: {error}"))
        page.goto(f"{base}{self.name}.html{name[len(self.name) :]}")
        if scripts:
            page.wait_for_function("inPage.ready")

    def _refuse(self, route):
        self.problems.append(f"leaves the book: {route.request.url[:200]}")
        route.abort()
