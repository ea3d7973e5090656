// A table to search, sort, filter and leaf through. Pages keep it a real table for the keyboard and for screen readers,
// and keep the document small whatever the number of rows.

class DataTable {
  /**
   * @param section the section with a form of filters and a place for the table
   * @param rows what the table shows
   * @param columns {label, cell(row), key(row) to sort by, number, first: sort descending first, kind: class of the cell}
   * @param filters name of a control -> (its value, FormData) -> a test of a row, or null
   * @param text what of a row is searched, in lower case
   * @param sort {column, descending} at first
   * @param size how many rows a page has at first
   * @param found called with the rows that are left
   */
  constructor({ section, rows, columns, filters, text, sort, size = 25, found = null }) {
    Object.assign(this, { section, rows, columns, filters, text, sort, size, found });
    if (matchMedia("(max-width: 40rem)").matches) this.size = 10; // each row is a card there
    this.form = section.querySelector("form.filters"); // Vega adds forms of its own
    this.holder = section.querySelector(".data-table");
    this.noun = this.holder.dataset.noun;
    this.page = 0;
    this.orders = new Map();
    this.left = rows;
    this.build();
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => this.schedule());
    this.form.addEventListener("reset", () => {
      for (const hidden of this.form.querySelectorAll("input[type=hidden]")) hidden.value = "";
      this.schedule();
    });
    this.apply();
  }

  build() {
    this.count = el("p", { role: "status", "aria-live": "polite" });
    this.chips = el("span", { class: "chips" });
    this.sorter = el("select", {}, this.columns.flatMap((column, n) => column.key
      ? [el("option", { value: `${n} up` }, `${column.label} ↑`), el("option", { value: `${n} down` }, `${column.label} ↓`)] : []));
    this.sorter.addEventListener("change", () => {
      const [column, way] = this.sorter.value.split(" ");
      this.order(Number(column), way === "down");
    });
    this.body = el("tbody", { role: "rowgroup" });
    this.heads = this.columns.map((column, n) => {
      const inside = column.key ? el("button", { type: "button" }, column.label) : column.label;
      if (column.key) inside.addEventListener("click", () => this.order(n, this.sort.column === n ? !this.sort.descending : Boolean(column.first)));
      return el("th", { scope: "col", role: "columnheader", class: column.number && "number" }, inside);
    });
    const table = el("table", { role: "table" },
      el("caption", { class: "hidden" }, `Table of ${this.noun}`),
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, this.heads)), this.body);
    this.pager = el("nav", { class: "pager", "aria-label": `Pages of ${this.noun}` });
    this.steps = [["First", () => 0], ["Previous", () => this.page - 1], ["Next", () => this.page + 1], ["Last", () => this.pages() - 1]]
      .map(([label, target]) => {
        const button = el("button", { type: "button" }, label);
        button.addEventListener("click", () => {
          if (button.getAttribute("aria-disabled") === "true") return;
          this.page = target();
          this.render();
        });
        return button;
      });
    this.where = el("span", {});
    const sizes = el("select", {}, [10, 25, 50, 100].map((n) => el("option", { value: n, selected: n === this.size }, n)));
    sizes.addEventListener("change", () => {
      this.size = Number(sizes.value);
      this.page = 0;
      this.render();
    });
    this.pager.append(this.steps[0], this.steps[1], this.where, this.steps[2], this.steps[3], el("label", {}, "Rows ", sizes));
    this.holder.append(
      el("div", { class: "status" }, this.count, this.chips, el("label", { class: "sorter" }, "Sort by ", this.sorter)),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table of ${this.noun}` }, table), this.pager);
  }

  pages() {
    return Math.max(1, Math.ceil(this.left.length / this.size));
  }

  schedule() {
    cancelAnimationFrame(this.waiting);
    this.waiting = requestAnimationFrame(() => this.apply());
  }

  order(column, descending) {
    this.sort = { column, descending };
    this.apply();
  }

  /** All rows in the chosen order; each order is made once, as filters change more often than it. */
  sorted() {
    const { column, descending } = this.sort;
    const name = `${column} ${descending}`;
    if (!this.orders.has(name)) {
      const key = this.columns[column].key;
      const keyed = this.rows.map((row, n) => [key(row), n, row]);
      const absent = (value) => value === null || value === undefined || value === "";
      keyed.sort(([a, n], [b, m]) => {
        if (absent(a) || absent(b)) return absent(a) - absent(b) || n - m; // what is not known comes last, either way
        const compared = typeof a === "number" ? a - b : collator.compare(a, b);
        return (descending ? -compared : compared) || n - m;
      });
      this.orders.set(name, keyed.map(([, , row]) => row));
    }
    return this.orders.get(name);
  }

  apply() {
    cancelAnimationFrame(this.waiting); // what was waiting is done by this, and would undo what follows
    const values = new FormData(this.form);
    const tests = Object.entries(this.filters).map(([name, make]) => make(values.get(name) ?? "", values)).filter(Boolean);
    const words = (values.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) tests.push((row) => {
      const text = this.text(row);
      return words.every((word) => text.includes(word));
    });
    this.left = this.sorted().filter((row) => tests.every((test) => test(row)));
    this.page = 0;
    this.render();
    const [left, all] = [whole.format(this.left.length), whole.format(this.rows.length)];
    this.count.textContent = left === all ? `${all} ${this.noun}` : `${left} of ${all} ${this.noun}`;
    this.showChips();
    this.found?.(this.left);
  }

  /** What the rows are filtered by that no control shows, with a way to drop it. */
  showChips() {
    const hidden = [...this.form.querySelectorAll("input[type=hidden]")].filter((input) => input.value);
    this.chips.replaceChildren(...hidden.map((input) => {
      const name = `${input.name === "introduces" ? "introduces " : ""}${BY_ID.get(input.value)?.name ?? input.value}`;
      const chip = el("button", { type: "button", "aria-label": `Drop the filter ${name}` }, `${name} ×`);
      chip.addEventListener("click", () => {
        input.value = "";
        this.apply();
        this.form.elements.q.focus();
      });
      return chip;
    }));
  }

  render(target = null) {
    const start = this.page * this.size;
    this.body.replaceChildren(...this.left.slice(start, start + this.size).map((row) => this.line(row, row === target)));
    this.heads.forEach((head, n) => {
      if (n === this.sort.column) head.setAttribute("aria-sort", this.sort.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.sorter.value = `${this.sort.column} ${this.sort.descending ? "down" : "up"}`;
    const last = this.pages() - 1;
    this.where.textContent = `Page ${whole.format(this.page + 1)} of ${whole.format(last + 1)}`;
    this.steps.forEach((button, n) => button.setAttribute("aria-disabled", String(n < 2 ? this.page === 0 : this.page === last)));
    this.pager.hidden = this.rows.length <= 10;
  }

  line(row, target) {
    const cells = this.columns.map((column, n) => {
      const attributes = { "data-label": column.label, class: [column.number && "number", column.kind].filter(Boolean).join(" ") || null };
      return n === 0
        ? el("th", { ...attributes, scope: "row", role: "rowheader" }, column.cell(row))
        : el("td", { ...attributes, role: "cell" }, column.cell(row));
    });
    return el("tr", { role: "row", class: target && "target", tabindex: target && "-1" }, cells);
  }

  /** Leafs to a row, marks it and goes there; filters that hide it are cleared. */
  show(row) {
    if (!this.left.includes(row)) {
      this.form.reset();
      this.apply();
    }
    this.page = Math.floor(this.left.indexOf(row) / this.size);
    this.render(row);
    const line = this.body.querySelector(".target");
    line.focus({ preventScroll: true });
    line.scrollIntoView({ block: "center" });
  }

  /** Sets the filters to these and no others. */
  set(values) {
    this.form.reset();
    for (const [name, value] of values) {
      const control = this.form.elements.namedItem(name);
      if (!control) continue;
      if (control instanceof RadioNodeList) for (const box of control) box.checked = box.value === value || box.checked;
      else if (control.type === "checkbox") control.checked = control.value === value;
      else control.value = value;
    }
    this.apply();
  }
}
