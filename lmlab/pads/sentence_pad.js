// Sentences as sums of word vectors, compared in the page, and the pad around them.

function cutWords(text, known, longest = 8) {
  const words = [];
  for (let run of text.toLowerCase().replaceAll("’", "'").match(/[a-z]+(?:'[a-z]+)*|[\u4e00-\u9fff]+/g) ?? []) {
    if (run[0] < "\u4e00") {
      words.push(run);
      continue;
    }
    while (run) {
      let size = Math.min(longest, run.length);
      while (size > 1 && !known.has(run.slice(0, size))) size -= 1;
      words.push(run.slice(0, size));
      run = run.slice(size);
    }
  }
  return words;
}

// integers: one int8 for each number of each word; scales: one float for each word
function encoder(config, integers, scales) {
  const width = config.width, places = new Map(config.words.split("\n").map((word, i) => [word, i]));
  return (text) => {
    const vector = new Float32Array(width), unknown = [];
    let known = 0;
    for (const word of cutWords(text, places)) {
      const place = places.get(word);
      if (place === undefined) unknown.push(word);
      else {
        known += 1;
        for (let i = 0; i < width; i++) vector[i] += integers[place * width + i] * scales[place];
      }
    }
    const length = Math.hypot(...vector) || 1;
    return { vector: vector.map((v) => v / length), known, unknown };
  };
}

const dot = (x, y) => x.reduce((sum, v, i) => sum + v * y[i], 0);

// The places of the k greatest cosines among every second sentence, from `first` on.
function nearest(cosines, first, k) {
  const places = cosines.map((_, i) => i).filter((i) => i % 2 === first);
  return places.sort((a, b) => cosines[b] - cosines[a]).slice(0, k);
}

const bytes = (view, Kind) => new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
const make = (tag, text = "", about = {}) => {
  const inSvg = ["svg", "circle", "path", "rect"].includes(tag);
  const node = inSvg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(about)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
};

function render({ model, el }) {
  const config = model.get("config"), axes = model.get("axes"), { sentences } = config;
  const encode = encoder(config, bytes(model.get("vectors"), Int8Array), bytes(model.get("scales"), Float32Array));
  const list = sentences.map((text) => encode(text).vector);
  const id = `sentence-pad-${Math.random().toString(36).slice(2)}`;
  el.classList.add("sentence-pad");
  el.innerHTML = `
    <label for="${id}">Your sentence, in English or in Chinese</label>
    <input id="${id}" type="text" maxlength="200" autocomplete="off" spellcheck="false">
    <div class="knobs"></div>
    <p class="said" role="status"></p>
    <div class="found"><div>Nearest in English<ol class="english"></ol></div><div>Nearest in Chinese<ol class="chinese" lang="zh"></ol></div></div>
    <p class="proof"></p>`;
  const $ = (name) => el.querySelector(name), box = $("input");

  const places = list.map((v) => axes.map((axis) => dot(axis, v)));
  const ends = [0, 1].map((k) => [Math.min(...places.map((p) => p[k])), Math.max(...places.map((p) => p[k]))]);
  const at = (p) => [0, 1].map((k) => {
    const share = (p[k] - ends[k][0]) / (ends[k][1] - ends[k][0]);
    return (k ? 10 + 220 * (1 - share) : 10 + 580 * share).toFixed(1);
  });
  const map = make("svg", "", { viewBox: "0 0 600 240", role: "img" });
  places.forEach((p, i) => {
    const [x, y] = at(p), about = { fill: i % 2 ? "#D55E00" : "#0072B2", opacity: 0.7 };
    map.append(i % 2 ? make("rect", "", { x: x - 3, y: y - 3, width: 6, height: 6, ...about }) : make("circle", "", { cx: x, cy: y, r: 3.2, ...about }));
  });
  const links = make("path", "", { stroke: "currentColor", fill: "none" });
  const star = make("circle", "", { r: 8, fill: "none", stroke: "currentColor", "stroke-width": 3 });
  map.append(links, star);
  $(".found").after(map);

  const answer = () => {
    const { vector, known, unknown } = encode(box.value);
    const strange = unknown.length ? ` Unknown, and left out: ${unknown.slice(0, 8).join(", ")}.` : "";
    const rest = `${known} known ${known === 1 ? "word" : "words"}.${strange}`;
    $(".said").textContent = known ? rest : box.value.trim() ? `No known word.${strange}` : "Type a sentence.";
    for (const part of ["english", "chinese"]) $(`.${part}`).replaceChildren();
    for (const part of [links, star]) part.style.display = known ? "" : "none";
    el.dataset.nearest = "";
    map.setAttribute("aria-label", `Map of ${sentences.length} sentences, English as blue dots, Chinese as orange squares.`);
    if (!known) return;
    const cosines = list.map((v) => dot(v, vector)), here = at(axes.map((axis) => dot(axis, vector)));
    const found = [0, 1].map((first) => nearest(cosines, first, 4));
    found.forEach((ones, which) => $(which ? ".chinese" : ".english").append(
      ...ones.map((i) => make("li", `${sentences[i]} (${cosines[i].toFixed(2)})`)),
    ));
    links.setAttribute("d", found.flat().map((i) => `M${here.join(" ")}L${at(places[i]).join(" ")}`).join(""));
    star.setAttribute("cx", here[0]);
    star.setAttribute("cy", here[1]);
    el.dataset.nearest = sentences[found[1][0]];
    map.setAttribute("aria-label", `${map.getAttribute("aria-label")} A ring marks your sentence; lines lead to its nearest ones.`);
  };
  const tries = [model.get("start"), "Where can I buy a ticket?", "我想喝一杯热茶。", "The bank is by the river."];
  for (const text of tries) {
    const button = make("button", text, { type: "button" });
    button.addEventListener("click", () => {
      box.value = text;
      answer();
    });
    $(".knobs").append(button);
  }
  box.addEventListener("input", answer);
  el.addEventListener("keydown", (event) => event.stopPropagation()); // no notebook shortcuts
  box.value = model.get("start");
  answer();

  const mine = encode(model.get("start")).vector, expected = model.get("expected");
  const largest = Math.max(...expected.map((v, i) => Math.abs(v - dot(mine, list[i]))));
  el.dataset.difference = largest;
  $(".proof").textContent = `For the first example the ${expected.length} cosines of this page and of NumPy differ by ${largest.toExponential(0)} at most.`;
}

export default { render };
