// The network's forward pass and the pad around it. Images are Float32Array, row by row, 0 to 1.

const SIZE = 28;

function dense(input, layer, weights) {
  const [inputs, outputs] = layer.shape;
  const out = new Float32Array(outputs);
  for (let o = 0; o < outputs; o++) {
    let sum = 0;
    for (let i = 0; i < inputs; i++) sum += input[i] * weights[i * outputs + o];
    out[o] = sum * layer.scale[o] + layer.bias[o];
  }
  return out;
}

// input: {data, size, channels}, the image is square; padding "same" as in TensorFlow
function convolve(input, layer, weights) {
  const [k, , channels, outputs] = layer.shape;
  const { size } = input, { stride } = layer;
  const side = layer.same ? Math.ceil(size / stride) : Math.floor((size - k) / stride) + 1;
  const before = layer.same ? Math.max(0, (side - 1) * stride + k - size) >> 1 : 0;
  const data = new Float32Array(side * side * outputs);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      for (let dy = 0; dy < k; dy++)
        for (let dx = 0; dx < k; dx++) {
          const row = y * stride + dy - before, column = x * stride + dx - before;
          if (row < 0 || column < 0 || row >= size || column >= size) continue;
          for (let c = 0; c < channels; c++) {
            const value = input.data[(row * size + column) * channels + c];
            if (value === 0) continue;
            const from = ((dy * k + dx) * channels + c) * outputs;
            const to = (y * side + x) * outputs;
            for (let o = 0; o < outputs; o++) data[to + o] += value * weights[from + o];
          }
        }
  for (let i = 0; i < data.length; i++)
    data[i] = data[i] * layer.scale[i % outputs] + layer.bias[i % outputs];
  return { data, size: side, channels: outputs };
}

function activate(values, name) {
  if (name === "relu") return values.map((v) => Math.max(0, v));
  if (name !== "softmax") return values;
  const largest = Math.max(...values);
  const powers = values.map((v) => Math.exp(v - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

function network(layers, bytes) {
  let offset = 0;
  const all = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = layers.map((layer) => {
    const count = layer.shape.reduce((a, b) => a * b, 1);
    offset += count;
    return all.subarray(offset - count, offset);
  });
  return (image) => {
    let now = { data: image, size: SIZE, channels: 1 };
    layers.forEach((layer, i) => {
      now = layer.kind === "Conv2D" ? convolve(now, layer, parts[i])
                                    : { data: dense(now.data, layer, parts[i]) };
      now.data = activate(now.data, layer.activation);
    });
    return now.data;
  };
}

// As MNIST was made: the digit's box scaled into 20 x 20, its centre of mass in the middle.
function centred(image) {
  let top = SIZE, left = SIZE, bottom = -1, right = -1;
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++)
      if (image[y * SIZE + x] > 0.1) {
        top = Math.min(top, y); bottom = Math.max(bottom, y);
        left = Math.min(left, x); right = Math.max(right, x);
      }
  if (bottom < 0) return image;
  const scale = Math.max(bottom - top + 1, right - left + 1) / 20;
  const sample = (x, y) => {
    const x0 = Math.floor(x), y0 = Math.floor(y), fx = x - x0, fy = y - y0;
    const at = (a, b) => (a < 0 || b < 0 || a >= SIZE || b >= SIZE ? 0 : image[b * SIZE + a]);
    return (at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx) * (1 - fy) +
           (at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx) * fy;
  };
  let mass = 0, mx = 0, my = 0;
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++) {
      const v = image[y * SIZE + x];
      mass += v; mx += v * x; my += v * y;
    }
  const out = new Float32Array(SIZE * SIZE);
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++)
      out[y * SIZE + x] = sample(mx / mass + (x - 13.5) * scale, my / mass + (y - 13.5) * scale);
  return out;
}

function render({ model, el }) {
  const read = network(model.get("layers"), model.get("weights"));
  const bytes = model.get("examples");
  const examples = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const example = (digit) =>
    Float32Array.from(examples.subarray(digit * SIZE * SIZE, (digit + 1) * SIZE * SIZE), (v) => v / 255);

  el.classList.add("digit-pad");
  el.innerHTML = `
    <div class="board">
      <canvas width="280" height="280" tabindex="0" role="img"
        aria-label="Drawing pad. Draw a digit, or load one with the buttons below and move it with the arrow keys."></canvas>
      <div class="tools">
        <button type="button" class="wipe">Clear</button>
        <label><input type="checkbox" checked> centre the drawing</label>
      </div>
      <div class="examples" role="group" aria-label="Load a test digit"></div>
    </div>
    <div class="answer"><p class="verdict" aria-live="polite"></p><div class="bars"></div>
      <p class="proof"></p></div>`;
  const canvas = el.querySelector("canvas"), pen = canvas.getContext("2d");
  const centre = el.querySelector("input"), verdict = el.querySelector(".verdict");
  const bars = Array.from({ length: 10 }, (_, digit) => {
    const row = document.createElement("div");
    row.innerHTML = `<span class="name">${digit}</span><span class="track"><span class="bar"></span></span><span class="share"></span>`;
    el.querySelector(".bars").append(row);
    return row;
  });
  let image = example(7), loaded = true; // a first stroke wipes a loaded digit

  function show() {
    const grey = pen.createImageData(SIZE, SIZE);
    image.forEach((v, i) => grey.data.set([255 - 255 * v, 255 - 255 * v, 255 - 255 * v, 255], 4 * i));
    const small = document.createElement("canvas");
    small.width = small.height = SIZE;
    small.getContext("2d").putImageData(grey, 0, 0);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, 0, 0, 280, 280);
    const blank = !image.some((v) => v > 0.1);
    const probs = blank ? new Float32Array(10) : read(centre.checked ? centred(image) : image);
    const best = probs.indexOf(Math.max(...probs));
    bars.forEach((row, digit) => {
      row.querySelector(".bar").style.width = `${100 * probs[digit]}%`;
      row.querySelector(".share").textContent = `${Math.round(100 * probs[digit])} %`;
      row.classList.toggle("best", !blank && digit === best);
    });
    verdict.textContent = blank ? "Draw a digit with the mouse or a finger."
      : `It reads a ${best} with ${Math.round(100 * probs[best])} %.`;
    el.dataset.read = blank ? "" : best;
  }

  function dot(x, y) {
    for (let row = Math.floor(y - 2); row <= y + 2; row++)
      for (let column = Math.floor(x - 2); column <= x + 2; column++) {
        if (row < 0 || column < 0 || row >= SIZE || column >= SIZE) continue;
        const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
        const i = row * SIZE + column;
        image[i] = Math.max(image[i], Math.min(1, Math.max(0, 1.9 - distance)));
      }
  }
  let last = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * SIZE) / box.width, ((event.clientY - box.top) * SIZE) / box.height];
  };
  const line = (event) => {
    const [x, y] = place(event), [fromX, fromY] = last || [x, y];
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(x - fromX, y - fromY)));
    for (let i = 0; i <= steps; i++) dot(fromX + ((x - fromX) * i) / steps, fromY + ((y - fromY) * i) / steps);
    last = [x, y];
    show();
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (loaded) image = new Float32Array(SIZE * SIZE);
    loaded = false;
    last = null;
    line(event);
  });
  canvas.addEventListener("pointermove", (event) => { if (event.buttons) line(event); });
  canvas.addEventListener("keydown", (event) => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [];
    if (dx === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    image = Float32Array.from(image, (_, i) => {
      const x = (i % SIZE) - dx, y = Math.floor(i / SIZE) - dy;
      return x < 0 || y < 0 || x >= SIZE || y >= SIZE ? 0 : image[y * SIZE + x];
    });
    show();
  });
  el.querySelector(".wipe").addEventListener("click", () => { image = new Float32Array(SIZE * SIZE); show(); });
  centre.addEventListener("change", show);
  for (let digit = 0; digit < 10; digit++) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = digit;
    button.setAttribute("aria-label", `Load a test digit ${digit}`);
    button.addEventListener("click", () => { image = example(digit); loaded = true; show(); });
    el.querySelector(".examples").append(button);
  }

  const expected = model.get("expected");
  const largest = Math.max(...expected.flatMap((probs, digit) => {
    const here = read(example(digit));
    return probs.map((p, i) => Math.abs(p - here[i]));
  }));
  el.dataset.difference = largest;
  el.querySelector(".proof").textContent =
    `On the ten test digits this page and Keras differ by ${largest.toExponential(0)} at most.`;
  show();
}

export default { render };
