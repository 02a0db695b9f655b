// A review is a bag of words and pairs: the page adds their weights and shows what each word does.
// Runs behind cutWords of sentence_pad.js.

// Words and neighbouring pairs of a text, each once.
function gramsOf(words) {
  return [...new Set([...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)])];
}

// integers: one int8 for each gram; scales: one float for each language
function scorer(config, integers) {
  const weights = new Map();
  let at = 0;
  config.languages.forEach(({ grams, scale }) => {
    for (const gram of grams.split("\n")) weights.set(gram, integers[at++] * scale);
  });
  return (words) => {
    const { offset } = config.languages[words.some((word) => word >= "\u4e00") ? 1 : 0];
    return gramsOf(words).reduce((sum, gram) => sum + (weights.get(gram) ?? 0), offset);
  };
}

// What each word adds: the score with it less the score without it.
function effects(score, words) {
  const whole = score(words);
  return words.map((_, i) => whole - score(words.filter((_, j) => j !== i)));
}

const share = (score) => 1 / (1 + Math.exp(-score));
const bytes = (view, Kind) => new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
const signed = (v) => (v < 0 ? "−" : "+") + Math.abs(v).toFixed(2);

function render({ model, el }) {
  const config = model.get("config"), examples = model.get("examples");
  const score = scorer(config, bytes(model.get("weights"), Int8Array));
  const id = `review-pad-${Math.random().toString(36).slice(2)}`;
  el.classList.add("review-pad");
  el.innerHTML = `
    <label for="${id}">Your review, in English or in Chinese</label>
    <textarea id="${id}" rows="2" maxlength="400" spellcheck="false"></textarea>
    <div class="knobs"></div>
    <p class="said" role="status"></p>
    <div class="track" aria-hidden="true"><span class="bar"></span></div>
    <p class="hint">What each word does to the log-odds. Press a word to delete it, once more to put it back.</p>
    <div class="words" role="group" aria-label="the words of the review"></div>
    <p class="proof"></p>`;
  const $ = (name) => el.querySelector(name), box = $("textarea"), list = $(".words");
  let words = [], gone = new Set();

  const answer = () => {
    const kept = words.filter((_, i) => !gone.has(i)), places = words.map((_, i) => i).filter((i) => !gone.has(i));
    const total = score(kept), does = effects(score, kept), p = share(total);
    $(".said").textContent = words.length
      ? `Satisfied with probability ${(100 * p).toFixed(0)} % (log-odds ${signed(total)}); ${gone.size ? `${gone.size} deleted, ` : ""}${kept.length} ${kept.length === 1 ? "word" : "words"} read.`
      : "Type a review.";
    $(".bar").style.width = `${words.length ? 100 * p : 0}%`;
    el.dataset.score = words.length ? total : "";
    [...list.children].forEach((chip, i) => {
      const at = places.indexOf(i), value = at < 0 ? 0 : does[at];
      chip.setAttribute("aria-pressed", String(gone.has(i)));
      chip.classList.toggle("for", value > 0.005);
      chip.classList.toggle("against", value < -0.005);
      chip.style.setProperty("--much", `${Math.min(100, 60 * Math.abs(value)).toFixed(0)}%`);
      chip.querySelector("small").textContent = at < 0 ? "deleted" : signed(value);
    });
  };
  const read = () => {
    words = cutWords(box.value, new Set());
    gone = new Set();
    list.replaceChildren(...words.map((word, i) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.append(word, document.createElement("small"));
      chip.addEventListener("click", () => {
        if (!gone.delete(i)) gone.add(i);
        answer();
      });
      return chip;
    }));
    answer();
  };
  for (const text of examples) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", () => {
      box.value = text;
      read();
    });
    $(".knobs").append(button);
  }
  box.addEventListener("input", read);
  el.addEventListener("keydown", (event) => event.stopPropagation()); // no notebook shortcuts
  box.value = examples[0];
  read();

  const expected = model.get("expected");
  const largest = Math.max(...expected.map((v, i) => Math.abs(v - score(cutWords(examples[i], new Set())))));
  el.dataset.difference = largest;
  $(".proof").textContent = `Computed in the page; nothing that you type leaves it. On the ${expected.length} examples the page and NumPy differ by ${largest.toExponential(0)} at most.`;
}

export default { render };
