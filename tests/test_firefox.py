"""The built book in Firefox: it opens, its figures answer, its formulas are those of Chromium."""

import re
import time

import browser
import pytest
from browser import PAGES, file_of, served
from firefox import open_firefox

pytestmark = pytest.mark.book
CHAPTERS = [name for name in PAGES if name.startswith("notebooks/")]
FIGURE = """(() => {
  const figure = document.querySelector("figure.lmlab-explore:has([type=range])");
  const picture = figure.querySelector("img");
  return [figure.dataset.ready !== undefined, picture.alt, picture.naturalWidth > 0];
})()"""
SIZES = """places => places.map((at) => {
  const formula = document.querySelectorAll("mjx-container")[at];
  const { width, height } = formula.querySelector("mjx-math").getBoundingClientRect();
  return [width, height];
})"""


@pytest.fixture(scope="module")
def firefox():
    """A tab of Firefox and the address of the book."""
    browser.require_build()
    with served() as base, open_firefox() as page:
        yield page, base


def until(page, expression, seconds=90):
    """Wait until an expression is true in the page."""
    end = time.monotonic() + seconds
    while not (value := page.evaluate(expression)) and time.monotonic() < end:
        time.sleep(0.1)
    assert value, expression


@pytest.mark.parametrize("name", [CHAPTERS[0], CHAPTERS[len(CHAPTERS) // 2], CHAPTERS[-1]])
def test_figure_answers_a_key(firefox, name):
    """Three chapters: a key at the slider brings another picture with another text."""
    page, base = firefox
    page.size(1280, 900)
    page.open(f"{base}{name}.html")
    slider = 'document.querySelector("figure.lmlab-explore [type=range]")'
    page.evaluate(f"{slider}.scrollIntoView({{ block: 'center' }})")
    until(page, f"({FIGURE})[0]")
    _, before, _ = page.evaluate(FIGURE)
    page.evaluate(f"{slider}.focus()")
    at_end = page.evaluate(f"{slider}.value === {slider}.max")
    page.press("ArrowLeft" if at_end else "ArrowRight")
    until(page, f"({FIGURE})[1] !== {before!r} && ({FIGURE})[2]")
    asked = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert all(url.startswith((base, "data:", "blob:")) for url in asked)


def test_page_does_not_scroll_sideways(firefox):
    """At 320 pixels and at 200 % zoom."""
    page, base = firefox
    for width, ratio in ((320, 1), (640, 2)):
        page.size(width, 700, ratio)
        for name in ("index", CHAPTERS[0], "book/glossary"):
            page.open(f"{base}{name}.html")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def densest(count):
    """The formulas with the most parts: page and place in it."""
    found = []
    for name in PAGES:
        drawn = re.findall(
            r"<mjx-container.*?</mjx-container>", file_of(name).read_text("utf-8"), re.S
        )
        found += [(text.count("<mjx-"), name, at) for at, text in enumerate(drawn)]
    return [(name, at) for _, name, at in sorted(found, reverse=True)[:count]]


def test_dense_formulas_are_as_large_as_in_chromium(firefox):
    """The ten densest formulas of the book, to within three pixels."""
    page, base = firefox
    page.size(1280, 900)
    fonts = "document.fonts.ready.then(() => document.fonts.status)"
    with browser.open_book() as open_tab:
        for name, at in densest(10):
            page.open(f"{base}{name}.html")
            page.evaluate(f"document.querySelectorAll('mjx-container')[{at}].scrollIntoView()")
            until(page, f"{fonts}.then((said) => said === 'loaded')")
            [there] = page.evaluate(f"({SIZES})([{at}])")
            with open_tab(name, viewport={"width": 1280, "height": 900}) as tab:
                tab.page.locator("mjx-container").nth(at).scroll_into_view_if_needed()
                tab.page.evaluate(fonts)
                [here] = tab.page.evaluate(SIZES, [at])
            assert there == pytest.approx(here, abs=3), f"{name}, formula {at}"
