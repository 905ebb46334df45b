// The details pane: what was recorded, untouched, beside what people say of it.

class Details {
  constructor(model, el) {
    this.model = model;
    this.record = model.get("record");
    // What is typed and not saved yet, by field, of this event only: its `text`, how that is sent (`as`), what had
    // been `shown` and read (`was`; null: not known) when it was begun, and the `key` of the message with it.
    this.drafts = {};
    this.read = {}; // what stands on the screen, by field, as it is stored
    this.shown = {}; // and as it is written there
    this.waiting = new Map(); // key of a message → its event, field, and what was read before
    this.status = make("div", { class: "pmkit-details-status", role: "status" });
    this.body = make("div", { class: "pmkit-details-body" });
    this.root = make("section", { class: "pmkit pmkit-details", "aria-label": model.get("label"), tabindex: "-1" }, this.body, this.status);
    el.append(this.root);
    keepKeys(this.root);
    const [draw, end] = calmly(this.root, () => this.drawNow());
    this.draw = draw;
    this.undo = [end];
    const on = (names, act) => (model.on(names, act), this.undo.push(() => model.off(names, act)));
    on("msg:custom", (message) => this.hear(message));
    on("change:zone change:team_zone", () => this.draw());
    on("comm_live_update", () => this.probe());
    this.undo.push(followTheme(this.root), askToLeave(() => this.waiting.size > 0 || Object.keys(this.drafts).length > 0));
    this.draw();
  }

  close() {
    this.undo.forEach((act) => act());
    this.root.remove();
  }

  hear(message) {
    if (message.op === "record") {
      if (message.viewer && message.viewer !== VIEWER) return;
      if (message.record.id !== this.record.id) {
        Object.keys(this.drafts).forEach((field) => this.save(field)); // nobody left the field: another event came
        this.drafts = {};
        if (!this.waiting.size) this.say("");
      }
      this.record = message.record;
      this.draw();
      if (message.focus) this.root.focus();
    } else if (message.op === "saved" && this.waiting.has(message.key)) this.saved(message);
    else if (message.op === "error") this.refused(message.key, message.text);
  }

  saved({ key, text, said }) {
    const { id, field } = this.waiting.get(key);
    this.waiting.delete(key);
    this.say(text || "Saved");
    if (id !== this.record.id || said?.[field] === undefined) return;
    this.record = { ...this.record, said: { ...this.record.said, [field]: said[field] } }; // all of it comes soon
    this.read[field] = said[field];
    const draft = this.drafts[field];
    if (draft?.key === key) {
      this.shown[field] = draft.text;
      delete this.drafts[field];
    } else if (draft) draft.was = said[field]; // written on, over words of one's own
  }

  refused(key, text) {
    const asked = this.waiting.get(key);
    if (!asked) return;
    this.waiting.delete(key);
    const here = asked.id === this.record.id, draft = here ? this.drafts[asked.field] : null;
    this.say(here || !asked.value ? text : `${text} You had written “${asked.value}”.`, true);
    if (draft?.key === key) draft.key = null;
    else if (draft) draft.was = asked.was;
    else if (here) this.draw();
    if (here && asked.field) this.body.querySelector(`[data-field="${asked.field}"]`)?.setAttribute("aria-invalid", "true");
  }

  // The connection to the kernel changed; only a message shows whether it still carries.
  probe() {
    if (!send(this.model, { op: "ping" })) [...this.waiting.keys()].forEach((key) => this.refused(key, NOT_SENT));
  }

  say(text, trouble = false) {
    this.status.replaceChildren(...(text ? [make("span", { class: trouble ? "pmkit-trouble" : "pmkit-words" }, text)] : []));
  }

  // Each message to Python carries a key; its answer names it.
  tell(message, field = null, more = {}) {
    const key = Math.random().toString(36).slice(2);
    this.waiting.set(key, { id: this.record.id, field, ...more });
    if (send(this.model, { ...message, key, about: this.record.id })) {
      this.say("Saving…");
      return key;
    }
    this.refused(key, NOT_SENT);
    return null;
  }

  // What was read in a field before now; null while something of ours waits that may change it.
  known(field) {
    const waits = [...this.waiting.values()].some((one) => one.id === this.record.id && one.field === field);
    return waits ? null : this.read[field];
  }

  edit(field, value, was = this.known(field)) {
    return this.tell({ op: "edit", edits: [[this.record.id, field, value]], was: [was] }, field, { value, was });
  }

  // A field that is typed in; `as` is how its text is sent.
  typed(box, field, shown, as = (text) => text) {
    this.shown[field] = shown;
    box.value = this.drafts[field]?.text ?? shown;
    box.addEventListener("input", () => {
      const draft = (this.drafts[field] ??= { was: this.known(field), shown: this.shown[field] });
      // What is sent already is not known to be stored.
      if (draft.key) Object.assign(draft, { was: null, shown: draft.text, key: null });
      Object.assign(draft, { text: box.value, as });
    });
    // Not `change` alone: a box that was drawn anew under the cursor begins with what was typed.
    for (const name of ["change", "blur"]) box.addEventListener(name, () => this.drawing || this.save(field));
    return box;
  }

  save(field) {
    const draft = this.drafts[field];
    if (!draft || draft.key) return;
    if (draft.was === null || draft.text !== draft.shown) draft.key = this.edit(field, draft.as(draft.text), draft.was);
    else {
      delete this.drafts[field]; // as it was: there is nothing to say
      if (draft.was !== this.record.said[field]) setTimeout(() => this.draw()); // once the focus is where it goes
    }
  }

  // Drawing

  drawNow() {
    const clock = Clock.of(this.model), record = this.record;
    const active = this.body.contains(document.activeElement) ? document.activeElement : null;
    const focus = active?.dataset?.field ?? active?.dataset?.key, at = active?.selectionStart;
    const scrolled = this.body.scrollTop, unfolded = new Set([...this.body.querySelectorAll("details[open]")].map((one) => one.dataset.key));
    const same = this.drawn === record.id;
    this.drawing = true; // a box that leaves the page is not one that somebody leaves
    this.body.replaceChildren(...(record.id ? this.parts(clock, record, same ? unfolded : null) : [this.blank()]));
    this.drawing = false;
    this.drawn = record.id;
    this.read = { ...record.said };
    if (same) this.body.scrollTop = scrolled;
    else this.body.scrollTop = 0;
    if (focus && same) {
      const box = this.body.querySelector(`[data-field="${focus}"], [data-key="${focus}"]`);
      box?.focus({ preventScroll: true });
      if (at !== undefined && at !== null && box?.setSelectionRange) box.setSelectionRange(at, at);
    }
  }

  blank() {
    return make("p", { class: "pmkit-words pmkit-details-blank" },
      "Choose an event in the lanes or in the table: its record, thread and neighbours stand here.");
  }

  parts(clock, record, unfolded) {
    const list = (key, title, lines, count) => make("details", { "data-key": key, open: unfolded ? unfolded.has(key) : true },
      make("summary", {}, title), this.lines(clock, lines), count > lines.length &&
      make("p", { class: "pmkit-words" }, `and ${plural(count - lines.length, "more event")}; mark a window to see them in the table`));
    const link = webAddress(record.url);
    return [
      this.head(clock, record),
      record.burst && this.burst(clock, record.burst),
      make("div", { class: "pmkit-details-pair" },
        this.text("summary", "In our words", record.said.summary, record.evidence ? "What happened, in the team's words" : ""),
        record.evidence && make("div", { class: "pmkit-details-original" },
          make("h4", {}, "As recorded", make("small", {}, " never changed")),
          make("blockquote", { tabindex: "0", "aria-label": "Original text" }, record.text || "(no text)"))),
      this.text("note", "Note", record.said.note, "Why it matters"),
      this.facts(clock, record),
      make("p", { class: "pmkit-details-links" },
        link && make("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, `Open in ${record.source_title} ↗`),
        record.text && make("button", { type: "button", "data-key": "promote", title: "A new row of the decisions, with this event as its record",
          onclick: () => this.tell({ op: "promote", id: record.id }) }, "Make it a decision"),
        !record.evidence && make("button", { type: "button", "data-key": "delete", onclick: () => this.remove() }, "Delete this event")),
      record.thread.length > 0 && list("thread", `Thread (${record.thread_count})`, record.thread, record.thread_count),
      record.around_count > 0 && list("around", `±5 minutes, all sources (${record.around_count})`, record.around, record.around_count),
      record.fields.length > 0 && make("details", { "data-key": "fields", open: unfolded?.has("fields") ?? false },
        make("summary", {}, "Whole record"),
        make("dl", { class: "pmkit-details-fields" }, record.fields.map(([name, value, meaning]) =>
          [make("dt", { title: meaning }, name), make("dd", {}, webAddress(value)
            ? make("a", { href: webAddress(value), target: "_blank", rel: "noopener noreferrer" }, value) : value)]))),
    ].filter(Boolean);
  }

  mark(mark, on) {
    this.tell({ op: "mark", id: this.record.id, mark, on, held_by: this.record.marked[mark] ?? [] }, "mark");
  }

  remove() {
    const was = Object.fromEntries(Object.keys(this.read).map((field) => [field, this.known(field)]));
    this.tell({ op: "delete", id: this.record.id, was });
  }

  head(clock, record) {
    const icon = make("canvas", { width: 32, height: 32, "aria-hidden": "true", class: "pmkit-details-icon" });
    const pen = icon.getContext("2d"), path = tracePath(record.marker, 16, 16, 9);
    pen.fillStyle = pen.strokeStyle = record.colour;
    pen.lineWidth = 3;
    if (record.marker.endsWith("-open")) pen.stroke(path);
    else pen.fill(path);
    const who = [record.said.actor || record.actor, record.said.place || record.place].filter(Boolean).join(" · ");
    return make("header", {},
      make("div", { class: "pmkit-details-when" }, icon,
        make("h3", {}, record.t === null ? "no time" : `${clock.second(record.t)}`,
          make("small", {}, record.t === null ? "" : ` ${clock.day(record.t)}, ${clock.name}`)),
        make("label", { class: "pmkit-details-on" },
          this.box("included", "checkbox", { checked: record.included, onchange: (event) =>
            this.tell({ op: "include", ids: [record.id], on: event.target.checked }, "included") }), "On the timeline")),
      record.recorded_at !== null && record.recorded_at !== record.t && this.recorded(clock, record),
      make("p", { class: "pmkit-words" }, record.evidence ? `${record.source_title} ${record.kind}` : "Without a record", who ? ` · ${who}` : "",
        record.end ? ` · lasted ${lasting(record.end - record.t)}` : ""));
  }

  // What the source recorded, where that is not the time above.
  recorded(clock, record) {
    const day = clock.date(record.recorded_at) === clock.date(record.t) ? "" : `${clock.day(record.recorded_at)}, `;
    const why = record.said.time ? "the team set another time" : `the clock is corrected by ${record.corrected}`;
    return make("p", { class: "pmkit-words" }, `Recorded ${day}${clock.second(record.recorded_at)} · ${why}`);
  }

  box(field, type, props) {
    const { checked, ...rest } = props;
    const box = make("input", { type, "data-field": field, ...rest });
    box.checked = Boolean(checked);
    return box;
  }

  burst(clock, burst) {
    const span = `${clock.second(burst.t)} – ${clock.second(burst.end)}`;
    return make("div", { class: "pmkit-details-burst" },
      make("strong", {}, `${burst.count} like alerts`), ` in ${lasting(burst.end - burst.t)}, ${span}`,
      make("code", {}, burst.template),
      make("div", {},
        make("button", { type: "button", class: "pmkit-main", "data-key": "line", onclick: () => this.tell({ op: "fold", id: burst.id }) }, "Put on as one line"),
        make("button", { type: "button", "data-key": "each", onclick: () => this.tell({ op: "unfold", id: burst.id, on: !burst.unfolded }) },
          burst.unfolded ? "Fold them" : "Show each")));
  }

  // A field of several lines; saved when it is left, or with Ctrl+Enter.
  text(field, label, value, hint) {
    const box = this.typed(make("textarea", { rows: "2", placeholder: hint, "data-field": field, "aria-label": label }), field, value);
    const grow = () => {
      box.style.height = "auto";
      box.style.height = `${Math.min(box.scrollHeight + 2, 220)}px`;
    };
    box.addEventListener("input", grow);
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.stopPropagation();
        this.save(field);
      }
      if (event.key === "Escape") {
        delete this.drafts[field];
        box.value = this.record.said[field];
        box.removeAttribute("aria-invalid");
        grow();
      }
    });
    requestAnimationFrame(grow);
    const { was = null, key } = this.drafts[field] ?? {};
    return make("div", { class: "pmkit-details-text" }, make("h4", {}, label), box,
      was !== null && was !== value && !key && make("p", { class: "pmkit-trouble" }, value ? `Meanwhile somebody else wrote: “${value}”` : "Meanwhile somebody else took this out."));
  }

  facts(clock, record) {
    const own = record.mark.split(" ").filter(Boolean);
    const basis = record.basis.split(" ");
    const marks = [...new Set([...this.model.get("marks"), ...own])];
    const anchors = make("div", { class: "pmkit-details-marks", role: "group", "aria-label": "Anchors of the incident that this event is" },
      marks.map((mark) => {
        const on = own.includes(mark), assumed = on && basis[own.indexOf(mark)] === "default";
        return make("button", { type: "button", "aria-pressed": String(on && !assumed), "data-key": `mark-${mark}`,
          title: assumed ? "Taken from PagerDuty until somebody marks it" : null,
          onclick: () => this.mark(mark, !on || assumed) },
          mark.replaceAll("_", " ") + (assumed ? " (assumed)" : ""));
      }),
      make("input", { placeholder: "own anchor", "aria-label": "An anchor of the team's own", "data-field": "own-mark", size: "11",
        onkeydown: (event) => {
          const mark = event.target.value.trim().toLowerCase().replace(/\s+/g, "_");
          if (event.key === "Enter" && mark) {
            event.target.value = "";
            this.mark(mark, true);
          }
        } }));
    const phase = make("select", { "data-field": "phase", "aria-label": "Phase", onchange: (event) => this.edit("phase", event.target.value) },
      [["", record.phase && !record.said.phase ? `${record.phase} (from the anchors)` : "from the anchors"],
        ...[...new Set([...this.model.get("phases"), record.said.phase].filter(Boolean))].map((name) => [name, name])]
        .map(([value, name]) => make("option", { value, selected: value === record.said.phase }, name)));
    phase.value = record.said.phase;
    const moment = (field, label, ms) => {
      const shown = ms === null || ms === undefined ? "" : `${clock.date(ms)} ${clock.second(ms)}`;
      const withZone = (text) => text.trim() && (/(Z|UTC|[+-]\d\d:?\d\d|\/\w+)$/.test(text.trim()) ? text.trim() : `${text.trim()} ${clock.zone}`);
      const box = make("input", { "data-field": field, "aria-label": `${label} (${clock.name})`, size: "19", spellcheck: "false",
        placeholder: field === "time" && record.recorded_at ? `${clock.date(record.recorded_at)} ${clock.second(record.recorded_at)}` : "2026-11-03 14:03:00" });
      return [make("dt", {}, label), make("dd", {}, this.typed(box, field, shown, withZone), make("small", {}, ` ${clock.name}`))];
    };
    const word = (field, label) =>
      [make("dt", {}, label), make("dd", {}, this.typed(make("input", { "data-field": field, "aria-label": label, size: "19" }), field, record.said[field]))];
    return make("dl", { class: "pmkit-details-facts" },
      make("dt", {}, "Anchor"), make("dd", {}, anchors),
      make("dt", {}, "Phase"), make("dd", {}, phase),
      ...(record.evidence ? [] : moment("time", "Time", record.said.time ? record.t : null)),
      ...moment("ended_at", "Ended", record.end),
      ...(record.evidence ? [] : [...word("actor", "Who"), ...word("place", "Where")]));
  }

  lines(clock, lines) {
    const here = this.record.id;
    return make("ul", { class: "pmkit-details-lines" }, lines.map((line) => make("li", { class: line.id === here ? "pmkit-here" : "" },
      make("button", { type: "button", class: "pmkit-details-add", "aria-pressed": String(line.included),
        title: line.included ? "Take off the timeline" : "Put on the timeline", "data-key": `add-${line.id}`,
        "aria-label": `On the timeline: ${line.text.slice(0, 60)}`,
        onclick: () => this.tell({ op: "include", ids: [line.id], on: !line.included }) }, line.included ? "✓" : "+"),
      make("button", { type: "button", class: "pmkit-details-line", "data-key": `go-${line.id}`, "aria-current": line.id === here ? "true" : null,
        onclick: () => send(this.model, { op: "select", id: line.id }) },
        make("span", { class: "pmkit-details-clock" }, line.t === null ? "" : clock.second(line.t)),
        make("span", { class: "pmkit-details-dot", style: `background:${line.colour}` }),
        make("span", { class: "pmkit-details-words" }, make("b", {}, line.actor || line.lane), ` ${line.text}`)))));
  }
}

export default {
  render({ model, el }) {
    const details = new Details(model, el);
    return () => details.close();
  },
};
