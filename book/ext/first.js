// Runs before anything is drawn: the theme, also where the browser forbids localStorage.
(() => {
  try { localStorage.getItem("mode"); } catch {
    const kept = {}; // the page remembers by itself
    Object.defineProperty(window, "localStorage", { value: {
      getItem: (name) => kept[name] ?? null,
      setItem: (name, value) => { kept[name] = String(value); },
      removeItem: (name) => { delete kept[name]; },
    } });
  }
  const mode = localStorage.getItem("mode") || "auto", { dataset } = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.mode = mode;
  dataset.theme = mode !== "auto" ? mode : dark ? "dark" : "light";
})();
