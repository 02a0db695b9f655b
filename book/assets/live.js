// Wakes the live figures of a page: controls change the picture, guesses get their reply, pads are
// mounted. The pictures of a figure, or all that a pad needs, come in a pack: a script beside the
// page that calls `live(id, pack)`. It is asked for when its figure comes near.
(() => {
  const packs = {};
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
      range.setAttribute("aria-valuetext", text);
      range.nextElementSibling.textContent = text;
    }
    const pack = packs[figure.id], image = figure.querySelector("img");
    if (!pack) return load(figure);
    const index = controls(figure).map(place).reduce((sum, [at, size]) => sum * size + at, 0);
    const [source, alt, width, height] = pack[index];
    if (image.getAttribute("src") === source) return;
    Object.assign(image, { src: source, alt, width, height });
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
    for (const { isIntersecting, target } of entries) if (isIntersecting) load(target);
  }, { rootMargin: "1500px" });
  document.querySelectorAll("[data-pack]").forEach((element) => near.observe(element));
})();
