// The sections: what their tables show, and which filters they have.

const none = () => el("span", { class: "none" }, "–");
const lower = (...parts) => parts.flat().filter(Boolean).join(" ").toLowerCase();

function claimText(claim) {
  claim.text ??= lower(said(claim), about(claim), claim.method, claim.baseline, claim.dataset, claim.hardware, claim.paper.title,
    claim.paper.id, claim.paper.abstract && slice(claim.paper.abstract, claim.start, claim.end));
  return claim.text;
}

function paperText(paper) {
  paper.text ??= lower(paper.title, paper.id, paper.arxiv, paper.doi, paper.authors, paper.categories,
    paper.entities.flatMap((e) => [e.name, ...e.aliases]), paper.abstract);
  return paper.text;
}

function claimsTable(found) {
  const section = document.getElementById("claims");
  quantities(section.querySelector("#quantities"));
  const shown = section.querySelector("output");
  return new DataTable({
    section, rows: CLAIMS, text: claimText, found, sort: { column: 0, descending: true },
    columns: [
      { label: "Claim", key: (c) => c.factor, first: true, kind: "claim lead", cell: claimCell },
      { label: "Of", key: about, cell: (c) => about(c) || none() },
      { label: "Method", key: (c) => c.method, cell: (c) => (c.method ? slot(c, "method") : none()) },
      { label: "Against", key: (c) => c.baseline, cell: (c) => (c.baseline ? slot(c, "baseline") : none()) },
      { label: "On", key: (c) => c.dataset ?? c.hardware, cell: (c) => (c.dataset ? slot(c, "dataset") : c.hardware ?? none()) },
      ...(DATED ? [{ label: "Year", key: (c) => c.paper.year, first: true, number: true, cell: (c) => c.paper.year ?? none() }] : []),
      { label: "Score", key: (c) => c.score, first: true, number: true, cell: (c) => c.score.toFixed(2) },
      { label: "Paper and evidence", key: (c) => c.paper.title, cell: (c) => [recordLink(c.paper, c.paper.title), evidence(c)] },
    ],
    filters: {
      kind: (value) => value && ((c) => c.kind === value),
      quantity: (_, values) => {
        const chosen = new Set(values.getAll("quantity"));
        return chosen.size ? (c) => chosen.has(c.quantity) : null;
      },
      phase: (value) => value && ((c) => c.kind === "speedup" && (c.phase ?? "none") === value),
      bound: (value) => value && ((c) => c.bound === value),
      baseline: (value) => value && ((c) => Boolean(c.baseline) === (value === "yes")),
      from: (value) => value && ((c) => c.paper.year !== null && c.paper.year >= Number(value)),
      to: (value) => value && ((c) => c.paper.year !== null && c.paper.year <= Number(value)),
      score: (value) => {
        shown.value = Number(value).toFixed(2);
        return Number(value) > 0 && ((c) => c.score >= Number(value));
      },
      entity: (value) => value && ((c) => c.paper.ids.has(value)),
    },
  });
}

/** The number as reported, with how many times that is where it was reported in another form. */
function claimCell(claim) {
  if (claim.kind === "result" || claim.form === "ratio" || claim.factor === null) return said(claim);
  return [said(claim), el("span", { class: "none" }, ` = ${times.format(claim.factor)}x`)];
}

/** A box for each quantity that there is; the colours are the plot's. */
function quantities(fieldset) {
  const { domain, range } = SPECS.speedups.layer[1].encoding.color.scale;
  const counts = new Map();
  for (const claim of CLAIMS) if (claim.quantity) counts.set(claim.quantity, (counts.get(claim.quantity) ?? 0) + 1);
  fieldset.hidden = counts.size === 0;
  for (const quantity of domain.filter((q) => counts.has(q))) {
    const swatch = el("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = range[domain.indexOf(quantity)];
    fieldset.append(el("label", {}, el("input", { type: "checkbox", name: "quantity", value: quantity }), swatch, quantity,
      el("span", { class: "tally" }, whole.format(counts.get(quantity)))));
  }
}

function entitiesTable() {
  return new DataTable({
    section: document.getElementById("entities"), rows: ENTITIES, sort: { column: 2, descending: true }, size: 10,
    text: (e) => (e.text ??= lower(e.name, e.aliases, e.id)),
    columns: [
      { label: "Name", key: (e) => e.name, kind: "lead", cell: (e) => filtered("papers", { entity: e.id }, e.name) },
      { label: "Type", key: (e) => e.type, cell: (e) => e.type },
      { label: "Papers", key: (e) => e.papers, first: true, number: true, cell: (e) => filtered("papers", { entity: e.id }, whole.format(e.papers)) },
      { label: "Introduced in", key: (e) => e.proposed || null, first: true, number: true, cell: (e) => (e.proposed ? filtered("papers", { introduces: e.id }, whole.format(e.proposed)) : none()) },
      { label: "Mentions", key: (e) => e.mentions, first: true, number: true, cell: (e) => filtered("papers", { entity: e.id }, whole.format(e.mentions)) },
      ...(DATED ? [{ label: "First seen", key: (e) => e.first, cell: (e) => e.first ?? none() }] : []),
      { label: "Claims", kind: "whole", cell: (e) => filtered("claims", { entity: e.id }, "in its papers") },
      { label: "Other forms", cell: (e) => (e.aliases.length ? e.aliases.join(", ") : none()) },
    ],
    filters: { type: (value) => value && ((e) => e.type === value) },
  });
}

function papersTable() {
  const tally = (paper, kind) => paper.claims.filter((c) => c.kind === kind).length;
  const count = (label, kind) => ({
    label, key: (p) => tally(p, kind), first: true, number: true, cell: (p) => (tally(p, kind) ? recordLink(p, whole.format(tally(p, kind))) : "0"),
  });
  return new DataTable({
    section: document.getElementById("papers"), rows: PAPERS, text: paperText, sort: { column: 0, descending: false },
    columns: [
      { label: "Title", key: (p) => p.title, kind: "lead", cell: (p) => recordLink(p, p.title) },
      ...(DATED ? [{ label: "Published", key: (p) => p.published, first: true, cell: (p) => p.published ?? none() }] : []),
      { label: "Introduces", cell: (p) => p.entities.filter((e) => e.proposed).map((e) => e.name).join(", ") || none() },
      { label: "Names", key: (p) => p.entities.length, first: true, number: true, cell: (p) => recordLink(p, whole.format(p.entities.length)) },
      count("Speedups", "speedup"),
      count("Results", "result"),
    ],
    filters: {
      with: (value) => value && ((p) => (value === "none" ? !p.claims.length : Boolean(p[value]?.length))),
      year: (value) => value && ((p) => p.year === Number(value)),
      entity: (value) => value && ((p) => p.ids.has(value)),
      introduces: (value) => value && ((p) => p.entities.some((e) => e.proposed && e.entity.id === value)),
    },
  });
}
