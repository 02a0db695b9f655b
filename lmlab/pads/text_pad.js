// A small GPT in the page: one token at a time, keys and values kept, and the pad around it.

function layout(config) {
  const { vocab, seq_len: T, d_model: d, num_layers } = config;
  const matrices = [["tokens", vocab.length, d], ["positions", T, d]];
  const vectors = [];
  for (let l = 0; l < num_layers; l++) {
    vectors.push([`${l}.gamma_1`, d], [`${l}.beta_1`, d]);
    for (const [name, rows, columns] of [["qkv", d, 3 * d], ["project", d, d]]) {
      matrices.push([`${l}.${name}`, columns, rows]); // stored by output
      vectors.push([`${l}.${name}`, columns]);
    }
    vectors.push([`${l}.gamma_2`, d], [`${l}.beta_2`, d]);
    for (const [name, rows, columns] of [["expand", d, 4 * d], ["contract", 4 * d, d]]) {
      matrices.push([`${l}.${name}`, columns, rows]);
      vectors.push([`${l}.${name}`, columns]);
    }
  }
  vectors.push(["gamma", d], ["beta", d]);
  return { matrices, vectors };
}

// integers: one int8 for each weight; floats: a scale for each row of each matrix, then the vectors
function unpack(config, integers, floats) {
  const { matrices, vectors } = layout(config), parts = { bias: {} };
  let at = 0, next = 0;
  for (const [name, rows, columns] of matrices) {
    const matrix = new Float32Array(rows * columns);
    for (let r = 0; r < rows; r++) {
      const scale = floats[next++];
      for (let c = 0; c < columns; c++) matrix[r * columns + c] = integers[at++] * scale;
    }
    parts[name] = matrix;
  }
  for (const [name, size] of vectors) parts.bias[name] = floats.subarray(next, (next += size));
  return parts;
}

function times(matrix, x, bias) {
  const out = new Float32Array(matrix.length / x.length), n = x.length;
  for (let r = 0; r < out.length; r++) {
    let sum = bias ? bias[r] : 0;
    for (let c = 0, at = r * n; c < n; c++) sum += matrix[at + c] * x[c];
    out[r] = sum;
  }
  return out;
}

function normalise(x, gamma, beta) {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const spread = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length + 1e-5);
  return x.map((v, i) => ((v - mean) / spread) * gamma[i] + beta[i]);
}

const gelu = (v) => 0.5 * v * (1 + Math.tanh(0.7978845608028654 * (v + 0.044715 * v ** 3)));
const add = (x, y) => x.map((v, i) => v + y[i]);

function softmax(scores) {
  const largest = Math.max(...scores);
  const powers = scores.map((s) => Math.exp(s - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

// Returns a reader with its own cache: read(token) gives the logits of the token after it.
function reader(config, parts) {
  const { d_model: d, num_layers, num_heads } = config, size = d / num_heads, { bias } = parts;
  const cache = Array.from({ length: num_layers }, () => ({ keys: [], values: [] }));
  let position = 0;
  return (token) => {
    let x = new Float32Array(d);
    for (let i = 0; i < d; i++) x[i] = parts.tokens[token * d + i] + parts.positions[position * d + i];
    position += 1;
    for (let l = 0; l < num_layers; l++) {
      const { keys, values } = cache[l];
      const qkv = times(parts[`${l}.qkv`], normalise(x, bias[`${l}.gamma_1`], bias[`${l}.beta_1`]), bias[`${l}.qkv`]);
      keys.push(qkv.subarray(d, 2 * d));
      values.push(qkv.subarray(2 * d));
      const mixed = new Float32Array(d);
      for (let h = 0; h < num_heads; h++) {
        const from = h * size;
        const weights = softmax(keys.map((key) => {
          let score = 0;
          for (let i = from; i < from + size; i++) score += qkv[i] * key[i];
          return score / Math.sqrt(size);
        }));
        weights.forEach((weight, t) => {
          for (let i = from; i < from + size; i++) mixed[i] += weight * values[t][i];
        });
      }
      x = add(x, times(parts[`${l}.project`], mixed, bias[`${l}.project`]));
      const normed = normalise(x, bias[`${l}.gamma_2`], bias[`${l}.beta_2`]);
      const hidden = times(parts[`${l}.expand`], normed, bias[`${l}.expand`]).map(gelu);
      x = add(x, times(parts[`${l}.contract`], hidden, bias[`${l}.contract`]));
    }
    return times(parts.tokens, normalise(x, bias.gamma, bias.beta));
  };
}

// The rule of lmlab.models.gpt.choose_token; `noise` is uniform from 0 to 1.
function choose(logits, noise, { temperature, top_k, top_p }) {
  if (temperature === 0) return logits.indexOf(Math.max(...logits));
  let probs = softmax(Array.from(logits, (v) => v / temperature));
  const ranked = [...probs].sort((a, b) => b - a).slice(0, top_k);
  const total = ranked.reduce((a, b) => a + b, 0);
  let before = 0, least = ranked[0];
  for (const p of ranked) {
    if (before >= top_p * total) break;
    least = p;
    before += p;
  }
  probs = probs.map((p) => (p >= least ? p : 0));
  const sum = probs.reduce((a, b) => a + b, 0);
  let reached = 0, last = 0;
  for (let i = 0; i < probs.length; i++) {
    if (probs[i] > 0) last = i;
    reached += probs[i];
    if (reached > noise * sum) return i;
  }
  return last;
}

// What is wrong with the reader's input, in words; "" if nothing is.
function fault(prompt, { temperature, top_k, top_p, count }, { vocab, seq_len }) {
  const strange = [...new Set([...prompt].filter((c) => !vocab.includes(c)))];
  if (!prompt) return "The prompt is empty: the model needs at least one character.";
  if (strange.length) return `The model does not know ${strange.slice(0, 5).map((c) => `“${c}”`).join(", ")}: it has learned ${vocab.length} characters only.`;
  if (prompt.length > seq_len) return `The prompt has ${prompt.length} characters; the model reads at most ${seq_len}.`;
  if (!(temperature >= 0 && temperature <= 100)) return "The temperature must be a number from 0 to 100.";
  if (!(Number.isInteger(top_k) && top_k >= 1 && top_k <= vocab.length)) return `Top-k must be a whole number from 1 to ${vocab.length}, the size of the vocabulary.`;
  if (!(top_p > 0 && top_p <= 1)) return "Top-p must be above 0 and at most 1.";
  if (!(Number.isInteger(count) && count >= 1 && count <= 2000)) return "The length must be a whole number from 1 to 2000.";
  return "";
}

function* write(config, parts, prompt, options, random) {
  const tokens = [...prompt].map((c) => config.vocab.indexOf(c));
  let read = reader(config, parts), logits = null, used = 0;
  const feed = (token) => { logits = read(token); used += 1; };
  tokens.forEach(feed);
  for (let n = 0; n < options.count; n++) {
    const token = choose(logits, random(), options);
    tokens.push(token);
    yield config.vocab[token];
    if (used === config.seq_len) { // the context is full: go on from its second half
      read = reader(config, parts);
      used = 0;
      tokens.slice(-Math.max(1, config.seq_len >> 1)).forEach(feed);
    } else feed(token);
  }
}

const bytes = (view, Kind) => new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

function render({ model, el }) {
  const config = model.get("config");
  const parts = unpack(config, bytes(model.get("weights"), Int8Array), bytes(model.get("floats"), Float32Array));
  const id = `text-pad-${Math.random().toString(36).slice(2)}`;
  el.classList.add("text-pad");
  el.innerHTML = `
    <label for="${id}">Prompt (at most ${config.seq_len} characters)</label>
    <textarea id="${id}" rows="2" spellcheck="false"></textarea>
    <div class="knobs">
      <label>temperature <input class="temperature" type="number" min="0" step="0.1" value="0.8"></label>
      <label>top-k <input class="top_k" type="number" min="1" max="${config.vocab.length}" step="1" value="${config.vocab.length}"></label>
      <label>top-p <input class="top_p" type="number" min="0" max="1" step="0.05" value="1"></label>
      <label>characters <input class="count" type="number" min="1" max="2000" step="1" value="300"></label>
    </div>
    <div class="knobs"><button type="button" class="go">Generate</button><button type="button" class="stop" disabled>Stop</button></div>
    <p class="said" role="status"></p>
    <pre class="page" tabindex="0" role="region" aria-label="The text that the model writes"></pre>
    <p class="proof"></p>`;
  const $ = (name) => el.querySelector(name);
  const prompt = $("textarea"), page = $(".page"), said = $(".said"), go = $(".go"), stop = $(".stop");
  prompt.value = model.get("prompt");
  let timer = null;
  const value = (name) => ($(name).value.trim() === "" ? NaN : Number($(name).value));
  const end = (text) => {
    clearTimeout(timer);
    timer = null;
    go.disabled = false;
    stop.disabled = true;
    said.textContent = text;
    el.dataset.state = "idle";
  };
  go.addEventListener("click", () => {
    const options = Object.fromEntries(["temperature", "top_k", "top_p", "count"].map((name) => [name, value(`.${name}`)]));
    const wrong = fault(prompt.value, options, config);
    if (wrong) return end(wrong);
    go.disabled = true;
    stop.disabled = false;
    el.dataset.state = "writing";
    said.textContent = options.temperature === 0 ? "Temperature 0: always the likeliest character." : "";
    const start = document.createElement("b");
    start.textContent = prompt.value;
    const text = document.createTextNode("");
    page.replaceChildren(start, text);
    const writer = write(config, parts, prompt.value, options, Math.random);
    const tick = () => {
      for (let i = 0; i < 4; i++) {
        const { value: letter, done } = writer.next();
        if (done) return end(`Done: ${options.count} characters.`);
        text.data += letter;
      }
      timer = setTimeout(tick, 0);
    };
    tick();
  });
  stop.addEventListener("click", () => end("Stopped."));
  el.addEventListener("keydown", (event) => event.stopPropagation()); // no notebook shortcuts

  const read = reader(config, parts), expected = model.get("expected");
  const probe = model.get("probe").map((token) => read(token));
  const largest = Math.max(...probe.flatMap((logits, t) => expected[t].map((v, i) => Math.abs(v - logits[i]))));
  el.dataset.difference = largest;
  $(".proof").textContent = `On a line of ${probe.length} characters the logits of this page and of Keras differ by ${largest.toExponential(0)} at most.`;
  end("");
  return () => clearTimeout(timer);
}

export default { render };
