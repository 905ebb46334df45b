// What the checks found: short advice, the gravest first; a click leads to the cell.

class Findings {
  constructor(model, el) {
    this.model = model;
    this.status = make("span", { role: "status", class: "pmkit-words" });
    this.body = make("div", {});
    this.root = make("section", { class: "pmkit pmkit-findings", "aria-label": model.get("label") }, this.body);
    el.append(this.root);
    keepKeys(this.root);
    const [draw, end] = calmly(this.root, () => this.drawNow());
    this.draw = draw;
    this.undo = [end];
    const on = (names, act) => (model.on(names, act), this.undo.push(() => model.off(names, act)));
    on("change:items change:hidden", () => this.draw());
    on("msg:custom", (message) => {
      if (message.op !== "said") return;
      this.status.className = message.trouble ? "pmkit-trouble" : "pmkit-words";
      this.status.textContent = message.text;
    });
    this.undo.push(followTheme(this.root));
    this.draw();
  }

  close() {
    this.undo.forEach((act) => act());
    this.root.remove();
  }

  drawNow() {
    const items = this.model.get("items"), hidden = this.model.get("hidden");
    const focused = this.body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const open = new Set([...this.body.querySelectorAll("details[open]")].map((one) => one.dataset.key));
    const count = { error: 0, warning: 0, info: 0 };
    items.forEach((item) => (count[item.severity] += 1));
    const words = [["error", "to mend"], ["warning", "worth a look"], ["info", "to know"]]
      .filter(([name]) => count[name]).map(([name, say]) => make("span", { class: `pmkit-findings-count pmkit-${name}` }, `${count[name]} ${say}`));
    this.body.replaceChildren(
      make("p", { class: "pmkit-findings-head" },
        make("strong", {}, items.length ? "What the checks found" : "The checks found nothing here."), words,
        hidden > 0 && make("span", { class: "pmkit-words" }, `${hidden} left as ${hidden === 1 ? "it is" : "they are"}`),
        make("button", { type: "button", "data-key": "again", onclick: () => this.again() }, "Check again"), this.status),
      make("ul", { class: "pmkit-findings-list" }, items.map((item) => this.line(item, open))));
    if (focused) this.body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  line(item, open) {
    const key = `${item.rule}:${item.table}:${item.row}:${item.column}:${item.message.slice(0, 40)}`;
    const leads = item.label && item.row;
    return make("li", { class: `pmkit-findings-${item.severity}` },
      make("details", { "data-key": key, open: open.has(key) },
        make("summary", {}, make("span", { class: "pmkit-findings-rule", title: item.title }, item.rule), ` ${item.message}`),
        make("p", {}, item.why), make("p", {}, make("b", {}, "Mend: "), item.mend)),
      make("div", { class: "pmkit-findings-acts" },
        item.suggestion && make("code", {}, item.suggestion),
        leads && make("button", { type: "button", "data-key": `go:${key}`, onclick: () => this.go(item) }, `Go to ${item.row}`)));
  }

  again() {
    if (send(this.model, { op: "look" }, (text) => this.say(text))) this.say("Checking…", false);
  }

  say(text, trouble = true) {
    this.status.className = trouble ? "pmkit-trouble" : "pmkit-words";
    this.status.textContent = text;
  }

  go(item) {
    send(this.model, { op: "go", table: item.table, row: item.row, column: item.column }, (text) => this.say(text));
    const table = [...document.querySelectorAll("[aria-label]")].find((one) => one.getAttribute("aria-label") === item.label && !this.root.contains(one));
    if (table) table.scrollIntoView({ block: "center", behavior: "smooth" });
    else this.say(`${item.label} is not open on this page.`, false);
  }
}

export default {
  render({ model, el }) {
    const findings = new Findings(model, el);
    return () => findings.close();
  },
};
