// Boxes to drag, their overlaps, and what suppression leaves of them.

const WIDTH = 320, HEIGHT = 200, RULES = ["none", "NMS", "soft-NMS"];
const FIELDS = [["left", 0, WIDTH, 1], ["top", 0, HEIGHT, 1], ["width", 4, WIDTH, 1], ["height", 4, HEIGHT, 1], ["score", 0.01, 1, 0.01]];
const COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9"];

// A box is left, top, width, height, score.
function overlap(a, b) {
  const across = Math.max(Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]), 0);
  const down = Math.max(Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]), 0);
  return (across * down) / (a[2] * a[3] + b[2] * b[3] - across * down);
}

// Scores that are left, in the order of the boxes.
function suppression(boxes, rule, limit) {
  const scores = boxes.map((box) => box[4]);
  let left = boxes.map((_, i) => i);
  while (rule !== "none" && left.length) {
    const best = left.reduce((a, b) => (scores[b] > scores[a] ? b : a));
    left = left.filter((i) => i !== best);
    if (scores[best] === 0) continue;
    for (const i of left) {
      const shared = overlap(boxes[best], boxes[i]);
      scores[i] *= rule === "NMS" ? (shared <= limit ? 1 : 0) : Math.exp(-(shared ** 2) / limit);
    }
  }
  return scores;
}

// A box within the field: sides first, then the place.
function held(box) {
  const within = (x, low, high) => Math.min(Math.max(Number.isFinite(x) ? x : low, low), high);
  const width = within(box[2], 4, WIDTH), height = within(box[3], 4, HEIGHT);
  return [within(box[0], 0, WIDTH - width), within(box[1], 0, HEIGHT - height), width, height, within(box[4], 0.01, 1)];
}

const letter = (i) => "ABCDEF"[i];
const make = (tag, text = "", about = {}) => {
  const inSvg = ["svg", "g", "rect", "text"].includes(tag);
  const node = inSvg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(about)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
};

function render({ model, el }) {
  const start = model.get("boxes"), id = `box-pad-${Math.random().toString(36).slice(2)}`;
  let boxes = start.map((box) => [...box]), chosen = Math.min(1, boxes.length - 1), grip = null;
  el.classList.add("box-pad");
  const field = make("svg", "", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": "boxes; arrow keys move the one in focus" });
  const drawn = boxes.map((_, i) => {
    const group = make("g", "", { tabindex: 0, role: "button" });
    group.append(make("rect", "", { fill: COLOURS[i], "fill-opacity": 0.18, stroke: COLOURS[i], "stroke-width": 2 }), make("text", letter(i)));
    field.append(group);
    return group;
  });
  const typed = make("div", "", { class: "typed", role: "group" }), inputs = {};
  for (const [name, low, high, step] of FIELDS) {
    const label = make("label", name);
    inputs[name] = make("input", "", { type: "number", min: low, max: high, step, name });
    label.append(inputs[name]);
    typed.append(label);
  }
  const rules = make("div", "", { class: "rules" });
  const rule = make("select", "", { id: `${id}-rule` }), limit = make("input", "", { id: `${id}-limit`, type: "range", min: 0.05, max: 0.95, step: 0.05 });
  rule.append(...RULES.map((name) => make("option", name, { value: name })));
  const back = make("button", "Back to the first boxes", { type: "button" }), told = make("output", "", { for: `${id}-limit` });
  rules.append(make("label", "rule", { for: rule.id }), rule, make("label", "limit", { for: limit.id }), limit, told, back);
  const said = make("p", "", { class: "said", role: "status" }), table = make("table"), body = make("tbody"), head = make("thead");
  const names = make("tr");
  names.append(...["box", "score", "left of it", ...boxes.map((_, i) => `IoU with ${letter(i)}`)].map((name) => make("th", name, { scope: "col" })));
  head.append(names);
  table.append(head, body);
  const holder = make("div", "", { class: "holder", tabindex: 0, role: "region", "aria-label": "scores and overlaps" });
  holder.append(table);
  el.append(field, typed, rules, said, holder, make("p", "Computed in the page. Drag a box, or choose it with Tab and move it with the arrow keys; with Shift the keys change its size.", { class: "proof" }));

  const answer = (fresh = true) => {
    const t = Number(limit.value), scores = suppression(boxes, rule.value, t);
    boxes.forEach(([left, top, width, height, score], i) => {
      const [rect, text] = drawn[i].children, gone = scores[i] === 0;
      for (const [name, value] of Object.entries({ x: left, y: top, width, height })) rect.setAttribute(name, value);
      rect.setAttribute("stroke-dasharray", gone ? "5 4" : "none");
      rect.setAttribute("fill-opacity", gone ? 0.03 : 0.08 + 0.3 * scores[i]);
      rect.setAttribute("stroke-width", i === chosen ? 3.5 : 2);
      text.setAttribute("x", left + 4);
      text.setAttribute("y", i % 2 ? top + height - 5 : top + 14);
      text.textContent = `${letter(i)} ${scores[i].toFixed(2)}${gone ? " gone" : ""}`;
      drawn[i].setAttribute("aria-label", `${text.textContent}: box at left ${Math.round(left)}, top ${Math.round(top)}, ${Math.round(width)} by ${Math.round(height)}, score ${score.toFixed(2)}`);
      drawn[i].setAttribute("aria-pressed", String(i === chosen));
    });
    typed.setAttribute("aria-label", `box ${letter(chosen)}`);
    if (fresh) FIELDS.forEach(([name], k) => { inputs[name].value = String(+boxes[chosen][k].toFixed(2)); });
    told.textContent = t.toFixed(2);
    const stay = scores.flatMap((score, i) => (score > 0 ? [letter(i)] : []));
    const shared = overlap(boxes[0], boxes[1]);
    said.textContent = `IoU of A and B ${shared.toFixed(3)}. ${rule.value === "soft-NMS" ? `Left of the scores: ${scores.map((s, i) => `${letter(i)} ${s.toFixed(2)}`).join(", ")}.` : `${stay.length} of ${boxes.length} stay: ${stay.join(", ")}.`}`;
    el.dataset.iou = shared;
    body.replaceChildren(...boxes.map((box, i) => {
      const line = make("tr");
      line.append(make("th", letter(i), { scope: "row" }), make("td", box[4].toFixed(2)), make("td", scores[i].toFixed(2)), ...boxes.map((other, j) => make("td", i === j ? "–" : overlap(box, other).toFixed(2))));
      return line;
    }));
  };
  const change = (i, by) => {
    boxes[i] = held(boxes[i].map((value, k) => value + by[k]));
    chosen = i;
    answer();
  };
  const place = (event) => {
    const area = field.getBoundingClientRect();
    return [((event.clientX - area.left) * WIDTH) / area.width, ((event.clientY - area.top) * HEIGHT) / area.height];
  };
  drawn.forEach((group, i) => {
    group.addEventListener("focus", () => {
      chosen = i;
      answer();
    });
    group.addEventListener("pointerdown", (event) => {
      const [x, y] = place(event);
      grip = [i, x - boxes[i][0], y - boxes[i][1]];
      chosen = i;
      field.setPointerCapture(event.pointerId);
      event.preventDefault();
      group.focus();
      answer();
    });
    group.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, -2], ArrowDown: [0, 2] }[event.key];
      if (!step) return;
      event.preventDefault();
      change(i, event.shiftKey ? [0, 0, ...step, 0] : [...step, 0, 0, 0]);
    });
  });
  field.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const [x, y] = place(event), [i, dx, dy] = grip;
    change(i, [x - dx - boxes[i][0], y - dy - boxes[i][1], 0, 0, 0]);
  });
  for (const name of ["pointerup", "pointercancel"]) field.addEventListener(name, () => { grip = null; });
  typed.addEventListener("input", () => {
    const values = FIELDS.map(([name], k) => (inputs[name].value.trim() === "" ? boxes[chosen][k] : Number(inputs[name].value)));
    boxes[chosen] = held(values);
    answer(false); // what is half typed stays in its field
  });
  typed.addEventListener("change", () => answer());
  rules.addEventListener("input", () => answer());
  const reset = () => {
    boxes = start.map((box) => [...box]);
    rule.value = model.get("rule");
    limit.value = model.get("limit");
    answer();
  };
  back.addEventListener("click", reset);
  el.addEventListener("keydown", (event) => event.stopPropagation()); // no notebook shortcuts
  reset();

  const pairs = start.flatMap((a, i) => start.slice(i + 1).map((b) => overlap(a, b)));
  const mine = [...pairs, ...RULES.flatMap((name) => suppression(start, name, model.get("limit")))];
  const expected = model.get("expected");
  el.dataset.difference = Math.max(...mine.map((value, i) => Math.abs(value - expected[i])));
}

export default { render };
