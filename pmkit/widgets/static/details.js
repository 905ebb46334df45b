// The details pane: what was recorded, untouched, beside what people say of it.

class Details {
  constructor(model, el) {
    this.model = model;
    this.record = model.get("record");
    this.drafts = {}; // what is typed and not saved yet, by field; of this event only
    this.waiting = new Map();
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
    this.undo.push(followTheme(this.root));
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
        this.drafts = {};
        this.status.replaceChildren();
      }
      this.record = message.record;
      this.draw();
      if (message.focus) this.root.focus();
    } else if (message.op === "saved" && this.waiting.has(message.key)) {
      this.waiting.delete(message.key);
      this.status.replaceChildren(make("span", { class: "pmkit-words" }, message.text || "Saved"));
    } else if (message.op === "error" && this.waiting.has(message.key)) {
      const field = this.waiting.get(message.key);
      this.waiting.delete(message.key);
      this.status.replaceChildren(make("span", { class: "pmkit-trouble" }, message.text));
      const box = field && this.root.querySelector(`[data-field="${field}"]`);
      if (box) box.setAttribute("aria-invalid", "true");
    }
  }

  // Each message to Python carries a key; its answer names it.
  tell(message, field = null) {
    const key = Math.random().toString(36).slice(2);
    this.waiting.set(key, field);
    const sent = send(this.model, { ...message, key }, (text) => this.status.replaceChildren(make("span", { class: "pmkit-trouble" }, text)));
    if (sent) this.status.replaceChildren(make("span", { class: "pmkit-words" }, "Saving…"));
    else this.waiting.delete(key);
    return sent;
  }

  edit(field, value) {
    if (this.tell({ op: "edit", edits: [[this.record.id, field, value]] }, field)) delete this.drafts[field];
  }

  // Drawing

  drawNow() {
    const clock = Clock.of(this.model), record = this.record;
    const active = this.body.contains(document.activeElement) ? document.activeElement : null;
    const focus = active?.dataset?.field ?? active?.dataset?.key, at = active?.selectionStart;
    const scrolled = this.body.scrollTop, unfolded = new Set([...this.body.querySelectorAll("details[open]")].map((one) => one.dataset.key));
    const same = this.drawn === record.id;
    this.body.replaceChildren(...(record.id ? this.parts(clock, record, same ? unfolded : null) : [this.blank()]));
    this.drawn = record.id;
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
        !record.evidence && make("button", { type: "button", "data-key": "delete", onclick: () => this.tell({ op: "delete", id: record.id }) }, "Delete this event")),
      record.thread.length > 0 && list("thread", `Thread (${record.thread_count})`, record.thread, record.thread_count),
      record.around_count > 0 && list("around", `±5 minutes, all sources (${record.around_count})`, record.around, record.around_count),
      record.fields.length > 0 && make("details", { "data-key": "fields", open: unfolded?.has("fields") ?? false },
        make("summary", {}, "Whole record"),
        make("dl", { class: "pmkit-details-fields" }, record.fields.map(([name, value, meaning]) =>
          [make("dt", { title: meaning }, name), make("dd", {}, webAddress(value)
            ? make("a", { href: webAddress(value), target: "_blank", rel: "noopener noreferrer" }, value) : value)]))),
    ].filter(Boolean);
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
      make("p", { class: "pmkit-words" }, record.evidence ? `${record.source_title} ${record.kind}` : "Without a record", who ? ` · ${who}` : "",
        record.end ? ` · lasted ${lasting(record.end - record.t)}` : ""));
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
    const box = make("textarea", { rows: "2", placeholder: hint, "data-field": field, "aria-label": label });
    box.value = this.drafts[field] ?? value;
    const grow = () => {
      box.style.height = "auto";
      box.style.height = `${Math.min(box.scrollHeight + 2, 220)}px`;
    };
    const save = () => box.value !== this.record.said[field] && this.edit(field, box.value);
    box.addEventListener("input", () => ((this.drafts[field] = box.value), grow()));
    box.addEventListener("change", save);
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.stopPropagation();
        save();
      }
      if (event.key === "Escape") {
        box.value = this.record.said[field];
        delete this.drafts[field];
        box.removeAttribute("aria-invalid");
        grow();
      }
    });
    requestAnimationFrame(grow);
    return make("div", { class: "pmkit-details-text" }, make("h4", {}, label), box);
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
          onclick: () => this.tell({ op: "mark", id: record.id, mark, on: !on || assumed }) },
          mark.replaceAll("_", " ") + (assumed ? " (assumed)" : ""));
      }),
      make("input", { placeholder: "own anchor", "aria-label": "An anchor of the team's own", "data-field": "own-mark", size: "11",
        onkeydown: (event) => {
          const mark = event.target.value.trim().toLowerCase().replace(/\s+/g, "_");
          if (event.key === "Enter" && mark) {
            event.target.value = "";
            this.tell({ op: "mark", id: record.id, mark, on: true });
          }
        } }));
    const phase = make("select", { "data-field": "phase", "aria-label": "Phase", onchange: (event) => this.edit("phase", event.target.value) },
      [["", record.phase && !record.said.phase ? `${record.phase} (from the anchors)` : "from the anchors"],
        ...[...new Set([...this.model.get("phases"), record.said.phase].filter(Boolean))].map((name) => [name, name])]
        .map(([value, name]) => make("option", { value, selected: value === record.said.phase }, name)));
    phase.value = record.said.phase;
    const moment = (field, label, ms) => {
      const shown = ms === null || ms === undefined ? "" : `${clock.date(ms)} ${clock.second(ms)}`;
      const box = make("input", { "data-field": field, "aria-label": `${label} (${clock.name})`, size: "19", spellcheck: "false",
        placeholder: field === "time" && record.recorded_at ? `${clock.date(record.recorded_at)} ${clock.second(record.recorded_at)}` : "2026-11-03 14:03:00" });
      box.value = this.drafts[field] ?? shown;
      box.addEventListener("input", () => (this.drafts[field] = box.value));
      box.addEventListener("change", () => {
        const typed = box.value.trim();
        if (typed !== shown) this.edit(field, typed && (/(Z|UTC|[+-]\d\d:?\d\d|\/\w+)$/.test(typed) ? typed : `${typed} ${clock.zone}`));
      });
      return [make("dt", {}, label), make("dd", {}, box, make("small", {}, ` ${clock.name}`))];
    };
    const word = (field, label) => {
      const box = make("input", { "data-field": field, "aria-label": label, size: "19" });
      box.value = this.drafts[field] ?? record.said[field];
      box.addEventListener("input", () => (this.drafts[field] = box.value));
      box.addEventListener("change", () => box.value !== record.said[field] && this.edit(field, box.value));
      return [make("dt", {}, label), make("dd", {}, box)];
    };
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
