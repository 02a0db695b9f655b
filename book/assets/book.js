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
    // the name is what the button shows, the shortcut included
    document.querySelectorAll(".search-button-field").forEach((button) => button.removeAttribute("aria-label"));
    document.querySelectorAll(".theme-switch-button").forEach((button) => {
      const mode = button.querySelector(`[data-mode="${document.documentElement.dataset.mode}"] title`);
      const label = mode ? `Color mode: ${mode.textContent}` : "Color mode";
      if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
    });
    // docutils calls it a list and gives it children that are no list items
    document.querySelectorAll(".citation-list").forEach((list) => list.removeAttribute("role"));
  }
  function scrollable() {
    document.querySelectorAll("pre, .bd-article table, .bd-article div.math, mjx-container").forEach((block) => {
      if (block.scrollWidth > block.clientWidth && !block.hasAttribute("tabindex")) block.tabIndex = 0;
    });
  }
  document.addEventListener("DOMContentLoaded", function () {
    improve();
    improveTheme();
    scrollable();
    new MutationObserver(improve).observe(document.body, {
      subtree: true, childList: true, characterData: true, attributeFilter: ["class"],
    });
    new MutationObserver(improveTheme).observe(document.documentElement, { attributeFilter: ["data-mode"] });
  });
  window.addEventListener("load", () => window.setTimeout(() => (scrollable(), improveTheme()), 500));
})();
