// New events by hand: one with its time and zone, or many pasted lines.

class Entry {
  constructor(model, el) {
    this.model = model;
    this.undo = [];
    this.open = null;
    this.status = make("div", { role: "status", class: "pmkit-entry-status" });
    const tab = (name, label) => make("button", { type: "button", "aria-expanded": "false", "data-key": name, onclick: () => this.toggle(name) }, label);
    this.tabs = { one: tab("one", "+ Add event"), many: tab("many", "Paste lines") };
    this.forms = { one: this.one(), many: this.many() };
    this.root = make("section", { class: "pmkit pmkit-entry", "aria-label": model.get("label") },
      make("div", { class: "pmkit-entry-tabs" }, Object.values(this.tabs), this.status), Object.values(this.forms));
    el.append(this.root);
    keepKeys(this.root);
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.open) this.toggle(this.open);
    });
    const on = (names, act) => (model.on(names, act), this.undo.push(() => model.off(names, act)));
    on("msg:custom", (message) => this.hear(message));
    on("change:zone change:team_zone", () => this.zones.forEach((pick) => this.fillZones(pick)));
    const written = () => Object.values(this.forms).some((form) => form.elements.text.value.trim());
    this.undo.push(followTheme(this.root), askToLeave(written));
  }

  close() {
    this.undo.forEach((act) => act());
    clearTimeout(this.timer);
    this.root.remove();
  }

  toggle(name) {
    const was = this.open;
    this.open = was === name ? null : name;
    for (const [key, form] of Object.entries(this.forms)) {
      form.hidden = key !== this.open;
      this.tabs[key].setAttribute("aria-expanded", String(key === this.open));
    }
    this.status.textContent = "";
    if (this.open) this.forms[this.open].querySelector("[data-first]").focus();
    else this.tabs[was].focus();
  }

  field(label, box) {
    return make("label", { class: "pmkit-entry-field" }, make("span", {}, label), box);
  }

  day() {
    const box = make("input", { type: "date", name: "day", required: true });
    box.value = this.model.get("day");
    return box;
  }

  zone() {
    const pick = make("select", { name: "tz" });
    (this.zones ??= []).push(pick);
    this.fillZones(pick);
    return pick;
  }

  fillZones(pick) {
    const viewer = Intl.DateTimeFormat().resolvedOptions().timeZone, team = this.model.get("team_zone") || "UTC";
    const shown = { utc: "UTC", team, viewer }[this.model.get("zone")];
    const names = [...new Set(["UTC", team, viewer])];
    pick.replaceChildren(...names.map((name) => make("option", { value: name }, name)));
    pick.value = shown;
  }

  one() {
    const time = make("input", { name: "at", required: true, placeholder: "14:03", size: "9", pattern: "\\d{1,2}:\\d\\d(:\\d\\d(\\.\\d+)?)?", title: "14:03 or 14:03:20", "data-first": true });
    const form = make("form", { hidden: true, class: "pmkit-entry-form", "aria-label": "Add one event" },
      this.field("Day", this.day()), this.field("Time", time), this.field("Zone", this.zone()),
      make("label", { class: "pmkit-entry-field pmkit-entry-wide" }, make("span", {}, "What happened"), make("input", { name: "text", required: true })),
      this.field("Who", make("input", { name: "actor", size: "14" })), this.field("Where", make("input", { name: "place", size: "14" })),
      make("button", { type: "submit", class: "pmkit-main" }, "Add it"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.tell({ op: "add", ...Object.fromEntries(new FormData(form)) });
    });
    return form;
  }

  many() {
    const text = make("textarea", { name: "text", rows: "5", required: true, "data-first": true, placeholder: "14:03 Checkout errors climb\n14:05:20 Rolled back the release\n00:10 after midnight it is the next day" });
    this.preview = make("ol", { class: "pmkit-entry-preview", "aria-label": "What will be added" });
    this.submit = make("button", { type: "submit", class: "pmkit-main", disabled: true }, "Add them");
    const form = make("form", { hidden: true, class: "pmkit-entry-form", "aria-label": "Paste many lines" },
      make("label", { class: "pmkit-entry-field pmkit-entry-wide" }, make("span", {}, "Lines, each a time and what happened"), text),
      this.preview, this.field("Day of the first line", this.day()), this.field("Zone", this.zone()), this.submit);
    form.addEventListener("input", () => {
      this.submit.disabled = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.look(form), 180);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.tell({ op: "paste", ...Object.fromEntries(new FormData(form)) });
    });
    return form;
  }

  look(form) {
    if (form.elements.text.value.trim()) this.tell({ op: "preview", ...Object.fromEntries(new FormData(form)) });
    else this.preview.replaceChildren();
  }

  tell(message) {
    this.key = Math.random().toString(36).slice(2);
    this.asked = this.open;
    send(this.model, { ...message, key: this.key }, (text) => this.say(text, true));
  }

  say(text, trouble = false) {
    this.status.className = `pmkit-entry-status ${trouble ? "pmkit-trouble" : "pmkit-words"}`;
    this.status.textContent = text;
  }

  hear(message) {
    if (message.op !== "answer" || message.key !== this.key) return;
    if (message.trouble) {
      this.say(message.trouble, true);
      this.preview.replaceChildren();
    } else if (message.lines) {
      const clock = new Clock("UTC");
      this.say("");
      this.preview.replaceChildren(...message.lines.map((line) => make("li", {},
        make("span", { class: "pmkit-words" }, `${clock.day(line.t)} ${clock.second(line.t)} UTC`), ` ${line.text}`)));
      this.submit.disabled = !message.lines.length;
      this.submit.textContent = `Add ${plural(message.lines.length, "event")}`;
    } else {
      const form = this.forms[this.asked]; // another one may be open by now, with words in it
      const stayed = form?.contains(document.activeElement); // who went on to something else is left there
      this.say(message.done);
      if (!form) return;
      for (const name of ["at", "text"]) if (form.elements[name]) form.elements[name].value = "";
      this.preview.replaceChildren();
      this.submit.disabled = true;
      if (stayed) form.querySelector("[data-first]").focus();
    }
  }
}

export default {
  render({ model, el }) {
    const entry = new Entry(model, el);
    return () => entry.close();
  },
};
