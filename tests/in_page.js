// What test_book.py asks of a page; these functions run in the page itself.
window.inPage = {
  ready: () => document.readyState === "complete" && "complete" in document.documentElement.dataset,

  openAll() {
    document.querySelectorAll("details").forEach((details) => { details.open = true; });
  },

  // Scroll from top to bottom, as a reader does: what is far away is not laid out and not woken.
  async seeAll() {
    for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
      scrollTo(0, y);
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }
    scrollTo(0, 0);
  },

  // The picture of a live figure once it is another one than `old`; null after a minute.
  picture(figure, old) {
    const end = performance.now() + 60_000;
    return new Promise(function look(resolve) {
      const image = figure.querySelector("img.lmlab-frame");
      if (image?.naturalWidth && image.src !== old) resolve([image.src, image.alt]);
      else if (performance.now() > end) resolve(null);
      else requestAnimationFrame(() => look(resolve));
    });
  },

  // Put the controls of a figure at each of the places; what it shows and says there. A browser
  // sends the same event for a key, a click and a touch.
  async drive(figure, places) {
    const controls = [...figure.querySelector(".lmlab-controls").children], seen = [];
    const put = (control, at) => {
      const [one, ...others] = control.querySelectorAll("input, select"), radio = [one, ...others][at];
      if (one.type === "radio") radio.checked = true;
      else if (one.type === "range") one.value = at;
      else one.selectedIndex = at;
      (one.type === "radio" ? radio : one).dispatchEvent(new Event("input", { bubbles: true }));
    };
    for (const place of places) {
      place.forEach((at, i) => put(controls[i], at));
      const image = figure.querySelector("img.lmlab-frame");
      await image.decode();
      seen.push([image.src, image.alt, controls.map(inPage.said)]);
    }
    return seen;
  },

  // What assistive technology says of a control's value.
  said(control) {
    const [range, menu] = ["[type=range]", "select"].map((css) => control.querySelector(css));
    const shown = range && control.querySelector(".lmlab-value").textContent;
    if (range) return range.getAttribute("aria-valuetext") === shown ? shown : null;
    return menu ? menu.selectedOptions[0].text : control.querySelector("label:has(:checked)").textContent;
  },

  // Fills `waits` with the milliseconds from a key, when the machine saw it, to the new picture,
  // decoded and painted.
  watch(figure) {
    const picture = () => figure.querySelector("img.lmlab-frame");
    let pressed = null, shown = picture().src;
    inPage.waits = [];
    figure.addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
    new MutationObserver(async () => {
      const image = picture(), start = pressed;
      if (start === null || !image || image.src === shown) return;
      [pressed, shown] = [null, image.src];
      await image.decode();
      requestAnimationFrame(() => setTimeout(() => inPage.waits.push(performance.now() - start)));
    }).observe(figure, { subtree: true, attributeFilter: ["src"] });
  },

  // Centre of the ink on a 28 x 28 pad, in cells, and how much there is.
  ink(canvas) {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    let ink = 0, x = 0, y = 0;
    for (let i = 0; i < width * height; i++) {
      const dark = 255 - data[4 * i];
      ink += dark; x += dark * (i % width); y += dark * Math.floor(i / width);
    }
    return [(28 * x) / ink / width, (28 * y) / ink / height, ink];
  },

  // How many outputs each code cell shows.
  outputs() {
    const shows = (output) => (output.querySelector("img") ?? output).getBoundingClientRect().height > 0;
    return [...document.querySelectorAll("div.cell")].map((cell) =>
      [...cell.querySelectorAll(".cell_output > :not(script)")].filter(shows).length);
  },

  // Controls beyond the edge or with a shortened text, and texts beyond the edge that do not scroll.
  cutOff(width) {
    const all = (css) => [...document.querySelectorAll(css)].filter((e) => e.checkVisibility());
    const outside = (e) => e.getBoundingClientRect().left < 0 || e.getBoundingClientRect().right > width;
    const shortened = (e) => e.scrollWidth > e.clientWidth + 1;
    const scrolls = (e) => e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
    const controls = all(`:is(.lmlab-explore, .digit-pad, .playground) :is(button, select, input, canvas, label, legend, .lmlab-value)`);
    const texts = all(".bd-article :is(p, li, img, pre, table, h1, h2, h3, mjx-container)");
    return [...controls.filter((e) => outside(e) || shortened(e)),
      ...texts.filter((e) => outside(e) && !scrolls(e))].map((e) => e.outerHTML.slice(0, 150));
  },

  // Whether the page shows a theme and no colour is still on its way.
  isSettledIn(theme) {
    return document.documentElement.dataset.theme === theme
      && document.getAnimations().every((animation) => animation.playState !== "running");
  },

  // What axe-core finds serious or critical; by all rules, or by those named.
  async violations(rules) {
    const options = { preload: false, resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
    const { violations } = await axe.run(document, options);
    return violations.filter((rule) => ["serious", "critical"].includes(rule.impact)).flatMap((rule) =>
      rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 150)}`));
  },
};
