// The record of a paper, in a dialog: everything that the release says about it.

const WORDS = { method: "Methods", task: "Tasks", dataset: "Datasets", metric: "Metrics" };

function showRecord(paper) {
  openDialog(marked(paper, "title", false), facts(paper), paper.abstract ? abstractOf(paper) : null,
    claimsIn(paper), Object.keys(WORDS).map((type) => namesIn(paper, type)));
}

/** An address from another release, or of a paper that a page this large does not carry. */
function showAbsent(id) {
  openDialog("No such record here", el("p", {}, `This page carries no paper with the id ${id}.`));
}

function openDialog(title, ...content) {
  const dialog = document.getElementById("record");
  const close = el("button", { type: "button" }, "Close");
  close.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(el("article", {},
    el("div", { class: "bar" }, el("h2", { id: "record-title" }, title), close), ...content));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

function facts(paper) {
  const rows = [
    ["Id", paper.id],
    ["arXiv", paper.arxiv && external(paper.arxiv, `https://arxiv.org/abs/${paper.arxiv}`)],
    ["DOI", paper.doi && external(paper.doi, `https://doi.org/${encodeURI(paper.doi)}`)],
    ["Address", paper.url && external(paper.url, paper.url)],
    ["Published", paper.published],
    ["Authors", paper.authors?.join(", ")],
    ["Categories", paper.categories?.join(", ")],
    ["Read from", paper.sources?.map(([name, n, listed]) => `${name}, position ${n}${listed ? `, listed ${listed}` : ""}`).join("; ")],
    ["Abstract", paper.abstract ? null : `${whole.format(paper.chars)} code points, not part of this release`],
  ];
  return el("dl", { class: "facts" }, rows.filter(([, what]) => what).map(([name, what]) => el("div", {}, el("dt", {}, name), el("dd", {}, what))));
}

function abstractOf(paper) {
  const legend = Object.keys(WORDS).map((type) => el("li", {}, el("mark", { class: type }, type)));
  legend.push(el("li", { class: "abstract" }, el("span", { class: "of-claim" }, "evidence of a claim")));
  return el("section", {}, el("h3", {}, "Abstract"), el("ul", { class: "legend", "aria-label": "Colours" }, legend),
    el("p", { class: "abstract" }, marked(paper, "abstract", true)));
}

/** A text with its spans marked. They may overlap, so the text is cut wherever one starts or ends. */
function marked(paper, field, claims) {
  const points = [...textOf(paper, field)];
  const spans = paper.entities.flatMap((e) => e.mentions.filter((m) => m.field === field)
    .map((m) => ({ ...m, kind: e.entity.type, label: `${e.entity.type}: ${e.name}` })));
  if (claims) spans.push(...paper.claims.filter((c) => c.field === field).map((c) => ({ ...c, kind: "of-claim", label: `${c.kind}: ${said(c)}` })));
  const cuts = [...new Set([0, points.length, ...spans.flatMap((s) => [s.start, s.end])])].sort((a, b) => a - b);
  return cuts.slice(1).map((end, n) => {
    const piece = points.slice(cuts[n], end).join("");
    const over = spans.filter((s) => s.start <= cuts[n] && s.end >= end);
    const kinds = [...new Set(over.map((s) => s.kind))].join(" ");
    return over.length ? el("mark", { class: kinds, title: [...new Set(over.map((s) => s.label))].join("; ") }, piece) : piece;
  });
}

function claimsIn(paper) {
  if (!paper.claims.length) return el("p", {}, "No claims with a number were found.");
  return el("section", {}, el("h3", {}, "Claims"), el("ul", { class: "named" }, paper.claims.map((claim) => el("li", {},
    el("strong", {}, said(claim)), about(claim) && ` ${about(claim)}`,
    claim.method && [", method: ", slot(claim, "method")],
    claim.baseline && [", against ", slot(claim, "baseline")],
    claim.dataset && [", on ", slot(claim, "dataset")],
    claim.hardware && `, on ${claim.hardware}`,
    `; score ${claim.score.toFixed(2)}, ${PASSES[claim.passes]}, ${place(claim)}. `,
    el("a", { href: `#claim/${claim.ref}` }, "Show in the table"),
    textOf(paper, claim.field) ? evidence(claim) : null))));
}

/** What a claim names, linked to the papers that name it too. */
function slot(claim, name) {
  const entity = ENTITIES[claim[`${name}_id`]];
  return entity ? filtered("papers", { entity: entity.id }, claim[name]) : claim[name];
}

function namesIn(paper, type) {
  const named = paper.entities.filter((e) => e.entity.type === type);
  if (!named.length) return null;
  return el("section", {}, el("h3", {}, WORDS[type]), el("ul", { class: "named" }, named.map((e) => el("li", {},
    filtered("papers", { entity: e.entity.id }, e.name), " ",
    e.proposed ? el("span", { class: "badge" }, "introduced here") : null,
    e.aliases.length ? ` also ${e.aliases.join(", ")}` : null,
    el("details", {}, el("summary", {}, e.mentions.length === 1 ? "1 mention" : `${e.mentions.length} mentions`),
      e.mentions.map((m) => el("div", {}, `${place(m)}: score ${m.score.toFixed(2)}, ${PASSES[m.passes]}`)))))));
}
