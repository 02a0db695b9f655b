// Wakes the live figures of a page: controls change the picture, guesses get their reply, pads are
// mounted. The pictures of a figure, or all that a pad needs, come in a pack: a script beside the
// page that calls `live(id, pack)`. It is asked for when its figure comes near.
(() => {
  const packs = {}, ahead = {};
  const idle = window.requestIdleCallback || setTimeout;
  const controls = (figure) => [...figure.querySelector(".lmlab-controls").children];

  // Where a control stands, and how many places it has.
  function place(control) {
    const range = control.querySelector("input[type=range]"), menu = control.querySelector("select");
    if (range) return [Number(range.value), Number(range.max) + 1];
    if (menu) return [menu.selectedIndex, menu.length];
    const radios = [...control.querySelectorAll("input")];
    return [radios.findIndex((radio) => radio.checked), radios.length];
  }

  // Show what the controls say. The states are in order; the last control runs fastest.
  function show(figure) {
    for (const range of figure.querySelectorAll("input[type=range]")) {
      const text = JSON.parse(range.dataset.texts)[range.value];
      if (range.getAttribute("aria-valuetext") === text) continue;
      range.setAttribute("aria-valuetext", text);
      range.nextElementSibling.textContent = text;
    }
    const pack = packs[figure.id], image = figure.querySelector("img");
    if (!pack) return load(figure);
    const places = controls(figure).map(place);
    const index = (places) => places.reduce((sum, [at, size]) => sum * size + at, 0);
    const [source, alt, width, height] = pack[index(places)];
    if (image.getAttribute("src") !== source) {
      image.src = source;
      image.alt = alt;
      for (const [name, value] of [["width", width], ["height", height]]) // to ask `image.width` would lay out the page
        if (image.getAttribute(name) !== String(value)) image.setAttribute(name, value);
    }
    idle(() => prepare(figure, places.flatMap(([at, size], i) => [at - 1, at + 1]
      .filter((near) => near >= 0 && near < size).map((near) => pack[index(places.with(i, [near, size]))][0]))));
  }

  // Decode the pictures one step away, so that a key finds its picture ready.
  function prepare(figure, sources) {
    const old = ahead[figure.id] || new Map();
    ahead[figure.id] = new Map(sources.map((source) => {
      if (old.has(source)) return [source, old.get(source)];
      const image = Object.assign(new Image(), { src: source });
      image.decode().catch(() => {}); // too large or gone: it is decoded when it is shown
      return [source, image];
    }));
  }

  // Run a pad's own module on its stored values: the part of a widget manager that a page needs.
  async function mount(element, { esm, css, values, bytes }) {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
    for (const [name, text] of Object.entries(bytes))
      values[name] = new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
    const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
    const { default: { render } } = await import(address);
    URL.revokeObjectURL(address);
    const model = {
      get: (name) => values[name],
      set: (name, value) => { values[name] = value; },
      save_changes() {}, on() {}, off() {}, send() {}, // there is no kernel that would answer
    };
    const el = document.createElement("div");
    element.replaceChildren(el);
    await render({ model, el });
    element.dataset.ready = "";
  }

  window.live = (id, pack) => {
    const element = document.getElementById(id);
    if (pack.esm) return mount(element, pack);
    packs[id] = pack;
    element.dataset.ready = "";
    show(element);
  };

  function load(element) {
    if (!element.dataset.pack) return;
    const script = document.createElement("script");
    script.src = element.dataset.pack;
    delete element.dataset.pack;
    document.head.append(script);
  }

  document.addEventListener("input", ({ target }) => {
    const figure = target.closest("figure.lmlab-explore");
    if (!figure) return;
    const guess = target.closest(".lmlab-predict");
    if (guess) guess.querySelector("output").value = target.dataset.reply;
    else show(figure);
  });

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target); // what is watched costs each frame a little
      [target, ...target.querySelectorAll("[data-pack]")].forEach(load);
    }
  }, { rootMargin: "1500px" });
  // what stands in a block that is not laid out yet is nowhere: its block is looked at
  document.querySelectorAll("[data-pack]").forEach((element) => near.observe(element.closest("[data-far]") || element));
})();
