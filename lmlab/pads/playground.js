// A dense network that trains in the page, and the view around it.
// First the engine: plain arrays of numbers, no page; `tests/test_playground.py` runs it in node.

const SQUARE = 3, GRID = 61, HALF = 200; // the picture goes from -3 to 3; 200 training points

export const ACTIVATIONS = {
  // value, and slope as a function of the value
  linear: [(z) => z, () => 1],
  ReLU: [(z) => (z > 0 ? z : 0), (a) => (a > 0 ? 1 : 0)],
  tanh: [Math.tanh, (a) => 1 - a * a],
  sigmoid: [(z) => 1 / (1 + Math.exp(-z)), (a) => a * (1 - a)],
};

// mulberry32, by Tommy Ettinger: the same bits as `uniforms` in playground.py
export function uniforms(seed, count) {
  return Float64Array.from({ length: count }, (_, k) => {
    let t = (seed + Math.imul(k + 1, 0x6d2b79f5)) | 0;
    t = Math.imul(t ^ (t >>> 15), 1 | t);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  });
}

// bytes: float32 (data sets, clean and jitter, 400, 2); x is (400, 2), row by row
export function makePoints(bytes, choices, { data, noise }) {
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const size = 4 * HALF, from = 2 * size * choices.data.indexOf(data);
  const x = Float64Array.from({ length: size }, (_, i) => all[from + i] + noise * all[from + size + i]);
  const y = Float64Array.from({ length: HALF }, (_, i) => i % 2);
  return { x: x.subarray(0, size / 2), y, xTest: x.subarray(size / 2), yTest: y };
}

export function createNetwork({ hidden, activation, seed }) {
  const units = [2, ...hidden, 1];
  const counts = units.slice(1).map((outputs, l) => units[l] * outputs);
  const draws = uniforms(seed, counts.reduce((a, b) => a + b));
  let used = 0;
  const layers = counts.map((count, l) => {
    const limit = Math.sqrt(6 / (units[l] + units[l + 1]));
    const kernel = draws.subarray(used, (used += count)).map((u) => limit * (2 * u - 1));
    return { inputs: units[l], outputs: units[l + 1], kernel, bias: new Float64Array(units[l + 1]) };
  });
  return { layers, activation };
}

// Values of all layers for n points, [x, a1, ..., zL]: the last are the logits.
export function forward({ layers, activation }, x) {
  const value = ACTIVATIONS[activation][0], n = x.length / 2, all = [x];
  layers.forEach(({ inputs, outputs, kernel, bias }, l) => {
    const a = all[l], next = new Float64Array(n * outputs), last = l === layers.length - 1;
    for (let r = 0; r < n; r++)
      for (let o = 0; o < outputs; o++) {
        let z = bias[o];
        for (let i = 0; i < inputs; i++) z += a[r * inputs + i] * kernel[i * outputs + o];
        next[r * outputs + o] = last ? z : value(z);
      }
    all.push(next);
  });
  return all;
}

// Mean cross-entropy in nats, from the logits, so that no probability rounds to zero; and accuracy.
export function evaluate(network, x, y) {
  const z = forward(network, x).at(-1);
  let loss = 0, right = 0;
  for (let r = 0; r < y.length; r++) {
    loss += Math.max(z[r], 0) - y[r] * z[r] + Math.log1p(Math.exp(-Math.abs(z[r])));
    right += z[r] > 0 === y[r] > 0;
  }
  return { loss: loss / y.length, accuracy: right / y.length };
}

// One step of gradient descent on some points: forward, then backward, layer by layer.
function step({ layers, activation }, x, y, learningRate, l2) {
  const slope = ACTIVATIONS[activation][1], n = y.length;
  const all = forward({ layers, activation }, x);
  let delta = all.at(-1).map((z, r) => (1 / (1 + Math.exp(-z)) - y[r]) / n);
  for (let l = layers.length - 1; l >= 0; l--) {
    const { inputs, outputs, kernel, bias } = layers[l], a = all[l];
    const before = new Float64Array(n * inputs), gradient = kernel.map((w) => 2 * l2 * w);
    const sums = new Float64Array(outputs);
    for (let r = 0; r < n; r++)
      for (let o = 0; o < outputs; o++) {
        const d = delta[r * outputs + o];
        sums[o] += d;
        for (let i = 0; i < inputs; i++) {
          gradient[i * outputs + o] += d * a[r * inputs + i];
          before[r * inputs + i] += d * kernel[i * outputs + o];
        }
      }
    for (let k = 0; k < kernel.length; k++) kernel[k] -= learningRate * gradient[k];
    for (let o = 0; o < outputs; o++) bias[o] -= learningRate * sums[o];
    if (l > 0) delta = before.map((d, k) => d * slope(a[k]));
  }
}

// One epoch: the training points in their order, `batch_size` at a time.
export function trainEpoch(network, { x, y }, { learning_rate, l2, batch_size }) {
  for (let from = 0; from < y.length; from += batch_size)
    step(network, x.subarray(2 * from, 2 * (from + batch_size)), y.subarray(from, from + batch_size),
         learning_rate, l2);
}

// Training loss after each of some ascending numbers of epochs.
export function lossesAfter(points, settings, epochs) {
  const network = createNetwork(settings);
  let done = 0;
  return epochs.map((epoch) => {
    for (; done < epoch; done++) trainEpoch(network, points, settings);
    return evaluate(network, points.x, points.y).loss;
  });
}

// The view: native controls, one small canvas for each neuron, a map of the answer, a loss curve.

const BLUE = [0, 114, 178], ORANGE = [230, 159, 0];
const LABELS = { data: "Points", activation: "Activation", learning_rate: "Learning rate",
                 l2: "L2 penalty", batch_size: "Batch size" };
const SVG = "http://www.w3.org/2000/svg";

const grid = Float64Array.from({ length: 2 * GRID * GRID }, (_, k) => {
  const at = k >> 1; // row by row from the top
  return k % 2 ? SQUARE - (2 * SQUARE * Math.floor(at / GRID)) / (GRID - 1)
               : -SQUARE + (2 * SQUARE * (at % GRID)) / (GRID - 1);
});

// Values of one neuron on the grid, as a picture: blue below `middle`, white at it, orange above.
function paint(canvas, values, stride, offset, middle, scale) {
  const pen = canvas.getContext("2d"), picture = pen.createImageData(GRID, GRID);
  for (let k = 0; k < GRID * GRID; k++) {
    const v = Math.max(-1, Math.min(1, (values[k * stride + offset] - middle) / scale)) || 0;
    const share = 0.85 * Math.abs(v), colour = v > 0 ? ORANGE : BLUE;
    for (let c = 0; c < 3; c++) picture.data[4 * k + c] = 255 + share * (colour[c] - 255);
    picture.data[4 * k + 3] = 255;
  }
  pen.putImageData(picture, 0, 0);
}

// Where a function on the grid is zero: pairs of points in grid units (marching squares).
function zeroLine(values) {
  const lines = [];
  for (let row = 0; row + 1 < GRID; row++)
    for (let column = 0; column + 1 < GRID; column++) {
      const corners = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]];
      const v = corners.map(([c, r]) => values[r * GRID + c]), cuts = [];
      for (let k = 0; k < 4; k++) {
        const next = (k + 1) % 4;
        if (v[k] > 0 === v[next] > 0) continue;
        const t = v[k] / (v[k] - v[next]);
        cuts.push([0, 1].map((d) => corners[k][d] + t * (corners[next][d] - corners[k][d])));
      }
      for (let k = 0; k + 1 < cuts.length; k += 2) lines.push([cuts[k], cuts[k + 1]]);
    }
  return lines;
}

// Does the region of class 1 stay away from the edge of the picture?
function regionOf(logits) {
  let some = false, edge = false;
  for (let k = 0; k < GRID * GRID; k++) {
    if (!(logits[k] > 0)) continue;
    const row = Math.floor(k / GRID), column = k % GRID;
    some = true;
    edge ||= row === 0 || column === 0 || row === GRID - 1 || column === GRID - 1;
  }
  return !some ? "empty" : edge ? "open" : "closed";
}

const signed = (v) => `${v < 0 ? "−" : "+"} ${Math.abs(v).toPrecision(3)}`;
const low = (number) => String.fromCharCode(0x2080 + number); // a subscript

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== false) node.setAttribute(name, value === true ? "" : value);
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const choices = model.get("choices"), bytes = model.get("points");
  let settings = { ...model.get("settings") };
  let points, network, epoch, history, playing = false, timer = 0, chosen = null;

  el.classList.add("playground");
  el.dataset.lmSuppressShortcuts = "true"; // JupyterLab's keys stay out of the controls
  const status = element("p", { class: "status", role: "status" });
  const numbers = element("p", { class: "numbers" });
  const equation = element("p", { class: "equation" });
  const recipe = element("code"), proof = element("p", { class: "proof" });

  // controls
  const knobs = {};
  const labelled = (text, ...nodes) => element("label", {}, element("span", {}, text), ...nodes);
  const menu = (values, read) => {
    const node = element("select", {}, ...values.map((v) => element("option", { value: v }, `${v}`)));
    node.addEventListener("change", () => read(values[node.selectedIndex]));
    return node;
  };
  const change = (part, fresh) => {
    settings = { ...settings, ...part };
    if (fresh) restart("A new start");
    else show();
    share();
  };
  const controls = element("div", { class: "controls" });
  for (const [name, label] of Object.entries(LABELS)) {
    const fresh = name === "data" || name === "activation";
    knobs[name] = menu(choices[name], (value) => change({ [name]: value }, fresh));
    controls.append(labelled(label, knobs[name]));
  }
  knobs.noise = element("input", { type: "range", min: 0, max: 1, step: 0.1 });
  knobs.noise.addEventListener("input", () => change({ noise: Number(knobs.noise.value) }, true));
  const noiseText = element("output", {});
  controls.append(labelled("Noise ", noiseText, knobs.noise));
  knobs.depth = menu([0, 1, 2, 3], (depth) =>
    change({ hidden: [0, 1, 2].slice(0, depth).map((l) => settings.hidden[l] || 3) }, true));
  controls.append(labelled("Hidden layers", knobs.depth));
  knobs.widths = [0, 1, 2].map((l) => {
    const node = menu([1, 2, 3, 4, 5, 6, 7, 8], (width) =>
      change({ hidden: settings.hidden.map((old, k) => (k === l ? width : old)) }, true));
    controls.append(labelled(`Neurons, layer ${l + 1}`, node));
    return node;
  });
  knobs.seed = element("input", { type: "number", min: 0, max: 9999, step: 1 });
  knobs.seed.addEventListener("change", () => {
    const seed = Number(knobs.seed.value);
    if (knobs.seed.value.trim() !== "" && Number.isInteger(seed) && seed >= 0 && seed <= 9999)
      return change({ seed }, true);
    say(`The seed must be a whole number from 0 to 9999, got “${knobs.seed.value}”. Kept: ${settings.seed}.`);
    knobs.seed.value = settings.seed;
  });
  controls.append(labelled("Seed", knobs.seed));
  const speed = menu(["slow", "fast", "very fast"], () => {});
  controls.append(labelled("Speed", speed));

  const button = (text, act, attributes = {}) => {
    const node = element("button", { type: "button", ...attributes }, text);
    node.addEventListener("click", () => act(node));
    return node;
  };
  const play = button("Play", () => (playing ? pause("Paused") : start()), { class: "play" });
  const buttons = element("div", { class: "buttons" }, play,
    button("Step", () => { pause(); advance(1); show(); say("One epoch on.", summary()); }, { class: "step" }),
    button("Reset", () => restart("Back to the first weights"), { class: "reset" }),
    button("Next seed", () => change({ seed: (settings.seed + 1) % 10000 }, true), { class: "next-seed" }));
  const presets = element("div", { class: "buttons presets", role: "group", "aria-label": "Settings to try" },
    ...model.get("presets").map(([name, preset]) => button(name, () => { change({ ...preset }, true); start(); })));
  const replies = element("p", { class: "reply", role: "status" });
  const guesses = model.get("predict").map(([answer, reply]) =>
    button(answer, (node) => {
      guesses.forEach((other) => other.setAttribute("aria-pressed", other === node));
      replies.textContent = reply;
    }, { "aria-pressed": "false" }));
  const guess = element("div", { class: "buttons", role: "group", "aria-label": "Your guess" },
    element("span", {}, "Your guess"), ...guesses, replies);

  // pictures
  const net = element("div", { class: "network", role: "group", "aria-label": "The network: one button for each neuron" });
  const big = element("canvas", { width: 360, height: 360, role: "img" });
  const bigTitle = element("p", { class: "title" });
  const chart = element("div", { class: "chart" });
  chart.innerHTML = `<svg viewBox="0 0 320 150" role="img"><g class="axes">
    <path d="M34 6 V124 H312" fill="none" stroke="currentColor"/>
    <text class="top" x="30" y="12" text-anchor="end"></text><text x="30" y="127" text-anchor="end">0</text>
    <text x="34" y="142">0</text><text class="end" x="312" y="142" text-anchor="end"></text>
    <text x="173" y="142" text-anchor="middle">epochs</text></g>
    <path class="coin" d="" stroke="currentColor" stroke-dasharray="2 4" fill="none"/>
    <polyline class="test" fill="none"/><polyline class="train" fill="none"/></svg>
    <p class="key"><span class="train">training loss</span> <span class="test">test loss</span>
    <span class="coin">ln 2: knows nothing</span></p>`;
  const svg = chart.querySelector("svg");
  const showTest = element("input", { type: "checkbox" });
  showTest.addEventListener("change", () => show());
  let neurons = [], links = [];

  function build() {
    const units = [2, ...settings.hidden, 1], tall = Math.max(...units);
    const names = ["input", ...settings.hidden.map((_, l) => `layer ${l + 1}`), "output"];
    const x = (column) => (100 * (column + 0.5)) / units.length;
    const y = (row, count) => (100 * (row + 0.5)) / count;
    const lines = document.createElementNS(SVG, "svg");
    lines.setAttribute("viewBox", "0 0 100 100");
    lines.setAttribute("preserveAspectRatio", "none");
    lines.setAttribute("aria-hidden", "true");
    links = [];
    neurons = [];
    const stage = element("div", { class: "stage", style: `height:${44 * tall}px` }, lines);
    const head = element("div", { class: "names", "aria-hidden": "true" }, ...names.map((n) => element("span", {}, n)));
    units.forEach((count, column) => {
      for (let row = 0; row < count; row++) {
        const canvas = element("canvas", { width: GRID, height: GRID });
        const name = column === 0 ? `input x${low(row + 1)}`
          : column === units.length - 1 ? "output p" : `${names[column]}, neuron ${row + 1}`;
        const node = element("button", { type: "button", "aria-label": `Show ${name}`, "aria-pressed": "false",
          style: `left:${x(column)}%;top:${y(row, count)}%` }, canvas);
        node.addEventListener("click", () => { chosen = [column, row]; show(); say("", equation.textContent); });
        stage.append(node);
        neurons.push({ node, canvas, column, row, name });
        for (let from = 0; column > 0 && from < units[column - 1]; from++) {
          const line = document.createElementNS(SVG, "line");
          const ends = { x1: x(column - 1), y1: y(from, units[column - 1]), x2: x(column), y2: y(row, count) };
          for (const [key, value] of Object.entries(ends)) line.setAttribute(key, value);
          line.setAttribute("vector-effect", "non-scaling-stroke");
          lines.append(line);
          links.push({ line, layer: column - 1, from, to: row });
        }
      }
    });
    net.replaceChildren(head, stage);
    chosen = [units.length - 1, 0];
  }

  // training
  function advance(epochs, until = Infinity) {
    for (let k = 0; k < epochs && performance.now() < until; k++) {
      trainEpoch(network, points, settings);
      epoch += 1;
      if (network.layers.every(({ kernel, bias }) => kernel.every(Number.isFinite) && bias.every(Number.isFinite)))
        continue;
      pause();
      el.dataset.state = "diverged";
      say(`The run diverged in epoch ${epoch}: the weights are no longer numbers. ` +
          `Lower the learning rate (${settings.learning_rate})` +
          `${settings.l2 ? ` or the L2 penalty (${settings.l2})` : ""}, then press Play.`);
      break;
    }
    const train = evaluate(network, points.x, points.y), test = evaluate(network, points.xTest, points.yTest);
    history.push([epoch, train.loss, test.loss]);
    if (history.length > 600) history = history.filter((_, k) => k % 2 === 0 || k === history.length - 1);
  }
  function frame() {
    if (!playing) return;
    advance([1, 8, 64][speed.selectedIndex], performance.now() + 25);
    show();
    if (playing) timer = requestAnimationFrame(frame);
  }
  function start() {
    if (el.dataset.state === "diverged") restart();
    playing = true;
    el.dataset.state = "playing";
    play.textContent = "Pause";
    say("Training.");
    cancelAnimationFrame(timer);
    timer = requestAnimationFrame(frame);
  }
  function pause(word) {
    playing = false;
    if (el.dataset.state !== "diverged") el.dataset.state = "paused";
    play.textContent = "Play";
    cancelAnimationFrame(timer);
    if (word) say(`${word}.`, summary());
  }
  function restart(word) {
    el.dataset.state = "paused";
    pause();
    points = makePoints(bytes, choices, settings);
    network = createNetwork(settings);
    [epoch, history] = [0, []];
    advance(0);
    build();
    show();
    if (word) say(`${word}, seed ${settings.seed}.`, summary());
  }

  // `more` is for those who do not see the line of numbers
  const say = (text, more = "") => status.replaceChildren(text, element("span", { class: "spoken" }, more));
  function summary() {
    const train = evaluate(network, points.x, points.y), test = evaluate(network, points.xTest, points.yTest);
    Object.assign(el.dataset, { epoch, loss: train.loss, accuracy: test.accuracy });
    const region = regionOf(forward(network, grid).at(-1));
    el.dataset.region = region;
    if (!Number.isFinite(train.loss)) return `Epoch ${epoch}: the loss is no longer a number.`;
    return `Epoch ${epoch}: training loss ${train.loss.toFixed(4)}, test loss ${test.loss.toFixed(4)}, ` +
      `${Math.round(HALF * test.accuracy)} of ${HALF} test points right. The orange region is ` +
      `${region === "open" ? "open: it reaches the edge" : region}.`;
  }
  function share() { // a live notebook can go on from here
    model.set("settings", { ...settings });
    model.save_changes();
  }

  function show() {
    for (const name of Object.keys(LABELS)) knobs[name].selectedIndex = choices[name].indexOf(settings[name]);
    knobs.noise.value = settings.noise;
    noiseText.textContent = settings.noise.toFixed(1);
    knobs.depth.selectedIndex = settings.hidden.length;
    knobs.widths.forEach((node, l) => {
      node.parentElement.hidden = l >= settings.hidden.length;
      if (l < settings.hidden.length) node.selectedIndex = settings.hidden[l] - 1;
    });
    knobs.seed.value = settings.seed;
    const s = settings, hidden = s.hidden.length === 1 ? `(${s.hidden},)` : `(${s.hidden.join(", ")})`;
    recipe.textContent = `Settings(data="${s.data}", noise=${s.noise}, hidden=${hidden}, activation="${s.activation}", ` +
      `learning_rate=${s.learning_rate}, l2=${s.l2}, batch_size=${s.batch_size}, seed=${s.seed})`;
    numbers.textContent = summary();
    const all = forward(network, grid);
    drawNetwork(all);
    drawMap(all);
    drawChart();
  }

  // Values of a neuron on the grid, how they lie in memory, and what is white in its picture.
  function valuesOf(all, column, row) {
    const last = column === all.length - 1, values = last ? all[column].map((z) => 1 / (1 + Math.exp(-z))) : all[column];
    const stride = values.length / (GRID * GRID);
    const middle = last || (column > 0 && settings.activation === "sigmoid") ? 0.5 : 0;
    let scale = 1e-9;
    for (let k = row; k < values.length; k += stride) scale = Math.max(scale, Math.abs(values[k] - middle));
    return [values, stride, row, middle, last ? 0.5 : scale];
  }
  // The sum z of a neuron on the grid; an input is its own sum.
  function sumsOf(all, column, row) {
    if (column === 0) return Float64Array.from({ length: GRID * GRID }, (_, k) => grid[2 * k + row]);
    const { inputs, outputs, kernel, bias } = network.layers[column - 1], a = all[column - 1];
    return Float64Array.from({ length: GRID * GRID }, (_, k) => {
      let z = bias[row];
      for (let i = 0; i < inputs; i++) z += a[k * inputs + i] * kernel[i * outputs + row];
      return z;
    });
  }
  function drawNetwork(all) {
    for (const { node, canvas, column, row } of neurons) {
      paint(canvas, ...valuesOf(all, column, row));
      node.setAttribute("aria-pressed", column === chosen[0] && row === chosen[1]);
    }
    for (const { line, layer, from, to } of links) {
      const { kernel, outputs } = network.layers[layer], weight = kernel[from * outputs + to] || 0;
      line.setAttribute("stroke-width", Math.min(8, 0.5 + 2.5 * Math.abs(weight)));
      line.setAttribute("class", weight < 0 ? "negative" : "positive");
    }
    const [column, row] = chosen, { name } = neurons.find((n) => n.column === column && n.row === row);
    bigTitle.textContent = column === all.length - 1 ? "What the network answers" : name[0].toUpperCase() + name.slice(1);
    if (column === 0) { equation.textContent = `${name}: the number itself.`; return; }
    const { inputs, outputs, kernel, bias } = network.layers[column - 1], letter = column === 1 ? "x" : "a";
    const sum = Array.from({ length: inputs }, (_, i) => `${signed(kernel[i * outputs + row])} ${letter}${low(i + 1)}`);
    equation.textContent = `${name}: z = ${sum.join(" ").replace(/^\+ /, "")} ${signed(bias[row])}, ` +
      (column === all.length - 1 ? "p = sigmoid(z)" : settings.activation === "linear" ? "a = z" : `a = ${settings.activation}(z)`);
  }
  const scratch = element("canvas", { width: GRID, height: GRID });
  function drawMap(all) {
    const pen = big.getContext("2d"), size = big.width, at = (v) => (size * (v + SQUARE)) / (2 * SQUARE);
    const pixel = size / (GRID - 1); // the middle of the first pixel is the edge of the picture
    paint(scratch, ...valuesOf(all, ...chosen));
    pen.drawImage(scratch, -pixel / 2, -pixel / 2, size + pixel, size + pixel);
    pen.strokeStyle = "#000";
    pen.lineWidth = 2.5;
    pen.beginPath();
    for (const [[x0, y0], [x1, y1]] of zeroLine(sumsOf(all, ...chosen))) {
      pen.moveTo(x0 * pixel, y0 * pixel);
      pen.lineTo(x1 * pixel, y1 * pixel);
    }
    pen.stroke();
    const draw = (x, y, filled) => {
      pen.lineWidth = 1;
      for (let r = 0; r < y.length; r++) {
        const left = at(x[2 * r]), top = at(-x[2 * r + 1]), colour = y[r] ? "#a35f00" : "#004b76";
        pen.beginPath();
        if (y[r]) { pen.moveTo(left, top - 5); pen.lineTo(left + 5, top + 4); pen.lineTo(left - 5, top + 4); pen.closePath(); }
        else pen.arc(left, top, 4, 0, 7);
        pen.fillStyle = colour;
        pen.strokeStyle = filled ? "#fff" : colour;
        if (filled) pen.fill();
        pen.stroke();
      }
    };
    draw(points.x, points.y, true);
    if (showTest.checked) draw(points.xTest, points.yTest, false);
    big.setAttribute("aria-label", `${bigTitle.textContent}, on the square from −3 to 3, with the training points: ` +
      `class 1 as orange triangles, class 0 as blue circles. ${numbers.textContent}`);
  }
  function drawChart() {
    const finite = history.filter((row) => row.every(Number.isFinite));
    const end = Math.max(1, history.at(-1)[0]), top = Math.min(5, Math.max(0.8, ...finite.flatMap((row) => row.slice(1))));
    const place = (row, k) => `${34 + (278 * row[0]) / end},${124 - (118 * Math.min(top, row[k])) / top}`;
    svg.querySelector(".train").setAttribute("points", finite.map((row) => place(row, 1)).join(" "));
    svg.querySelector(".test").setAttribute("points", finite.map((row) => place(row, 2)).join(" "));
    svg.querySelector(".coin").setAttribute("d", `M34 ${124 - (118 * Math.LN2) / top} H312`);
    svg.querySelector(".top").textContent = top.toFixed(1);
    svg.querySelector(".end").textContent = end;
    svg.setAttribute("aria-label", `Loss in nats against epochs. ${numbers.textContent}`);
  }

  function prove() {
    const runs = model.get("expected");
    let largest = 0, longest = 0;
    for (const { settings: theirs, losses } of runs) {
      const here = lossesAfter(makePoints(bytes, choices, theirs), theirs, losses.map(([n]) => n));
      losses.forEach(([n, loss], k) => {
        largest = Math.max(largest, Math.abs(loss - here[k]));
        longest = Math.max(longest, n);
      });
    }
    if (runs.length === 0) return;
    el.dataset.difference = largest;
    proof.textContent = `From the same first weights, the loss in this page and the loss in Keras differ by ` +
      `${largest.toExponential(0)} at most, over ${longest} epochs.`;
  }

  el.replaceChildren(
    element("p", { class: "question" }, model.get("question")), ...(guesses.length ? [guess] : []),
    ...(model.get("presets").length ? [presets] : []), controls, buttons, status, numbers,
    element("div", { class: "pictures" },
      element("div", { class: "left" }, net, equation, chart),
      element("div", { class: "right" }, bigTitle, big, element("label", { class: "check" }, showTest, " show the test points"))),
    element("p", { class: "recipe" }, "The same in Python: ", recipe), proof);
  speed.selectedIndex = 1;
  restart();
  prove();
  model.on("change:expected", prove);
  return () => { playing = false; cancelAnimationFrame(timer); model.off("change:expected", prove); };
}

export default { render };
