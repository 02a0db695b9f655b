"""`make bench-page`: how soon a page of the built book can be read, and its figures answer.

Headless Chromium, 390 pixels wide, with the line and the processor slowed down through the
browser's own protocol; the book comes from this machine, once as `python -m http.server` sends it
and once with gzip. Each number is the median of the runs.
"""

import gzip
import os
import statistics
import sys
import time
from pathlib import Path

from page import machine, store, versions

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))
import browser
from playwright.sync_api import sync_playwright

PAGES = {
    "light page, 1K": "notebooks/1_ecosystem/3_code",
    "heavy page, 5M": "notebooks/5_business/2_math",
}
RUNS = 3
KEYS = 40
REST = 0.8  # seconds between two keys
LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 200_000,
    "uploadThroughput": 100_000,
}
BARS = {
    "MB until the first figure answers": "≤ 1.6",
    "the same, gzipped": "≤ 0.6",
    "requests until then": "",
    "requests to other hosts": "0",
    "first text, s: 1.6 Mbit/s, 150 ms": "≤ 3",
    "the same, gzipped, s": "≤ 2",
    "first figure answers, s: 1.6 Mbit/s, 150 ms": "≤ 8",
    "the same, gzipped, s ": "≤ 4",
    "ready, s: processor 6 times slower": "≤ 3",
    "longest task, s: processor 6 times slower": "≤ 0.3",
    "key to picture, ms, 95 of 100: processor 6 times slower": "≤ 50",
}
WATCH = """
window.seen = { longest: 0 };
new PerformanceObserver((list) => { for (const { duration } of list.getEntries())
  seen.longest = Math.max(seen.longest, duration); }).observe({ type: "longtask", buffered: true });
(function look() {
  const figure = document.querySelector("figure.lmlab-explore");
  if (figure && !seen.scrolled) { seen.scrolled = true; figure.scrollIntoView(); }
  if (figure?.dataset.ready === undefined) requestAnimationFrame(look);
  else seen.answers = performance.now();
})();
"""


class Zipped(browser.Quiet):
    """Serves files as a web server with gzip does."""

    def send_head(self):
        path = Path(self.translate_path(self.path))
        if path.suffix not in (".html", ".css", ".js", ".svg"):
            return super().send_head()
        data = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def visit(chromium, base: str, name: str, line: bool, slower: int) -> dict:
    """Open a page once in a fresh profile; what was seen, times in seconds."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    tab = context.new_page()
    session = context.new_cdp_session(tab)
    session.send("Network.enable")
    if line:
        session.send("Network.emulateNetworkConditions", LINE)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    sizes, urls = [], []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    tab.on("request", lambda request: urls.append(request.url))
    tab.add_init_script(WATCH)
    tab.goto(f"{base}{name}.html", wait_until="commit")
    tab.wait_for_function("window.seen.answers", timeout=120_000)
    seen = {
        "bytes": sum(sizes),
        "requests": len(urls),
        "answers": tab.evaluate("seen.answers") / 1e3,
    }
    tab.wait_for_load_state("load")
    text = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    seen |= {"text": tab.evaluate(text) / 1e3}
    load = tab.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1e3
    seen |= {"ready": max(load, seen["answers"]), "longest": tab.evaluate("seen.longest") / 1e3}
    seen["others"] = sum(not url.startswith((base, "data:", "blob:")) for url in urls)
    if slower > 1:
        seen["keys"] = keys(tab)
    context.close()
    return seen


def keys(tab) -> float:
    """Milliseconds from a key to the new picture, 95 of 100."""
    tab.evaluate((browser.ROOT / "tests/in_page.js").read_text("utf-8"))
    figure = tab.locator("figure.lmlab-explore").first
    figure.evaluate("figure => inPage.watch(figure)")
    slider = figure.locator("[type=range]").first
    most = int(slider.get_attribute("max"))
    way, here = [], int(slider.input_value())
    step = 1
    while len(way) < KEYS:
        step = -1 if here == most else 1 if here == 0 else step
        here += step
        way.append("ArrowRight" if step > 0 else "ArrowLeft")
    slider.focus()
    for (
        key
    ) in way:  # nothing is asked of the page meanwhile: an answer would cost its processor time
        tab.keyboard.press(key)
        time.sleep(REST)
    waits = tab.evaluate("inPage.waits")
    if len(waits) < KEYS:
        sys.exit(f"{KEYS} keys and {len(waits)} pictures: the machine does too much else")
    return sorted(waits)[round(0.95 * KEYS) - 1]


def measure(chromium, bases: dict, name: str) -> list[float]:
    """One number for each of `BARS`."""

    def middle(key, base="plain", line=False, slower=1):
        return statistics.median(seen[key] for seen in runs[base, line, slower])

    conditions = [("plain", True, 1), ("gzip", True, 1), ("plain", False, 6)]
    runs = {
        (base, line, slower): [
            visit(chromium, bases[base], name, line, slower) for _ in range(RUNS)
        ]
        for base, line, slower in conditions
    }
    slow_line, slow_chip = {"line": True}, {"slower": 6}
    return [
        middle("bytes", **slow_line) / 1e6,
        middle("bytes", "gzip", **slow_line) / 1e6,
        middle("requests", **slow_line),
        middle("others", **slow_line),
        middle("text", **slow_line),
        middle("text", "gzip", **slow_line),
        middle("answers", **slow_line),
        middle("answers", "gzip", **slow_line),
        middle("ready", **slow_chip),
        middle("longest", **slow_chip),
        middle("keys", **slow_chip),
    ]


def main() -> None:
    """Measure, print and store."""
    browser.require_build()
    load = os.getloadavg()[0]
    with (
        sync_playwright() as playwright,
        browser.served() as plain,
        browser.served(Zipped) as zipped,
    ):
        chromium = playwright.chromium.launch(
            executable_path=browser.find_chromium(), args=browser.FLAGS
        )
        bases = {"plain": plain, "gzip": zipped}
        numbers = {label: measure(chromium, bases, name) for label, name in PAGES.items()}
        about = f"Chromium {chromium.version}"
        chromium.close()
    rows = [
        [what, *(f"{column[i]:.3g}" for column in numbers.values()), bar]
        for i, (what, bar) in enumerate(BARS.items())
    ]
    for row in rows:
        print(" | ".join(row))
    facts = [
        machine(),
        f"{about}, headless, 390 pixels wide; {versions('playwright')}",
        f"Load of the machine before the start: {load:.1f}",
    ]
    note = (
        f"Visits of each kind: {RUNS}, empty cache, median; each goes to its first figure at once. "
        "Times with a slower processor are those of the wall clock: other programs on the machine "
        "lengthen them. The longest task is the style and layout of what stands around the first "
        "figure, with the first use of its letters; blocks further away wait until they are near. "
        "From a key to its picture lie the browser's events with a handler of about 0.7 ms and one "
        "frame, both six times slower. Of the frame's 50 ms a trace gives 8 to layout, 14 to "
        "painting, 6 to the watch over far blocks and 9 to the hand-over to the compositor; "
        "containment and a layer of its own for the figure changed none of them."
    )
    table = {
        "title": "A chapter with live figures",
        "note": note,
        "columns": ["measure", *PAGES, "bar"],
        "rows": rows,
    }
    store("pages", facts, [table])


if __name__ == "__main__":
    main()
