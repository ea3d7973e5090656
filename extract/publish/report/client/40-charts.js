// Plots by Vega-Lite. Its expressions are interpreted (`ast`), so that the page needs no right to make code from text.

const dark = matchMedia("(prefers-color-scheme: dark)");
const drawn = new Map();

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function theme() {
  const [text, soft, line, accent] = ["text", "soft", "line", "accent"].map(colour);
  const labels = { labelColor: text, titleColor: soft, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
  return {
    background: null, font: "system-ui, sans-serif", view: { stroke: null },
    axis: { ...labels, gridColor: line, domainColor: line, tickColor: line }, legend: labels,
    mark: { color: accent }, text: { color: text }, rule: { color: accent }, tick: { color: text },
    range: { heatmap: [colour("surface"), accent], ramp: [colour("surface"), accent] },
  };
}

/** What is under the pointer, as text. */
function tip(_handler, event, item, value) {
  const box = document.getElementById("tip");
  box.hidden = value === null || value === undefined || value === "";
  if (box.hidden) return;
  const lines = item.datum.ref === undefined
    ? Object.entries(value).map(([name, told]) => `${name}: ${told}`) : claimLines(CLAIMS[item.datum.ref]);
  box.replaceChildren(...lines.map((line) => el("p", {}, line)));
  const { width, height } = box.getBoundingClientRect();
  const [x, y] = [Math.min(event.clientX + 12, innerWidth - width - 8), event.clientY + 16];
  box.style.left = `${Math.max(8, x)}px`;
  box.style.top = `${y + height > innerHeight ? Math.max(8, event.clientY - height - 12) : y}px`;
}

function claimLines(claim) {
  const { paper } = claim;
  return [
    `${said(claim)} ${about(claim)}`,
    claim.method && `method: ${claim.method}`,
    claim.baseline && `against: ${claim.baseline}`,
    claim.hardware && `on: ${claim.hardware}`,
    paper.title + (paper.year ? ` (${paper.year})` : ""),
    `score ${claim.score.toFixed(2)}`,
  ].filter(Boolean);
}

/** Draws a plot; the returned promise gives its view. */
async function draw(holder, name, data, { renderer = "svg", click = null, change = null, label = null } = {}) {
  const spec = structuredClone(SPECS[name]);
  spec.datasets = { [spec.data.name]: data };
  if (label) spec.description = label;
  if (spec.height.step) spec.height = spec.height.step * new Set(data.map((row) => row.label)).size; // beside a width that adapts, it has to be fixed
  change?.(spec);
  drawn.get(holder)?.finalize();
  const made = await vegaEmbed(holder, spec, {
    mode: "vega-lite", ast: true, actions: false, defaultStyle: false, renderer, tooltip: tip, config: theme(),
  });
  drawn.set(holder, { finalize: made.finalize, again: () => draw(holder, name, data, { renderer, click, change, label }) });
  if (click) made.view.addEventListener("click", (_event, item) => item?.datum && click(item.datum));
  return made.view;
}

dark.addEventListener("change", () => {
  for (const { again } of [...drawn.values()]) again();
});
