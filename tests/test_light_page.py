"""What makes a built page light, and what it still shows where a browser allows little."""

import gzip
import re

import browser
import pytest
from browser import HTML, PAGES, file_of, source_of
from bs4 import BeautifulSoup
from playwright.sync_api import expect

pytestmark = pytest.mark.book
CHAPTERS = [name for name in PAGES if name.startswith("notebooks/")]
MAX_BYTES, MAX_ZIPPED, MAX_REQUESTS = 1_600_000, 600_000, 20  # until the first figure answers
FONTS = ["Main-Regular", "Main-Bold", "Math-Italic", "AMS-Regular"]  # those of usual formulas
FONTS += [f"Size{n}-Regular" for n in (1, 2, 3, 4)]
FORBIDDEN = """Object.defineProperty(window, "localStorage", { configurable: true,
  get() { throw new DOMException("no storage", "SecurityError"); } });"""


@pytest.fixture(scope="module")
def open_tab():
    """The function that opens a page of the book in the browser."""
    with browser.open_book() as open_tab:
        yield open_tab


@pytest.mark.parametrize("name", CHAPTERS)
def test_first_figure_needs_few_bytes(open_tab, name):
    """The page, what it names, its first figure and fonts: at most 1.6 MB, 0.6 MB zipped."""
    soup = BeautifulSoup(file_of(name).read_text("utf-8"), "html.parser")
    urls = [e["href"] for e in soup.select('link[rel="stylesheet"], link[rel="icon"]')]
    urls += [e["src"] for e in soup.select("script[src]")]
    if figure := soup.select_one("[data-pack]"):
        urls += [figure["data-pack"], *(img["src"] for img in figure("img"))]
    files = [file_of(name)] + [file_of(name).parent / url.partition("?")[0] for url in urls]
    files += [HTML / f"_static/lib/mathjax/MathJax_{font}.woff" for font in FONTS]
    assert len(files) <= MAX_REQUESTS
    data = [path.read_bytes() for path in files]
    assert sum(map(len, data)) <= MAX_BYTES
    assert sum(len(gzip.compress(each)) for each in data) <= MAX_ZIPPED


@pytest.mark.parametrize("name", PAGES)
def test_page_stands_without_a_script(name):
    """Formulas are drawn, each figure has a question, a picture with its text and its size."""
    soup = BeautifulSoup(file_of(name).read_text("utf-8"), "html.parser")
    assert all(formula.select_one("mjx-container") for formula in soup.select(".math"))
    for figure in soup.select("figure.lmlab-explore"):
        picture = figure.select_one("img")
        assert figure.select_one(".lmlab-question").text.strip().endswith("?")
        assert picture["alt"].strip() and int(picture["width"]) and int(picture["height"])
        assert (file_of(name).parent / picture["src"].partition("?")[0]).is_file()
    blocking = soup.select("script[src]:not([defer])")
    assert not blocking, "they keep the text waiting"
    assert not soup.find_all("script", type=re.compile("widget"))


def chinese_words():
    """The Chinese terms of two characters in the glossary."""
    text = source_of("book/glossary").read_text("utf-8")
    terms = re.findall(r"^\S.*\((.+)\)$", text, re.MULTILINE)
    return sorted({word for term in terms for word in re.findall(r"[\u3400-\u9fff]+", term)
                   if len(word) == 2})  # fmt: skip


def test_search_finds_each_chinese_word(open_tab):
    """Each word of two characters leads to the glossary, and pages that are found hold it."""
    words = chinese_words()
    assert len(words) > 50
    with open_tab("search?q=网络") as tab:
        tab.page.locator("#search-results a[href*='.html']").first.wait_for()
        found = tab.page.evaluate(
            """words => words.map((word) => Search._performSearch(...Search._parseQuery(word))
              .map((result) => result[0]))""",
            words,
        )
    for word, names in zip(words, found, strict=True):
        assert "book/glossary" in names, word
        assert all(word in file_of(name).read_text("utf-8") for name in names), (word, names)


@pytest.mark.parametrize("query", ["网络", "学习"])
def test_search_finds_words_inside_longer_ones(open_tab, query):
    """A reader who types two characters of 神经网络 gets results."""
    with open_tab(f"search?q={query}") as tab:
        tab.page.locator("#search-results a[href*='.html']").first.wait_for()


def test_book_lives_in_a_folder_of_a_site(open_tab):
    """Under a path a figure answers, the search finds, nothing outside the path is asked for."""
    with open_tab(CHAPTERS[0], over="folder") as tab:
        figure = tab.page.locator("figure.lmlab-explore:has([type=range])").first
        figure.scroll_into_view_if_needed()
        expect(figure).to_have_attribute("data-ready", "")
        old = figure.locator("img").get_attribute("alt")
        figure.locator("[type=range]").first.press("ArrowRight")
        expect(figure.locator("img")).not_to_have_attribute("alt", old)
        tab.page.wait_for_load_state("networkidle")
        assert not tab.problems, "\n".join(tab.problems)
    with open_tab("search?q=calibration", over="folder") as tab:
        tab.page.locator("#search-results a[href*='.html']").first.click()
        tab.page.wait_for_selector("article h1")
        assert not tab.problems, "\n".join(tab.problems)


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapter_is_read_with_scripts_off(open_tab, name):
    """Every figure shows its first picture with its text, and every formula has a size."""
    with open_tab(name, java_script_enabled=False) as tab:
        page = tab.page
        page.emulate_media(media="print")  # where all is laid out at once
        for figure in page.locator("figure.lmlab-explore img").all():
            figure.scroll_into_view_if_needed()
            expect(figure).to_be_visible()
            expect(figure).to_have_js_property("complete", True)
            assert figure.evaluate("image => image.naturalWidth") > 0
            assert figure.get_attribute("alt")
        sizes = page.locator("mjx-container > mjx-math").evaluate_all(
            """all => all.filter((e) => e.checkVisibility()).map((e) => {
              const { width, height } = e.getBoundingClientRect();
              return Math.min(width, height);
            })"""
        )
        assert all(size > 2 for size in sizes)
        assert not tab.problems, "\n".join(tab.problems)


@pytest.mark.parametrize(("width", "ratio"), [(320, 1), (640, 2)])
def test_no_page_scrolls_sideways(open_tab, width, ratio):
    """Not on a screen of 320 pixels, nor on one of 1280 at 200 % zoom."""
    options = {"viewport": {"width": width, "height": 700}, "device_scale_factor": ratio}
    found = {}
    with open_tab("search", over="file", **options) as tab:
        for name in PAGES:
            tab.page.goto(file_of(name).as_uri())
            tab.page.add_style_tag(content="[data-far] { content-visibility: visible !important }")
            wide = tab.page.evaluate("document.documentElement.scrollWidth")
            cut_off = tab.page.evaluate("inPage.cutOff", width)
            if wide > width or cut_off:
                found[name] = (wide, cut_off[:3])
    assert not found


def test_page_lives_without_local_storage(open_tab):
    """Where the browser forbids it, the theme can be changed and the search finds."""
    with open_tab("search?q=calibration") as tab:
        tab.page.wait_for_load_state("networkidle")  # a reload breaks off what still loads
        tab.page.add_init_script(FORBIDDEN)
        tab.page.reload()
        tab.page.locator("#search-results a[href*='.html']").first.wait_for()
        before = tab.page.evaluate("document.documentElement.dataset.mode")
        tab.page.wait_for_function("inPage.ready")  # the button listens from here on
        tab.page.locator(".theme-switch-button").first.click()
        mode = "mode => document.documentElement.dataset.mode !== mode"
        tab.page.wait_for_function(mode, arg=before)
        assert not tab.problems, "\n".join(tab.problems)


def test_dark_page_prints_light(open_tab):
    """Text and code of a page in the dark theme are dark on paper; the figure and question stay."""
    with open_tab(CHAPTERS[0], color_scheme="dark") as tab:
        tab.page.emulate_media(media="print", color_scheme="dark")
        tab.page.wait_for_function("inPage.isSettledIn", arg="dark")
        for css in ("article p", "article h1", "article .highlight pre .kn", "article pre"):
            colour = "e => getComputedStyle(e).color"
            text = tab.page.locator(css).first.evaluate(colour)
            assert sum(map(int, re.findall(r"\d+", text)[:3])) < 384, f"{css}: {text}"
        figure = tab.page.locator("figure.lmlab-explore").first
        expect(figure.locator("img")).to_be_visible()
        expect(figure.locator(".lmlab-question")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("wanted", ["section", "figure"])
def test_far_anchors_are_reached(open_tab, wanted, width):
    """A link to a far heading or figure shows it, though what stands above was not laid out."""
    name = max(CHAPTERS, key=lambda name: file_of(name).stat().st_size)
    soup = BeautifulSoup(file_of(name).read_text("utf-8"), "html.parser")
    target = soup.select(f"article {wanted}[id]")[-2]["id"]
    with open_tab(f"{name}?#{target}", viewport={"width": width, "height": 800}) as tab:
        where = f"document.getElementById({target!r}).getBoundingClientRect().top"
        tab.page.wait_for_function(f"Math.abs({where}) < 200")
        tab.page.wait_for_timeout(1000)  # what is laid out late does not carry it away
        assert abs(tab.page.evaluate(where)) < 200
        assert not tab.problems, "\n".join(tab.problems)


@pytest.mark.parametrize(("width", "which"), [(390, 0), (1280, 1)])
def test_far_blocks_know_their_height(open_tab, width, which):
    """The estimates of a chapter's blocks add up to within a tenth, so the scroll bar is honest."""
    with open_tab(CHAPTERS[-1], viewport={"width": width, "height": 800}) as tab:
        tab.page.add_style_tag(content="[data-far] { content-visibility: visible !important }")
        blocks = tab.page.evaluate(
            """() => [...document.querySelectorAll("[data-far]")].map((block) => [
              block.getBoundingClientRect().height,
              ...["--p", "--d"].map((name) => parseFloat(block.style.getPropertyValue(name)))])"""
        )
        real, guess = (sum(block[i] for block in blocks) for i in (0, 1 + which))
        assert len(blocks) > 20
        assert guess == pytest.approx(real, rel=0.1)


def test_book_can_be_published():
    """GitHub Pages serves folders that begin with _ only beside this file."""
    assert (HTML / ".nojekyll").is_file()
