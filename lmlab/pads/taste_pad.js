// Films to click on, and what the factors of the likes recommend.

// The solution of a small symmetric positive system, by Gauss elimination.
function solve(left, right) {
  const n = right.length, rows = left.map((row, i) => [...row, right[i]]);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const by = rows[j][i] / rows[i][i];
      for (let k = i; k <= n; k++) rows[j][k] -= by * rows[i][k];
    }
  }
  const p = Array(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = rows[i][n];
    for (let k = i + 1; k < n; k++) sum -= rows[i][k] * p[k];
    p[i] = sum / rows[i][i];
  }
  return p;
}

// Scores of all films for somebody who likes some of them.
function foldIn(films, left, liked) {
  const right = left.map((_, k) => liked.reduce((sum, film) => sum + films[film][k], 0));
  const p = solve(left, right);
  return films.map((film) => film.reduce((sum, x, k) => sum + x * p[k], 0));
}

// The ten best that were not clicked; without a click the ten most popular (films come in that order).
function best(films, left, liked, count = 10) {
  const scores = liked.length ? foldIn(films, left, liked) : films.map((_, i) => -i);
  const rest = films.map((_, i) => i).filter((i) => !liked.includes(i));
  return rest.sort((a, b) => scores[b] - scores[a] || a - b).slice(0, count);
}

const make = (tag, text = "", about = {}) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
};

function render({ model, el }) {
  const titles = model.get("titles"), films = model.get("films"), left = model.get("left");
  const liked = new Set(model.get("start"));
  el.classList.add("taste-pad");
  const choices = make("div", "", { class: "choices", role: "group", "aria-label": "films that you may like" });
  const buttons = titles.slice(0, model.get("offered")).map((title, i) => {
    const button = make("button", title, { type: "button" });
    button.addEventListener("click", () => {
      if (!liked.delete(i)) liked.add(i);
      answer();
    });
    choices.append(button);
    return button;
  });
  const clear = make("button", "Clear all", { type: "button", class: "clear" });
  const said = make("p", "", { class: "said", role: "status" });
  const lists = make("div", "", { class: "lists" });
  const columns = ["For you", "For everybody"].map((name) => {
    const column = make("div"), list = make("ol", "", { "aria-label": name });
    column.append(make("p", name, { class: "name" }), list);
    lists.append(column);
    return list;
  });
  const fill = (list, rows, marked) => {
    list.replaceChildren(...rows.map((i) => make(marked(i) ? "strong" : "span", titles[i])).map((title) => {
      const line = make("li");
      line.append(title);
      return line;
    }));
  };
  function answer() {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(liked.has(i))));
    const mine = best(films, left, [...liked].sort((a, b) => a - b));
    const all = films.map((_, i) => i).filter((i) => !liked.has(i)).slice(0, 10);
    fill(columns[0], mine, (i) => !all.includes(i));
    fill(columns[1], all, () => false);
    const own = mine.filter((i) => !all.includes(i)).length;
    said.textContent = `${liked.size} clicked; ${own} of your ten are not among everybody's.`;
  }
  clear.addEventListener("click", () => {
    liked.clear();
    answer();
  });
  el.addEventListener("keydown", (event) => event.stopPropagation()); // no notebook shortcuts
  el.append(choices, clear, said, lists, make("p", "Computed in the page; nothing that you click leaves it.", { class: "proof" }));
  const expected = model.get("expected"), here = foldIn(films, left, model.get("start"));
  el.dataset.difference = Math.max(...here.map((score, i) => Math.abs(score - expected[i])));
  answer();
}

export default { render };
