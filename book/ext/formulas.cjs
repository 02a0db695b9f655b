// Draws formulas: a line of JSON in, {tex, display}; a line of JSON out, the HTML.
// node formulas.cjs FOLDER_OF_MATHJAX; a line that says "css" gets the styles of all glyphs.
const { createInterface } = require("readline");
const { init } = require(`${process.argv[2]}/es5/node-main.js`);

init({
  loader: { load: ["input/tex", "output/chtml", "a11y/assistive-mml"] },
  // an unknown command is an error, not red text
  tex: { packages: { "[-]": ["noundefined"] } },
  chtml: { fontURL: "lib/mathjax", adaptiveCSS: false },
}).then(async (MathJax) => {
  const adaptor = MathJax.startup.adaptor;
  for await (const line of createInterface({ input: process.stdin })) {
    const wish = JSON.parse(line);
    const answer = wish === "css"
      ? adaptor.textContent(MathJax.chtmlStylesheet())
      : adaptor.outerHTML(await MathJax.tex2chtmlPromise(wish.tex, { display: wish.display }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
});
