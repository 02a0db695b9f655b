// JupyterLab loads this file by itself, from share/jupyter/labextensions of the environment.
// Stored figures answer without a kernel, so they carry no broken-link marks there; what needs
// a kernel says so. Keys pressed inside a figure are no commands to the notebook.
const CSS = `
.lmlab-explore.jupyter-widgets-disconnected::before,
.lmlab-explore .jupyter-widgets-disconnected::before,
.lmlab-workbench.jupyter-widgets-disconnected::before,
.lmlab-workbench .jupyter-widgets-disconnected::before,
.digit-pad.jupyter-widgets-disconnected::before,
.text-pad.jupyter-widgets-disconnected::before,
.sentence-pad.jupyter-widgets-disconnected::before,
.playground.jupyter-widgets-disconnected::before { content: none }
.lmlab-workbench .jupyter-widgets-disconnected .lmlab-page-only { display: block !important }
.lmlab-workbench .lmlab-kernel-only.jupyter-widgets-disconnected { opacity: .45; pointer-events: none }
`;
const FIGURES = ".lmlab-explore, .lmlab-workbench, .digit-pad, .text-pad, .sentence-pad, .playground";

function activate() {
  const style = document.createElement("style");
  style.textContent = CSS;
  document.head.append(style);
  // JupyterLab listens at the document, so this comes first
  window.addEventListener("keydown", (event) => {
    if (!event.target.closest?.(FIGURES)) return;
    const meant = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
    event.target.toggleAttribute("data-lm-suppress-shortcuts", !meant);
  }, true);
}

const plugin = { id: "lmlab:figures", autoStart: true, activate };
(window._JUPYTERLAB ??= {}).lmlab = {
  init() {},
  get: async () => () => ({ __esModule: true, default: plugin }),
};
