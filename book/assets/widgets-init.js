// Points the widget front end (html-manager, require.js, anywidget) at the book's own folder.
// Runs before require.js, which reads window.require when it starts.
(function () {
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const lib = here + "lib/";
  document.currentScript.setAttribute("data-jupyter-widgets-cdn", lib + "no-cdn/");
  window.require = {
    paths: {
      "@jupyter-widgets/html-manager": lib + "html-manager/index", // its icon fonts
      "@jupyter-widgets/html-manager/dist/libembed-amd": lib + "html-manager/libembed-amd",
      anywidget: lib + "anywidget/index",
    },
  };
  window.FontAwesomeConfig = { observeMutations: false }; // keeps the icons of Play and Valid alive
  window.addEventListener("load", function () {
    // ipywidgets speaks MathJax 2
    if (window.MathJax && MathJax.typesetPromise && !MathJax.Hub)
      MathJax.Hub = {
        Queue: function (call) {
          MathJax.startup.promise = MathJax.startup.promise.then(function () {
            return MathJax.typesetPromise([call[2]]);
          });
        },
      };
  });
})();
