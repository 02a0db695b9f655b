// The margin of a model service under the reader's own numbers, and the calculator around it.

// Dollars for 1,000 requests, and days until the fixed cost is earned.
function economics(v) {
  const hits = v.hits / 100;
  const price = v.input * (v.price_hit * hits + v.price_input * (1 - hits));
  const income = (v.paid / 100) * (price + v.output * v.price_output) / 1000;
  const node = (1000 * v.rent) / 3600 / (v.utilisation / 100);
  const reading = (node * v.input * (1 - hits)) / v.read_speed;
  const writing = (node * v.output) / v.write_speed;
  const profit = income - reading - writing;
  const days = profit > 0 ? (1000 * v.training) / profit / v.requests : Infinity;
  return { income, reading, writing, profit, days };
}

// Each 10 % worse, alone.
const WORSE = {
  "prices 10 % lower": (v) => ({ price_hit: 0.9 * v.price_hit, price_input: 0.9 * v.price_input, price_output: 0.9 * v.price_output }),
  "rent 10 % higher": (v) => ({ rent: 1.1 * v.rent }),
  "fixed cost 10 % higher": (v) => ({ training: 1.1 * v.training }),
  "utilisation 10 % lower": (v) => ({ utilisation: 0.9 * v.utilisation }),
  "hits 10 % fewer": (v) => ({ hits: 0.9 * v.hits }),
  "requests 10 % fewer": (v) => ({ requests: 0.9 * v.requests }),
};

// How much later the break-even comes, as a share of the days; NaN where it never came.
function delays(v) {
  const { days } = economics(v);
  const later = (change) => economics({ ...v, ...change(v) }).days / days - 1;
  return Object.fromEntries(Object.entries(WORSE).map(([name, change]) => [name, days > 0 && days < Infinity ? later(change) : NaN]));
}

// What is wrong with the reader's numbers, in words; "" if nothing is.
function fault(v, fields) {
  for (const [name, group, label, unit, low, high] of fields) {
    if (!(v[name] >= low && v[name] <= high)) return `${group}, ${label}: a number from ${low} to ${high} is needed (${unit}).`;
  }
  return "";
}

const dollars = (x) => (x < 0 ? "−" : "") + Math.abs(x).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const whole = (x) => x.toLocaleString("en", { maximumFractionDigits: 0 });
const share = (x) => `${(100 * x).toFixed(1)} %`.replace("-", "−");

// The lines of the answer: name and value.
function answers(v) {
  const { income, reading, writing, profit, days } = economics(v), cost = reading + writing;
  const lines = [["income", `$${dollars(income)}`], ["cost of reading", `$${dollars(reading)}`], ["cost of writing", `$${dollars(writing)}`], ["profit", `$${dollars(profit)}`.replace("$−", "−$")]];
  lines.push(["margin", income > 0 ? share(profit / income) : "no income"]);
  lines.push(["break-even", days < Infinity ? `${whole(days)} days, ${whole(days * v.requests)} million requests` : "never"]);
  if (income > 0) {
    const least = [((v.paid / 100) * cost) / income, ((v.utilisation / 100) * cost) / income];
    const text = (x) => (x > 1 ? "more than 100 %" : share(x));
    lines.push(["no profit below a paid share of", text(least[0])], ["no profit below a utilisation of", text(least[1])]);
  }
  return lines;
}

const make = (tag, text = "", about = {}) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
};
const row = (name, value) => {
  const line = make("tr");
  line.append(make("th", name, { scope: "row" }), make("td", value));
  return line;
};

function render({ model, el }) {
  const fields = model.get("fields"), start = model.get("start"), inputs = {};
  el.classList.add("margin-pad");
  const groups = make("div", "", { class: "groups" }), found = make("div", "", { class: "found" });
  for (const [name, group, label, unit, low, high] of fields) {
    let box = groups.querySelector(`[data-group="${group}"]`);
    if (!box) {
      box = make("fieldset", "", { "data-group": group });
      box.append(make("legend", group));
      groups.append(box);
    }
    const field = make("label", "");
    inputs[name] = make("input", "", { type: "number", min: low, max: high, step: "any", name });
    field.append(make("span", `${label}, ${unit}`), inputs[name]);
    box.append(field);
  }
  const back = make("button", "Back to the first numbers", { type: "button" });
  const said = make("p", "", { class: "said", role: "status" });
  const tables = [make("table"), make("table")];
  tables[0].append(make("caption", "For 1,000 requests"));
  tables[1].append(make("caption", "Break-even later, if alone"));
  const bodies = tables.map((table) => table.appendChild(make("tbody")));
  found.append(...tables);
  el.append(groups, back, said, found, make("p", "", { class: "proof" }));

  const values = () => Object.fromEntries(fields.map(([name]) => [name, inputs[name].value.trim() === "" ? NaN : Number(inputs[name].value)]));
  const answer = () => {
    const v = values(), wrong = fault(v, fields);
    for (const body of bodies) body.replaceChildren();
    el.dataset.profit = "";
    said.textContent = wrong;
    if (wrong) return;
    const { profit, days } = economics(v);
    said.textContent = `Profit $${dollars(profit)} for 1,000 requests; ${days < Infinity ? `break-even after ${whole(days)} days` : "it never breaks even"}.`.replace("$−", "−$");
    el.dataset.profit = profit;
    bodies[0].append(...answers(v).map(([name, text]) => row(name, text)));
    const later = (x) => (Number.isNaN(x) ? "–" : x === Infinity ? "never" : (x > 0 ? "+" : "") + share(x));
    bodies[1].append(...Object.entries(delays(v)).map(([name, x]) => row(name, later(x))));
  };
  const reset = () => {
    for (const [name] of fields) inputs[name].value = String(+start[name].toPrecision(7));
    answer();
  };
  back.addEventListener("click", reset);
  el.addEventListener("input", answer);
  el.addEventListener("keydown", (event) => event.stopPropagation()); // no notebook shortcuts
  reset();

  const mine = economics(start), expected = model.get("expected");
  const largest = Math.max(...["income", "reading", "writing"].map((name, i) => Math.abs(mine[name] - expected[i])));
  el.dataset.difference = largest;
  el.querySelector(".proof").textContent = "Computed in the page, with the formulas above; nothing that you type leaves it.";
}

export default { render };
