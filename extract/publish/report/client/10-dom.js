// Elements are made with text nodes and attributes only, never from markup: a title with tags in it stays a title.

/** A new element; attributes that are null, undefined or false are left out, and so are such children. */
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** A link to another site, if it is one; else its text. */
function external(text, address) {
  let web = false;
  try {
    web = ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    // no address at all
  }
  return web ? el("a", { href: address, rel: "noreferrer" }, text) : text;
}

/** A link to a section of this page with filters set. */
function filtered(section, filters, ...children) {
  return el("a", { href: `#${section}?${new URLSearchParams(filters)}` }, ...children);
}

/** A link to the record of a paper. */
function recordLink(paper, ...children) {
  return el("a", { href: `#record/${encodeURIComponent(paper.id)}` }, ...children);
}

const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
const times = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en");
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** The text between two places that count code points, as records do; strings here count UTF-16. */
function slice(text, start, end) {
  return /[\ud800-\udbff]/.test(text) ? [...text].slice(start, end).join("") : text.slice(start, end);
}
