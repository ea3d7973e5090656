// Brings the page to life: tables first, then plots, then the place that the address names.

const tables = {};

/** The speedups among the claims that are left, as the plot wants them. */
function points(claims) {
  const across = document.getElementById("across").value;
  const speedups = claims.filter((c) => c.kind === "speedup");
  const drawable = speedups.filter((c) => c.factor > 0 && (across !== "year" || c.paper.year !== null));
  const missing = speedups.length - drawable.length;
  const why = across === "year" ? "no date, or no number of times" : "no number of times, as a decrease of 100 %";
  const note = missing ? `${whole.format(missing)} of ${whole.format(speedups.length)} speedups are not drawn (${why}).` : "";
  document.getElementById("not-drawn").textContent = speedups.length ? note : "No speedups are left by the filters.";
  return drawable.map((c) => ({
    ref: c.ref, factor: c.factor, high: c.factor_high ?? c.factor, quantity: c.quantity,
    group: across === "year" ? c.paper.year : c.quantity,
    jitter: ((c.ref * 0.6180339887) % 1) * 2 - 1, // spread without chance: the same page always looks the same
  }));
}

function speedupsPlot() {
  const holder = document.querySelector("#speedups .chart");
  const across = document.getElementById("across");
  const speedups = CLAIMS.filter((c) => c.kind === "speedup");
  document.getElementById("speedups").hidden = !speedups.length;
  if (!speedups.length) return () => {};
  const dated = speedups.filter((c) => c.paper.year !== null).length;
  across.value = dated * 2 >= speedups.length ? "year" : "quantity";
  let waiting = null;
  let shape = null;
  let drawing = Promise.resolve();
  const update = async (claims) => {
    const data = points(claims);
    holder.hidden = !data.length;
    if (!data.length) return; // the plot stays as it was until there are points again
    const click = ({ ref }) => ref !== undefined && tables.claims.show(CLAIMS[ref]);
    const change = (spec) => {
      if (holder.clientWidth < 560) {
        spec.encoding.x.axis = { labelAngle: -50, labelOverlap: across.value === "year" };
        const { color } = spec.layer[1].encoding; // the filters, whose boxes explain the colours, are folded away
        color.legend = { title: null, orient: "bottom", columns: 3, values: color.scale.domain.filter((q) => data.some((row) => row.quantity === q)) };
      }
      if (!speedups.some((c) => c.factor_high)) spec.layer.shift(); // nobody reports a range, so no lines
      const room = holder.clientWidth / new Set(data.map((row) => row.group)).size;
      spec.layer.at(-1).mark.size = Math.max(4, Math.min(60, room * 0.6)); // the median's dash, as wide as its group
    };
    // new rows are drawn into the plot that is there; a new axis needs a new one
    if (shape === across.value) (await drawing).data("claims", data).runAsync();
    else drawing = draw(holder, "speedups", data, { renderer: "canvas", click, change });
    shape = across.value;
  };
  across.addEventListener("change", () => update(tables.claims.left));
  return (claims) => { // typing comes first: the plot follows when the typing rests
    clearTimeout(waiting);
    waiting = setTimeout(() => update(claims), 150);
  };
}

/** Labels that tell the entities of a plot apart, also where two have one name. */
function labels(rows) {
  const names = rows.map((row) => row.name);
  return new Map(rows.map((row) => [row.id, names.indexOf(row.name) === names.lastIndexOf(row.name) ? row.name : `${row.name} (${row.id})`]));
}

function topPlots() {
  const years = new Map(REPORT.years);
  for (const figure of document.querySelectorAll("figure.top")) {
    const { field } = figure.dataset;
    const rows = REPORT.top[field];
    const named = labels(rows);
    const click = ({ id, year }) => { location.hash = `#papers?${new URLSearchParams({ entity: id, ...(year ? { year } : {}) })}`; };
    draw(figure.querySelector(".bars"), "top", rows.map((row) => ({ ...row, label: named.get(row.id) })), { click, label: `Top ${field} by the number of papers` });
    const trend = figure.querySelector(".trend");
    if (!trend) continue;
    const cells = rows.flatMap((row) => (REPORT.trends[row.id] ?? [])
      .map(([year, papers]) => ({ id: row.id, label: named.get(row.id), year, papers, share: papers / years.get(year) })));
    trend.hidden = trend.previousElementSibling.hidden = !cells.length; // named by papers without a date only
    if (cells.length) draw(trend, "trend", cells, { click, label: `Top ${field} by year, as a share of the papers of each year` });
  }
}

function qualityPlots() {
  if (!REPORT.quality) return;
  draw(document.getElementById("figures"), "figures", REPORT.quality.figures);
  const bands = document.getElementById("bands");
  if (bands) draw(bands, "bands", REPORT.quality.bands);
}

// -- the address: #papers?entity=dataset/imagenet, #record/ID, #claim/12 --

let applied = null;

function go() {
  const hash = location.hash.slice(1);
  const dialog = document.getElementById("record");
  if (hash.startsWith("record/")) {
    let id = hash.slice("record/".length);
    try {
      id = decodeURIComponent(id);
    } catch {
      // no id of ours
    }
    const paper = PAPER_BY_ID.get(id);
    if (paper) showRecord(paper);
    else showAbsent(id);
    return;
  }
  if (dialog.open) dialog.close();
  if (hash === applied) return;
  applied = hash;
  const [name, query] = hash.split("?");
  if (name.startsWith("claim/")) {
    const claim = CLAIMS[Number(name.slice("claim/".length))];
    if (claim) tables.claims.show(claim);
    return;
  }
  if (query !== undefined) tables[name]?.set(new URLSearchParams(query));
  const title = document.getElementById(`${name}-title`);
  if (!title) return;
  title.focus({ preventScroll: true });
  (query === undefined ? title : document.getElementById(name).querySelector(".data-table")).scrollIntoView();
}

/** A record that is closed leaves the address of what lies under it. */
function closed() {
  if (location.hash.startsWith("#record/")) history.replaceState(null, "", `#${applied ?? ""}`);
}

function start() {
  for (const node of document.querySelectorAll(".years")) node.hidden = !DATED;
  if (matchMedia("(max-width: 56rem)").matches) document.querySelector(".panel").open = false;
  const update = speedupsPlot();
  tables.claims = claimsTable(update);
  tables.entities = entitiesTable();
  tables.papers = papersTable();
  document.getElementById("record").addEventListener("close", closed);
  addEventListener("hashchange", go);
  document.addEventListener("click", (event) => { // a link to where we are already applies its filters once more
    if (event.target.closest?.("a")?.getAttribute("href") === location.hash) {
      applied = null;
      go();
    }
  });
  go();
  setTimeout(() => {
    topPlots();
    qualityPlots();
  });
}

start();
