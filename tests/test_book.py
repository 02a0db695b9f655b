"""The built book, as a reader has it: in a browser, with no kernel and no other host."""

import base64
import itertools
import math
import re
from functools import cache
from urllib.parse import unquote, urlsplit

import browser
import nbformat
import pytest
from browser import PAGES, file_of, source_of
from bs4 import BeautifulSoup
from playwright.sync_api import expect
from stored import Figure, widgets_of

from lmlab.authoring.rules_size import limits_of

pytestmark = pytest.mark.book
DIGITS = "notebooks/4_innovation/3_code"
PADS = ["book/index", DIGITS]
SENTENCES = "notebooks/4_innovation/1_concepts"
MARGIN = "notebooks/2_industrialization/1_concepts"
TASTE = "notebooks/4_innovation/7_recommender"
BOXES = "notebooks/4_innovation/5_detection_segmentation"
REVIEWS = "notebooks/3_specialization/7_sentiment"
SPEECH = "notebooks/4_innovation/6_speech"
# the tests of a page go to one worker
GROUPED = {name: pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in PAGES}
MAX_BYTES = 550_000  # of the HTML of a page
MAX_WAIT = 50  # ms from a key to the new picture, 95 of 100 times
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
AXE = browser.ROOT / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")  # not longer: while playwright runs, no other event loop can
def open_tab():
    """The function that opens a page of the book in the browser."""
    with browser.open_book() as open_tab:
        yield open_tab


@pytest.fixture(scope="module", params=GROUPED.values())
def tab(open_tab, request):
    """A page of the book; the tests of a page share the tab."""
    with open_tab(request.param, viewport=DESK) as tab:
        yield tab


@cache
def soup_of(path):
    """The HTML of a built page, parsed."""
    return BeautifulSoup(path.read_text(), "html.parser")


@cache
def anchors_of(path):
    """The places in a built page that a link may lead to."""
    return set(re.findall(r'\sid="([^"]*)"', path.read_text()))


def shown(tab, css_class):
    """The widgets of a class that a page shows, beside what is stored of them."""
    stored = [one for widget in widgets_of(tab.name) for one in widget.of_class(css_class)]
    found = tab.page.locator(f".{css_class}").all()
    assert len(found) == len(stored)
    for each in found:
        each.scroll_into_view_if_needed()
    return list(zip(found, stored, strict=True))


def pads_of(tab):
    """The pads of a page, mounted; as many as are stored."""
    pads = tab.page.locator(".lmlab-pad")
    expect(pads).to_have_count(sum(widget.kind == "AnyModel" for widget in widgets_of(tab.name)))
    for pad in pads.all():
        pad.scroll_into_view_if_needed()
        expect(pad).to_have_attribute("data-ready", "")
    return pads


def knob_of(widget):
    """How many values a control has, the present one, and what takes its keys."""
    slider, menu, radios = (
        widget.locator(css) for css in ("[type=range]", "select", "[type=radio]")
    )
    if slider.count():
        return *slider.evaluate("e => [Number(e.max) + 1, Number(e.value)]"), slider
    if menu.count():
        return *menu.evaluate("menu => [menu.length, menu.selectedIndex]"), menu
    checked = [radio.is_checked() for radio in radios.all()]
    return len(checked), checked.index(True), radios


def step(target, here, there):
    """Press the key that leads from a value of a control to its neighbour."""
    one = target.nth(here) if target.count() > 1 else target
    assert one.evaluate("element => element.tabIndex") >= 0, "the Tab key passes it by"
    one.press("ArrowRight" if there > here else "ArrowLeft")


def png_of(source):
    """The bytes of a picture in the page: in a file of the book, or written out in its address."""
    if source.startswith("data:"):
        return base64.b64decode(source.partition(",")[2])
    return (browser.HTML / "_live" / urlsplit(source).path.split("/")[-1]).read_bytes()


def test_live_figures_show_what_is_stored(tab):
    """Each state of each figure shows the picture and the texts that the notebook stores for it."""
    for figure, widget in shown(tab, "lmlab-explore"):
        figure.scroll_into_view_if_needed()
        expect(figure).to_have_attribute("data-ready", "")
        stored = Figure(widget)
        pictures = stored.pictures
        assert figure.locator(".lmlab-question").text_content() == stored.question
        controls = figure.locator(".lmlab-controls > *").all()
        sizes, start, _ = zip(*map(knob_of, controls), strict=True)
        assert (sizes, start) == (tuple(map(len, stored.values)), stored.start)
        for control, label in zip(controls, stored.labels, strict=True):
            assert control.locator("label, legend").first.text_content() == label
        assert figure.locator("img").get_attribute("alt") == pictures[start][1]
        seen = figure.evaluate("inPage.drive", [*map(list, pictures), list(start)])
        for place, (source, text, said) in zip([*pictures, start], seen, strict=True):
            assert (png_of(source), text) == pictures[place], f"at {place}"
            assert said == [values[i] for values, i in zip(stored.values, place, strict=True)]
        assert len(pictures) == math.prod(sizes) == len(set(pictures.values()))
        assert all(text.strip() for _, text in pictures.values())


def test_live_figures_answer_the_keyboard(tab):
    """The keys move one control of each kind on a page through all its values and back."""
    moved = set()
    for figure, widget in shown(tab, "lmlab-explore"):
        stored = Figure(widget)
        for i, control in enumerate(figure.locator(".lmlab-controls > *").all()):
            kind = control.locator("input, select").first.evaluate("e => e.type")
            if kind in moved:
                continue
            moved.add(kind)
            size, start, target = knob_of(control)
            way = [*range(start, size), *range(size - 2, -1, -1), *range(1, start + 1)]
            last, _ = figure.evaluate("inPage.picture")
            for here, there in itertools.pairwise(way):
                step(target, here, there)
                place = (*stored.start[:i], there, *stored.start[i + 1 :])
                source, text = figure.evaluate("inPage.picture", last) or ("", "no new picture")
                assert text == stored.pictures[place][1], f"from {here} to {there}"
                last = source


def test_guesses_are_answered(tab):
    """Each possible answer to a figure's question gets its own reply, the stored one."""
    figures = [w for widget in widgets_of(tab.name) for w in widget.of_class("lmlab-explore")]
    stored = [replies for w in figures if (replies := Figure(w).replies)]
    guesses = shown(tab, "lmlab-predict")
    for (guess, _), replies in zip(guesses, stored, strict=True):
        buttons = guess.get_by_role("radio")
        assert buttons.count() == len(replies) == len(set(replies.values())) > 1
        for label, reply in replies.items():
            buttons.and_(guess.get_by_label(label, exact=True)).press("Space")
            expect(guess.get_by_role("status")).to_have_text(reply)


@pytest.mark.alone
def test_live_figures_answer_at_once(open_tab, capsys):
    """From a key to the new picture takes at most 50 ms, 95 of 100 times; best of 3 attempts."""
    late = []
    while len(late) < 3 and min(late, default=math.inf) > MAX_WAIT:
        with open_tab(DIGITS, viewport=DESK) as tab:
            figure = tab.page.locator(".lmlab-explore").first
            figure.scroll_into_view_if_needed()
            expect(figure).to_have_attribute("data-ready", "")
            size, start, handle = knob_of(figure.locator(".lmlab-controls > *").first)
            handle.scroll_into_view_if_needed()
            figure.evaluate("inPage.watch")
            way = [*range(start, size - 1), *range(size - 1, 0, -1), *range(start)] * 44
            for count, (here, there) in enumerate(itertools.pairwise(way[:45]), start=1):
                step(handle, here, there)
                tab.page.wait_for_function("count => inPage.waits.length === count", arg=count)
            waits = sorted(tab.page.evaluate("inPage.waits"))
        late.append(waits[math.ceil(0.95 * len(waits)) - 1])
        with capsys.disabled():
            print(f"\nkey to picture: median {waits[len(waits) // 2]:.0f}, p95 {late[-1]:.0f} ms")
    assert min(late) <= MAX_WAIT


def test_workbench_shows_stored_runs(tab):
    """Without a kernel a workbench has its runs and says how to train; it has no dead control."""
    for bench, _ in shown(tab, "lmlab-workbench"):
        expect(bench.locator(".lmlab-page-only:visible")).to_contain_text("make lab")
        expect(bench.locator("img")).to_be_visible()
        assert bench.locator(".lmlab-runs tr:visible").count() > 1
        assert bench.locator(":is(button, input, select)").count() == 0


def test_page_computes_what_keras_computes(tab):
    """A widget that holds results of Keras repeats them in the page."""
    checked = pads_of(tab).locator("[data-difference]")
    expect(checked).to_have_count(sum(bool(w.state.get("expected")) for w in widgets_of(tab.name)))
    for widget in checked.all():
        is_pad = "digit-pad" in widget.get_attribute("class")
        assert float(widget.get_attribute("data-difference")) < (1e-3 if is_pad else 1e-4)


@pytest.mark.parametrize("tab", [GROUPED[name] for name in PADS], indirect=True)
def test_digit_pad(tab):
    """It reads what is loaded and what is drawn; it can be emptied and moved."""
    pad, mouse = pads_of(tab).locator(".digit-pad"), tab.page.mouse
    canvas = pad.locator("canvas")
    expect(pad.locator(".verdict")).to_contain_text(re.compile(r"a 7 with \d+ %"))
    read = []
    for digit in range(10):
        pad.locator(".examples button").nth(digit).press("Enter")
        read.append(pad.get_attribute("data-read"))
    assert sum(answer == str(digit) for digit, answer in enumerate(read)) >= 9, read

    pad.locator(".wipe").press("Enter")
    expect(pad).to_have_attribute("data-read", "")
    assert canvas.evaluate("inPage.ink")[2] == 0
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.15 * box["height"])
    mouse.down()
    mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.85 * box["height"], steps=10)
    mouse.up()
    expect(pad).to_have_attribute("data-read", "1")

    x, y, ink = canvas.evaluate("inPage.ink")
    for key in ("Right", "Right", "Right", "Left", "Up", "Up", "Down"):
        canvas.press(f"Arrow{key}")
    assert canvas.evaluate("inPage.ink") == pytest.approx([x + 2, y - 1, ink], abs=0.1)


@pytest.mark.parametrize("name", [GROUPED[name] for name in PADS])
def test_digit_pad_takes_a_finger(open_tab, name):
    """On a phone a stroke draws and does not scroll the page."""
    with open_tab(name, viewport=PHONE, has_touch=True, is_mobile=True) as tab:
        pad = pads_of(tab).locator(".digit-pad")
        pad.locator(".wipe").tap()
        box, top = pad.locator("canvas").bounding_box(), tab.page.evaluate("scrollY")
        finger = {"x": box["x"] + box["width"] / 2}
        session = tab.page.context.new_cdp_session(tab.page)
        for kind, place in [("Start", 0.15), *(("Move", 0.07 * i) for i in range(3, 13))]:
            points = [finger | {"y": box["y"] + place * box["height"]}]
            event = {"type": f"touch{kind}", "touchPoints": points}
            session.send("Input.dispatchTouchEvent", event)
        expect(pad).to_have_attribute("data-read", "1")
        assert tab.page.evaluate("scrollY") == top


@pytest.mark.parametrize("tab", [GROUPED[SENTENCES]], indirect=True)
def test_sentence_pad(tab):
    """It answers in both languages, names unknown words, and can be emptied; buttons fill it."""
    pad = pads_of(tab).locator(".sentence-pad")
    box, said = pad.locator("input"), pad.locator(".said")
    for text, known in (("I drink tea.", "3 known words."), ("我喝茶。", "3 known words.")):
        box.fill(text)
        expect(said).to_have_text(known)
        for language in (".english", ".chinese"):
            expect(pad.locator(f"{language} li")).to_have_count(4)
    box.fill("xqzt tea")
    expect(said).to_have_text("1 known word. Unknown, and left out: xqzt.")
    box.fill("")
    expect(said).to_have_text("Type a sentence.")
    expect(pad.locator("li")).to_have_count(0)
    pad.locator(".knobs button").first.press("Enter")
    assert box.input_value() == "He is always late."
    assert pad.get_attribute("data-nearest")


@pytest.mark.parametrize("tab", [GROUPED[MARGIN]], indirect=True)
def test_margin_pad(tab):
    """It answers while one types, names a bad number, and goes back to the first ones."""
    pad = pads_of(tab).locator(".margin-pad")
    paid, said = pad.locator("input[name=paid]"), pad.locator(".said")
    for share, text in (
        ("100", "Profit $2.83 for 1,000 requests; break-even after 12 days."),
        ("20", "Profit $0.15 for 1,000 requests; break-even after 220 days."),
        ("10", "Profit −$0.18 for 1,000 requests; it never breaks even."),
        ("", "Price, paid share: a number from 0 to 100 is needed (%)."),
    ):
        paid.fill(share)
        expect(said).to_have_text(text)
    expect(pad.locator("td")).to_have_count(0)
    pad.locator("button").press("Enter")
    assert paid.input_value() == "100"
    expect(pad.locator("td")).to_have_count(14)


@pytest.mark.parametrize("tab", [GROUPED[SPEECH]], indirect=True)
def test_sounds(tab):
    """Each sound has a name and a transcript, and the browser can play it."""
    players = tab.page.locator(".lmlab-players audio")
    expect(players).to_have_count(7)
    for player in players.all():
        text = player.get_attribute("aria-label")
        assert text and player.locator("xpath=../figcaption").text_content() == text
        play = "a => new Promise(ok => { a.onloadedmetadata = () => ok(a.duration); a.load(); })"
        assert 0.1 < player.evaluate(play) < 2.5


@pytest.mark.parametrize("tab", [GROUPED[TASTE]], indirect=True)
def test_taste_pad(tab):
    """A click changes the list of the reader, and not the order of everybody's."""
    pad = pads_of(tab).locator(".taste-pad")
    first, said = pad.locator(".choices button").first, pad.locator(".said")
    mine, all_ = pad.locator("ol").nth(0).locator("li"), pad.locator("ol").nth(1).locator("li")
    pad.locator(".clear").press("Enter")
    expect(said).to_have_text("0 clicked; 0 of your ten are not among everybody's.")
    assert mine.all_inner_texts() == all_.all_inner_texts()
    first.press("Enter")
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(said).to_contain_text("1 clicked;")
    assert len(set(mine.all_inner_texts())) == 10
    assert first.inner_text().removeprefix("✓ ") not in mine.all_inner_texts()
    assert mine.all_inner_texts() != all_.all_inner_texts()
    first.press("Enter")
    expect(said).to_contain_text("0 clicked;")


@pytest.mark.parametrize("tab", [GROUPED[BOXES]], indirect=True)
def test_box_pad(tab):
    """A box moves by mouse, by arrow keys and by a typed number; the rules answer."""
    pad = pads_of(tab).locator(".box-pad")
    said, second = pad.locator(".said"), pad.locator("svg g").nth(1)
    assert float(pad.get_attribute("data-difference")) < 1e-8
    expect(said).to_contain_text("IoU of A and B 0.818. 4 of 4 stay: A, B, C, D.")
    second.focus()
    left = pad.locator("input[name=left]")
    second.press("ArrowRight")
    expect(left).to_have_value("51")
    left.fill("70")  # a third of 90 to the right of A
    expect(said).to_contain_text("IoU of A and B 0.500.")
    pad.locator("select").select_option("NMS")
    pad.locator("input[type=range]").fill("0.4")
    expect(said).to_contain_text("3 of 4 stay: A, C, D.")
    pad.locator("select").select_option("soft-NMS")
    expect(said).to_contain_text("Left of the scores: A 0.90, B 0.43")
    area = second.locator("rect").bounding_box()
    start = area["x"] + area["width"] - 8, area["y"] + area["height"] - 8
    tab.page.mouse.move(*start)
    tab.page.mouse.down()
    tab.page.mouse.move(start[0] + 40, start[1] + 20)
    tab.page.mouse.up()
    assert float(left.input_value()) > 75
    pad.locator("button").press("Enter")
    expect(said).to_contain_text("IoU of A and B 0.818. 4 of 4 stay: A, B, C, D.")


@pytest.mark.parametrize("tab", [GROUPED[REVIEWS]], indirect=True)
def test_review_pad(tab):
    """It answers in both languages; a word is deleted and put back with the keyboard."""
    pad = pads_of(tab).locator(".review-pad")
    box, said, words = pad.locator("textarea"), pad.locator(".said"), pad.locator(".words button")
    for text, count in (("I like this tea.", 4), ("房间很好", 4)):
        box.fill(text)
        expect(words).to_have_count(count)
        expect(said).to_contain_text("; 4 words read.")
    whole = float(pad.get_attribute("data-score"))
    words.last.press("Enter")
    expect(words.last).to_have_attribute("aria-pressed", "true")
    expect(said).to_contain_text("; 1 deleted, 3 words read.")
    without = float(pad.get_attribute("data-score"))
    words.last.press("Enter")
    expect(said).to_contain_text("; 4 words read.")
    assert float(pad.get_attribute("data-score")) == whole != without
    shown = words.last.locator("small").inner_text().replace("−", "-")
    assert float(shown) == pytest.approx(whole - without, abs=0.006)
    box.fill("")
    expect(said).to_have_text("Type a review.")
    pad.locator(".knobs button").first.press("Enter")
    assert box.input_value() == "The coffee is not bad at all."
    assert float(pad.get_attribute("data-difference")) < 1e-5


def test_folded_code_takes_one_line(tab):
    """Neighbours share a line, it opens with the keyboard, and a print shows all that is folded."""
    assert tab.page.locator("details.hide, .folded-code + .folded-code").count() == 0
    folds = tab.page.locator(".folded-code")
    for fold in folds.all()[:1]:
        for is_open in (True, False):
            fold.locator("summary").press("Enter")
            assert fold.evaluate("fold => fold.open") == is_open
        for moment, closed in (("beforeprint", 0), ("afterprint", folds.count())):
            tab.page.evaluate("moment => dispatchEvent(new Event(moment))", moment)
            assert tab.page.locator(".folded-code:not([open])").count() == closed


def test_stored_outputs_are_visible(tab):
    """Each cell of a notebook shows as many outputs in the book as are stored."""
    if source_of(tab.name).suffix == ".ipynb":
        cells = [c for c in nbformat.read(source_of(tab.name), 4).cells if c.cell_type == "code"]
        tab.page.evaluate("inPage.openAll")
        shown = tab.page.evaluate("inPage.outputs")
        # all that a cell prints stands in one block
        stored = [len({o.get("name", i) for i, o in enumerate(c.outputs)}) for c in cells]
        assert shown == stored


def test_page_can_be_read_by_all(tab):
    """axe-core finds nothing serious or critical, in the light theme and in the dark one."""
    if not AXE.exists():
        pytest.skip("no axe-core: `make setup`")
    tab.page.evaluate(AXE.read_text())
    tab.page.evaluate("inPage.openAll")
    tab.page.evaluate("inPage.seeAll")
    colours = ["color-contrast", "link-in-text-block"]  # the rest is the same in both themes
    for theme, rules in (("dark", colours), ("light", None)):
        tab.page.emulate_media(color_scheme=theme)
        tab.page.wait_for_function("inPage.isSettledIn", arg=theme)
        found = tab.page.evaluate("inPage.violations", rules)
        assert not found, f"in the {theme} theme: " + "\n".join(found)


def test_page_fits_a_phone(tab):
    """At 390 pixels nothing scrolls sideways and no control or text is cut off."""
    tab.page.set_viewport_size(PHONE)
    width = tab.page.evaluate("document.documentElement.scrollWidth")
    cut_off = tab.page.evaluate("inPage.cutOff", PHONE["width"])
    tab.page.set_viewport_size(DESK)
    assert width <= PHONE["width"]
    assert not cut_off, "\n".join(cut_off)


def test_page_asks_nobody_else(open_tab, tab):  # the last of a tab: it judges the others as well
    """No request leaves the book and none fails; no error, over http and from the disk."""
    with open_tab(tab.name, over="file") as from_disk:
        for each in (tab, from_disk):
            each.page.wait_for_load_state("networkidle")
            assert not each.problems, "\n".join(each.problems)


@pytest.mark.parametrize("over", ["http", "file"])
@pytest.mark.parametrize("name", ["index", "genindex"])
def test_other_pages_ask_nobody_else(open_tab, name, over):
    """The pages around the book make no request to another host either."""
    with open_tab(name, over) as tab:
        tab.page.wait_for_load_state("networkidle")
        assert not tab.problems, "\n".join(tab.problems)


@pytest.mark.parametrize("over", ["http", "file"])
def test_search_finds_the_chapter(open_tab, over):
    """The search needs no server program and leads to the page."""
    with open_tab("search?q=calibration", over) as tab:
        link = tab.page.locator(f'#search-results a[href*="{DIGITS}.html"]').first
        link.wait_for()
        tab.page.wait_for_load_state("networkidle")  # the page fetches its own excerpts
        link.click()
        expect(tab.page.locator("article h1")).to_contain_text("Handwritten digits")
        assert not tab.problems, "\n".join(tab.problems)


@pytest.mark.parametrize("name", GROUPED.values())
def test_page_is_light_and_described(open_tab, name):
    """The HTML is small, all that a chapter fetches within its limit; pictures have their text."""
    assert file_of(name).stat().st_size <= MAX_BYTES
    if source_of(name).suffix == ".ipynb":
        addresses = re.findall(r'(?:src|data-pack)="([^"]+)"', file_of(name).read_text())
        own = {
            unquote(urlsplit(each).path) for each in addresses if re.search("_live|_images", each)
        }
        files = [file_of(name), *(file_of(name).parent / path for path in own)]
        limit = limits_of(nbformat.read(source_of(name), 4))["bytes"]
        assert sum(path.stat().st_size for path in files) <= limit
    assert not [str(i)[:200] for i in soup_of(file_of(name))("img") if not i.get("alt", "").strip()]


@pytest.mark.parametrize("name", GROUPED.values())
def test_chapters_have_numbers(open_tab, name):
    """A chapter's number is in its title and the side bar; the end names its neighbours."""
    soup, place = soup_of(file_of(name)), PAGES.index(name)
    if found := re.match(r"notebooks/(\d)_\w+/(\d+)_|book/parts/(\d)_", name):
        number = ".".join(filter(None, found.groups()))
        assert soup.h1.get_text().startswith(f"{number} ")
        current = soup.select_one(".bd-sidebar-primary a.current.internal")
        assert current.get_text(strip=True).startswith(f"{number} ")
    for side, other in (("left-prev", place - 1), ("right-next", place + 1)):
        if 0 <= other < len(PAGES):
            title = soup.select_one(f".{side} .prev-next-title").get_text()
            assert title == soup_of(file_of(PAGES[other])).h1.find(string=True)


@pytest.mark.parametrize("name", [*GROUPED.values(), "index", "genindex", "search"])
def test_links_lead_somewhere(open_tab, name):
    """Every link inside the book leads to a file that is there, and to an anchor in it."""
    dead = []
    for link in soup_of(file_of(name)).find_all(href=True):
        url = urlsplit(link["href"])
        path = file_of(name).parent / unquote(url.path) if url.path else file_of(name)
        anchor = unquote(url.fragment) if path.suffix == ".html" else ""
        is_there = path.is_file() and not (anchor and anchor not in anchors_of(path))
        dead += [] if url.netloc or url.scheme or is_there else [link["href"]]
    assert not dead, "\n".join(dead)
