// The data of the page, and what is said about it in words.

const REPORT = JSON.parse(document.getElementById("data").textContent);
const SPECS = JSON.parse(document.getElementById("charts").textContent);

const ENTITIES = REPORT.entities.map(([id, name, papers, mentions, proposed, first, aliases]) => ({
  id, type: id.slice(0, id.indexOf("/")), name, papers, mentions, proposed, first, aliases,
}));
const BY_ID = new Map(ENTITIES.map((entity) => [entity.id, entity]));

const PAPERS = REPORT.papers.map((row) => ({
  ...row,
  year: row.published ? Number(row.published.slice(0, 4)) : null,
  entities: (row.entities ?? []).map(([place, name, aliases, proposed, mentions]) => ({
    entity: ENTITIES[place], name, aliases, proposed: Boolean(proposed),
    mentions: mentions.map(([field, start, end, passes, score]) => ({ field: field ? "abstract" : "title", start, end, passes, score })),
  })),
  claims: [...claimsOf("speedup", row.speedups), ...claimsOf("result", row.results)],
}));
for (const paper of PAPERS) {
  paper.ids = new Set(paper.entities.map((e) => e.entity.id));
  for (const claim of paper.claims) claim.paper = paper;
}
const CLAIMS = PAPERS.flatMap((paper) => paper.claims);
CLAIMS.forEach((claim, n) => { claim.ref = n; });
const PAPER_BY_ID = new Map(PAPERS.map((paper) => [paper.id, paper]));
const DATED = PAPERS.some((paper) => paper.year !== null);

function claimsOf(kind, rows) {
  return (rows ?? []).map((row) => ({ ...row, kind, value_high: row.value_high ?? null, factor: row.factor ?? null }));
}

const BOUNDS = { exact: "", up_to: "up to ", at_least: "at least ", about: "about ", average: "on average " };
const FORMS = { absolute: "", gain: "better by ", loss: "worse by ", retained: "keeps " };
const PASSES = ["", "rule", "ner", "rule and ner", "curated", "curated and rule", "curated and ner", "curated, rule and ner"];

function numbers(claim) {
  return plain.format(claim.value) + (claim.value_high === null ? "" : `–${plain.format(claim.value_high)}`);
}

/** The claim's number in words: "up to 2.5x", "−75 %", "better by 1.2 points". */
function said(claim) {
  const number = numbers(claim);
  if (claim.kind === "result") {
    const unit = claim.unit === "%" ? " %" : claim.unit ? ` ${claim.unit}` : "";
    return FORMS[claim.form] + number + unit;
  }
  const shapes = { ratio: `${number}x`, percent_increase: `+${number} %`, percent_decrease: `−${number} %`, percent_of: `to ${number} %` };
  return BOUNDS[claim.bound] + shapes[claim.form];
}

/** What the number is of: "time at inference", "accuracy". */
function about(claim) {
  if (claim.kind === "result") return claim.metric ?? "";
  return claim.quantity + (claim.phase ? ` (${claim.phase})` : "");
}

/** Where it stands, in words. */
function place(span) {
  return `${span.field} ${span.start}–${span.end}`;
}

/** The text that a span stands in, if the release has it. */
function textOf(paper, field) {
  return field === "title" ? paper.title : paper.abstract;
}

const segmenter = Intl.Segmenter ? new Intl.Segmenter("en", { granularity: "sentence" }) : null;

/** The sentence around a claim with its evidence marked, or its place where the text was not kept. */
function evidence(claim) {
  const text = textOf(claim.paper, claim.field);
  if (!text) return el("p", { class: "evidence" }, `Stands at ${place(claim)}`);
  const before = slice(text, 0, claim.start);
  const piece = slice(text, claim.start, claim.end);
  const [start, end] = [before.length, before.length + piece.length];
  let [from, to] = [0, text.length];
  if (segmenter) {
    const around = [...segmenter.segment(text)].filter((s) => s.index < end && s.index + s.segment.length > start);
    from = around[0]?.index ?? 0;
    to = around.length ? around.at(-1).index + around.at(-1).segment.length : text.length;
  }
  return el("p", { class: "evidence" },
    claim.field === "title" ? "Title: " : null,
    text.slice(from, start), el("mark", {}, piece), text.slice(end, to).trimEnd());
}
