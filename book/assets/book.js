// What assistive technology needs and the widget front end and the theme leave out: names and values
// of sliders, groups of buttons, scrollable blocks that take the keyboard, names that say what is seen.
(function () {
  function name(widget) {
    const label = widget.querySelector(".widget-label");
    return label ? label.textContent.trim() : "";
  }
  function improve() {
    document.querySelectorAll(".widget-hslider, .widget-vslider").forEach((slider) => {
      const handle = slider.querySelector(".noUi-handle"), readout = slider.querySelector(".widget-readout");
      if (!handle) return;
      if (name(slider)) handle.setAttribute("aria-label", name(slider));
      if (readout && handle.getAttribute("aria-valuetext") !== readout.textContent)
        handle.setAttribute("aria-valuetext", readout.textContent);
    });
    document.querySelectorAll(".widget-toggle-buttons").forEach((group) => {
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", name(group));
      group.querySelectorAll("button").forEach((button) => {
        const pressed = String(button.classList.contains("mod-active"));
        if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
      });
    });
  }
  function improveTheme() {
    // the name is what is seen: the search button with its shortcut, "Show code cell source" of a folded cell
    document.querySelectorAll(".search-button-field, details.hide > summary").forEach((e) => e.removeAttribute("aria-label"));
    document.querySelectorAll(".theme-switch-button").forEach((button) => {
      const icon = button.querySelector(`.theme-switch[data-mode="${document.documentElement.dataset.mode}"]`);
      if (icon) button.setAttribute("aria-label", `Color mode: ${icon.title || icon.textContent}`);
    });
    // docutils calls it a list and gives it children that are no list items
    document.querySelectorAll(".citation-list").forEach((list) => list.removeAttribute("role"));
  }
  function scrollable() {
    document.querySelectorAll("pre, .bd-article table, .bd-article div.math, mjx-container").forEach((block) => {
      if (block.scrollWidth > block.clientWidth && !block.hasAttribute("tabindex")) block.tabIndex = 0;
    });
  }
  // from the disk the search lists titles only: there a page may not read another one
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  document.addEventListener("DOMContentLoaded", function () {
    improve();
    improveTheme();
    new MutationObserver(improve).observe(document.body, {
      subtree: true, childList: true, characterData: true, attributeFilter: ["class"],
    });
    new MutationObserver(improveTheme).observe(document.documentElement, { attributeFilter: ["data-mode"] });
    new ResizeObserver(scrollable).observe(document.body); // once now, and when formulas and widgets are there
  });
})();
