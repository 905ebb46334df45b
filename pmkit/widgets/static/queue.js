// The queue of suggestions: one card, its reasons, one key to take or leave it.

class Queue {
  constructor(model, el) {
    this.model = model;
    this.at = 0;
    this.status = make("span", { class: "pmkit-queue-status", role: "status" });
    this.body = make("div", { class: "pmkit-queue-body" });
    this.root = make("section", { class: "pmkit pmkit-queue", "aria-label": model.get("label") }, this.body);
    el.append(this.root);
    keepKeys(this.root);
    this.root.addEventListener("keydown", (event) => this.key(event));
    const [draw, end] = calmly(this.root, () => this.drawNow());
    this.draw = draw;
    this.undo = [end];
    const on = (names, act) => (model.on(names, act), this.undo.push(() => model.off(names, act)));
    on("change:items", () => ((this.busy = false), this.draw()));
    on("change:zone change:team_zone", () => this.draw());
    on("msg:custom", (message) => {
      if (message.op !== "said") return;
      this.busy = false;
      this.status.className = `pmkit-queue-status ${message.trouble ? "pmkit-trouble" : "pmkit-words"}`;
      this.status.textContent = message.text;
      this.draw();
    });
    this.undo.push(followTheme(this.root));
    this.draw();
    // Looking for them takes the kernel a moment, in which the rest of the page is painted first.
    if (model.get("items") === null) whenIdle(() => send(model, { op: "look" }));
  }

  close() {
    this.undo.forEach((act) => act());
    this.root.remove();
  }

  get items() {
    return this.model.get("items") ?? [];
  }

  drawNow() {
    const items = this.items, focused = this.body.contains(document.activeElement);
    this.at = Math.min(Math.max(this.at, 0), Math.max(items.length - 1, 0));
    const item = (this.shown = items[this.at]);
    if (!item) {
      const words = this.model.get("items") ? "No suggestions left. " : "Looking for suggestions… ";
      this.body.replaceChildren(make("p", { class: "pmkit-words", tabindex: "-1" }, words), this.status);
      if (focused) this.body.firstChild.focus();
      return;
    }
    const clock = Clock.of(this.model);
    const button = (key, label, act, main = false) => make("button", {
      type: "button", class: main ? "pmkit-main" : null, disabled: this.busy, "data-key": key, onclick: act,
    }, label);
    this.card = make("div", { class: "pmkit-queue-card", tabindex: "0", role: "group", "aria-roledescription": "suggestion",
      "aria-label": `Suggestion ${this.at + 1} of ${items.length}: ${item.kind}: ${item.text || item.does}. ${item.reasons.join(" ")} T takes it, L leaves it.` },
      make("p", { class: "pmkit-queue-title" }, make("span", { class: "pmkit-queue-kind" }, item.kind),
        item.t !== null && make("span", { class: "pmkit-queue-clock" }, `${clock.day(item.t)}, ${clock.second(item.t)}`),
        make("span", { class: "pmkit-queue-text" }, item.text || item.does)),
      make("p", { class: "pmkit-words pmkit-queue-reasons" }, item.reasons.join(" ")));
    this.body.replaceChildren(
      make("div", { class: "pmkit-queue-turn", role: "group", "aria-label": "Suggestions" },
        button("before", "‹", () => this.turn(-1)), make("span", {}, `${this.at + 1} of ${items.length}`), button("after", "›", () => this.turn(1))),
      this.card,
      make("div", { class: "pmkit-queue-acts" },
        make("div", { class: "pmkit-queue-keys" },
          button("take", item.does, () => this.act("take"), true), make("kbd", { "aria-hidden": "true" }, "T"),
          button("leave", "Leave it", () => this.act("leave")), make("kbd", { "aria-hidden": "true" }, "L")),
        this.status));
    for (const [key, name] of [["before", "Previous suggestion"], ["after", "Next suggestion"]]) {
      this.body.querySelector(`[data-key="${key}"]`).setAttribute("aria-label", name);
    }
    if (focused) this.card.focus({ preventScroll: true });
  }

  turn(by) {
    this.at = (this.at + by + this.items.length) % this.items.length;
    this.card.focus({ preventScroll: true });
    this.draw();
    this.look();
  }

  look() {
    const item = this.items[this.at];
    if (item?.event_id) send(this.model, { op: "select", id: item.event_id });
  }

  act(op) {
    const item = this.shown; // the one that is read, whatever came in since
    if (!item || this.busy) return;
    this.busy = send(this.model, { op, id: item.id }, (text) => {
      this.status.className = "pmkit-queue-status pmkit-trouble";
      this.status.textContent = text;
    });
    if (this.busy) this.body.querySelectorAll("button").forEach((one) => (one.disabled = true));
    this.card.focus({ preventScroll: true });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.items.length) return;
    const acts = {
      t: () => this.act("take"), l: () => this.act("leave"), ArrowRight: () => this.turn(1), ArrowLeft: () => this.turn(-1),
      Enter: event.target === this.card ? () => this.look() : null,
    };
    const act = acts[event.key] ?? acts[event.key.toLowerCase()];
    if (act) {
      event.preventDefault();
      act();
    }
  }
}

export default {
  render({ model, el }) {
    const queue = new Queue(model, el);
    return () => queue.close();
  },
};
