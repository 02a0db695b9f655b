// What assistive technology needs and the theme leaves out: scrollable blocks that take the keyboard,
// names that say what is seen.
(function () {
  function improveTheme() {
    // the name is what is seen: the search button with its shortcut
    document.querySelectorAll(".search-button-field").forEach((e) => e.removeAttribute("aria-label"));
    document.querySelectorAll(".theme-switch-button").forEach((button) => {
      const icon = button.querySelector(`.theme-switch[data-mode="${document.documentElement.dataset.mode}"]`);
      if (icon) button.setAttribute("aria-label", `Color mode: ${icon.title || icon.textContent}`);
    });
    // what folds a part in the side bar shows an arrow and no word
    document.querySelectorAll("li.has-children > details > summary").forEach((fold) => {
      fold.setAttribute("aria-label", `Chapters of ${fold.closest("li").querySelector("a").textContent.trim()}`);
    });
    // docutils calls it a list and gives it children that are no list items
    document.querySelectorAll(".citation-list").forEach((list) => list.removeAttribute("role"));
  }
  // paper has no summaries to click: a print shows what is folded
  const opened = new Set();
  addEventListener("beforeprint", () => document.querySelectorAll(".bd-article details:not([open])").forEach((fold) => {
    fold.open = true;
    opened.add(fold);
  }));
  addEventListener("afterprint", () => {
    opened.forEach((fold) => (fold.open = false));
    opened.clear();
  });
  // a block that scrolls sideways takes the keyboard; looked at when it is near, not all at once
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      if (target.scrollWidth > target.clientWidth && !target.hasAttribute("tabindex")) target.tabIndex = 0;
    }
  }, { rootMargin: "300px" });
  // from the disk the search lists titles only: there a page may not read another one
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  // menus, copy buttons and switches wait until the page stands, and come one by one
  const later = document.currentScript.dataset.later.split(" ");
  const idle = window.requestIdleCallback || setTimeout;
  function loadNext() {
    const src = later.shift();
    if (!src) {
      improveTheme();
      document.documentElement.dataset.complete = "";
      return;
    }
    const script = Object.assign(document.createElement("script"), { src, onload: () => idle(loadNext) });
    document.head.append(script);
  }
  addEventListener("load", () => idle(loadNext));
  document.addEventListener("DOMContentLoaded", function () {
    improveTheme();
    new MutationObserver(improveTheme).observe(document.documentElement, { attributeFilter: ["data-mode"] });
    const blocks = document.querySelectorAll("pre, .bd-article table, .math.wide, div.math, div.math mjx-container");
    const watch = () => blocks.forEach((block) => { near.unobserve(block); near.observe(block); });
    watch();
    addEventListener("resize", watch);
  });
})();
