// Lanes of all events over time: what is on the timeline above each line, the raw evidence below it.

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const STEPS = [1e3, 5e3, 15e3, 30e3, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 91 * DAY, 365 * DAY];
const ROW = 16; // pixels between two rows of anchors
const FOOT = 40; // names of the phases, and the axis
const DOTS = 260; // more raw events than this in one lane are a hill, not dots
const FONT = '12px system-ui, "Source Sans Pro", sans-serif';
const MARKS = ["impact_started", "detected", "acknowledged", "mitigated", "resolved"];

const HELP = [
  ["← →", "earlier, later event"], ["Shift ← →", "on the timeline only"], ["↑ ↓", "lane above, below"],
  ["Space", "put on the timeline, take off"], ["Enter", "read it in the details"],
  ["1 – 5", "anchor: impact, detected, acknowledged, mitigated, resolved"],
  ["[ ]", "window starts, ends here"], ["W", "window of ±5 minutes"], ["Esc", "no window"],
  ["+ −", "zoom"], ["PgUp PgDn", "move in time"], ["0", "the incident"], ["A", "all of it"],
  ["F", "fold alerts"], ["Z", "next zone"],
];

// A view: two canvases (the picture, and what moves over it), a strip of the whole span, one live option.
class Lanes {
  constructor(model, el) {
    this.model = model;
    this.id = `pmkit-lanes-${Math.random().toString(36).slice(2, 9)}`;
    this.view = null;
    this.selected = null;
    this.hovered = null;
    this.window = null;
    this.build(el);
    this.listen();
    this.readClock();
    this.readEvents();
    this.goHome(false);
  }

  // The page

  build(el) {
    this.status = make("span", { class: "pmkit-lanes-count" });
    this.chip = make("span", { class: "pmkit-lanes-chip", hidden: true });
    this.foldButton = make("button", { type: "button", "aria-pressed": "false", onclick: () => this.toggleFold(),
      title: "Show bursts of like alerts as one (F)" }, "Fold alerts");
    this.zonePick = make("select", { "aria-label": "Zone the times are shown in", title: "Times are always stored in UTC (Z)",
      onchange: () => this.setZone(this.zonePick.value) });
    const button = (label, title, act) =>
      make("button", { type: "button", title, "aria-label": title, onclick: act }, label);
    this.help = make("dl", { class: "pmkit-lanes-help", hidden: true },
      HELP.map(([keys, words]) => make("div", {}, make("dt", {}, keys), make("dd", {}, words))));
    this.helpButton = make("button", { type: "button", "aria-expanded": "false", onclick: () => this.toggleHelp() }, "Keys");
    const tools = make("div", { class: "pmkit-lanes-tools" }, this.status, this.chip,
      make("span", { class: "pmkit-lanes-gap" }), this.foldButton, this.zonePick,
      make("span", { class: "pmkit-lanes-zoom", role: "group", "aria-label": "Stretch of time" },
        button("−", "Zoom out", () => this.zoom(1.6)), button("+", "Zoom in", () => this.zoom(1 / 1.6)),
        button("Incident", "Incident (0)", () => this.goHome()),
        button("All", "All of it (A)", () => this.goTo(...this.span))),
      this.helpButton);
    this.picture = make("canvas", { "aria-hidden": "true" });
    this.overlay = make("canvas", { "aria-hidden": "true" });
    this.option = make("div", { id: `${this.id}-here`, role: "option", class: "pmkit-hidden", "aria-selected": "false" }, "No event is selected");
    this.tip = make("div", { class: "pmkit-lanes-tip", hidden: true, "aria-hidden": "true" });
    this.stage = make("div", { class: "pmkit-lanes-stage", tabindex: "0", role: "listbox",
      "aria-label": `${this.model.get("label")}. Arrow keys move along the events, Space puts one on the timeline.`,
      "aria-activedescendant": `${this.id}-here` },
      this.picture, this.overlay, this.option, this.tip);
    this.strip = make("canvas", { class: "pmkit-lanes-strip", "aria-hidden": "true", title: "Drag to move in time" });
    this.trouble = make("div", { class: "pmkit-trouble", role: "status" });
    this.root = make("div", { class: "pmkit pmkit-lanes", role: "group", "aria-label": this.model.get("label") },
      tools, this.help, this.stage, this.strip, this.trouble);
    el.append(this.root);
  }

  listen() {
    keepKeys(this.root);
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener("pointerdown", (event) => this.press(event));
    this.stage.addEventListener("pointermove", (event) => this.hover(event));
    this.stage.addEventListener("pointerleave", () => this.setHovered(null));
    this.stage.addEventListener("dblclick", (event) => this.twice(event));
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.stage.addEventListener("focus", () => this.drawOver());
    this.stage.addEventListener("blur", () => this.drawOver());
    this.strip.addEventListener("pointerdown", (event) => this.pressStrip(event));
    const on = (names, act) => {
      this.model.on(names, act);
      this.undo.push(() => this.model.off(names, act));
    };
    this.undo = [];
    on("change:raw change:lanes change:curated change:anchors change:phases change:bursts change:fold change:unfolded", () => this.later());
    on("change:zone change:team_zone", () => (this.readClock(), this.draw()));
    on("change:home", () => (this.view ? this.draw() : this.goHome(false)));
    on("msg:custom", (message) => this.hear(message));
    const size = new ResizeObserver(() => this.fit());
    size.observe(this.stage);
    this.undo.push(() => size.disconnect(), followTheme(this.root, () => this.fit()));
  }

  close() {
    this.undo.forEach((act) => act());
    cancelAnimationFrame(this.frame);
    this.root.remove();
  }

  // Several traits may change in one step: read them once.
  later() {
    if (this.waiting) return;
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      this.readEvents();
      this.fit();
    });
  }

  hear(message) {
    if (message.viewer && message.viewer !== VIEWER) return;
    if (message.op === "goto") this.select(message.id, false);
    if (message.op === "window") {
      this.setWindow(message.start === null ? null : [message.start, message.end], false);
      if (this.window) this.show(...this.window);
    }
    if (message.op === "error") this.trouble.textContent = message.text;
    if (message.op === "saved") this.trouble.textContent = "";
  }

  tell(message) {
    return send(this.model, message, (text) => (this.trouble.textContent = text));
  }

  // What there is

  readClock() {
    this.clock = Clock.of(this.model);
    const viewer = new Clock(Intl.DateTimeFormat().resolvedOptions().timeZone).name;
    const team = new Clock(this.model.get("team_zone") || "UTC").name;
    const names = { utc: "UTC", team: `Team: ${team}`, viewer: `Here: ${viewer}` };
    this.zonePick.replaceChildren(...Object.entries(names).map(([value, name]) =>
      make("option", { value, selected: this.model.get("zone") === value }, name)));
    this.zonePick.value = this.model.get("zone");
    if (this.model.get("zone_name") !== this.clock.zone) {
      this.model.set("zone_name", this.clock.zone);
      this.save();
    }
  }

  // Raw events come once and in order of time; what people said about some of them comes with each change.
  readEvents() {
    const sent = this.model.get("raw"), curated = this.model.get("curated");
    if (sent !== this.sentBefore) {
      this.sentBefore = sent;
      this.raw = typeof sent === "string" ? JSON.parse(sent) : sent;
      this.place = new Map(this.raw.ids.map((id, n) => [id, n]));
    }
    const raw = this.raw;
    const count = raw.ids.length;
    const ids = raw.ids.slice(), times = raw.times.slice(), lanes = raw.lanes.slice(), words = raw.words.slice();
    const said = new Array(count).fill(null), hidden = new Uint8Array(count), burst = new Map();
    const moved = new Set();
    for (const one of curated) {
      let n = this.place.get(one.id);
      if (n === undefined) {
        n = ids.length;
        ids.push(one.id), times.push(one.t), lanes.push(one.lane), words.push(one.text), moved.add(n);
      } else if (times[n] !== one.t) {
        times[n] = one.t;
        moved.add(n);
      }
      said[n] = one;
    }
    const fold = this.model.get("fold"), open = new Set(this.model.get("unfolded"));
    for (const one of fold ? this.model.get("bursts") : []) {
      if (open.has(one.id)) continue;
      // What people put on the timeline stands for itself; the first of a burst stands for the rest.
      const [first, ...rest] = one.members, folded = rest.filter((n) => !said[n]);
      folded.forEach((n) => (hidden[n] = 1));
      if (folded.length) burst.set(first, { ...one, count: folded.length + 1 });
    }
    const late = [...moved].sort((a, b) => times[a] - times[b]);
    const order = new Int32Array(ids.length);
    for (let n = 0, m = 0, k = 0; k < ids.length;) {
      while (n < count && moved.has(n)) n++;
      if (m < late.length && (n >= count || times[late[m]] < times[n])) order[k++] = late[m++];
      else order[k++] = n++;
    }
    const named = this.model.get("lanes");
    const byLane = named.map(() => []);
    const rank = new Int32Array(ids.length);
    order.forEach((n, k) => {
      rank[n] = k;
      byLane[lanes[n]]?.push(n);
    });
    Object.assign(this, { ids, times, laneOf: lanes, words, said, hidden, burst, order, rank, byLane, named });
    this.index = new Map(ids.map((id, n) => [id, n]));
    const first = order.length ? times[order[0]] : 0, last = order.length ? times[order[order.length - 1]] : HOUR;
    const slack = Math.max((last - first) * 0.02, MINUTE);
    this.span = [first - slack, last + slack];
    this.anchors = this.model.get("anchors");
    this.phases = this.model.get("phases");
    if (this.selected !== null && !this.index.has(this.selected)) this.selected = null;
    this.foldButton.setAttribute("aria-pressed", String(fold));
    const bursts = this.model.get("bursts").length;
    this.foldButton.hidden = !bursts;
    this.foldButton.textContent = `Fold alerts (${plural(bursts, "burst")})`;
    this.status.replaceChildren(make("strong", {}, String(curated.length)),
      ` of ${plural(ids.length, "event")} on the timeline`);
    this.say();
  }

  // The stretch of time that is shown

  goHome(glide = true) {
    const [start, end] = this.model.get("home");
    this.goTo(start, end, glide);
  }

  goTo(start, end, glide = true) {
    const whole = this.span[1] - this.span[0];
    let length = Math.min(Math.max(end - start, 5e3), Math.max(whole * 1.1, end - start > whole * 1.2 ? whole * 1.1 : 0));
    const middle = (start + end) / 2;
    const low = this.span[0] - length * 0.45, high = this.span[1] + length * 0.45;
    const to = Math.min(Math.max(middle - length / 2, low), Math.max(high - length, low));
    const target = [to, to + length], from = this.view;
    cancelAnimationFrame(this.frame);
    if (!glide || !from || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.view = target;
      this.draw();
      return;
    }
    const began = performance.now();
    const step = (now) => {
      const share = Math.min((now - began) / 160, 1), ease = 1 - (1 - share) ** 3;
      this.view = [0, 1].map((k) => from[k] + (target[k] - from[k]) * ease);
      this.draw();
      if (share < 1) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  zoom(factor, at = null) {
    const [start, end] = this.view;
    const here = this.selected !== null ? this.times[this.index.get(this.selected)] : null;
    const fixed = at ?? (here !== null && here > start && here < end ? here : (start + end) / 2);
    this.goTo(fixed - (fixed - start) * factor, fixed + (end - fixed) * factor, at === null);
  }

  show(start, end) {
    const margin = Math.max((end - start) * 0.08, 1e3);
    if (start < this.view[0] || end > this.view[1] || end - start < (this.view[1] - this.view[0]) / 12) {
      this.goTo(start - margin, end + margin);
    }
  }

  x(time) {
    return this.left + ((time - this.view[0]) / (this.view[1] - this.view[0])) * this.wide;
  }

  time(x) {
    return this.view[0] + ((x - this.left) / this.wide) * (this.view[1] - this.view[0]);
  }

  // First place in a lane's events (by time) that is not before `time`.
  from(list, time) {
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[list[middle]] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // Choosing

  select(id, tell = true) {
    if (id !== null && !this.index.has(id)) return;
    this.selected = id;
    if (id !== null) {
      const time = this.times[this.index.get(id)], length = this.view[1] - this.view[0];
      if (time < this.view[0]) this.goTo(time - length * 0.25, time + length * 0.75);
      if (time > this.view[1]) this.goTo(time - length * 0.75, time + length * 0.25);
      if (tell) this.tell({ op: "select", id });
    }
    this.say();
    this.drawOver();
  }

  // What a screen reader hears of the selected event.
  say() {
    const n = this.selected === null ? undefined : this.index.get(this.selected);
    if (n === undefined) {
      this.option.textContent = this.ids?.length ? "No event is selected" : "There are no events";
      this.option.setAttribute("aria-selected", "false");
      return;
    }
    const said = this.said[n], burst = this.burst.get(n);
    const parts = [
      `${this.clock.day(this.times[n])} ${this.clock.second(this.times[n])} ${this.clock.name}`,
      this.named[this.laneOf[n]]?.name,
      said ? "on the timeline" : "not on the timeline",
      said?.mark ? said.mark.replaceAll("_", " ") : null,
      burst ? `${burst.count} like alerts` : null,
      said?.text ?? this.words[n],
    ];
    this.option.textContent = parts.filter(Boolean).join(", ");
    this.option.setAttribute("aria-selected", "true");
    this.option.setAttribute("aria-posinset", String(this.rank[n] + 1));
    this.option.setAttribute("aria-setsize", String(this.ids.length));
  }

  // The next event in a direction; from nowhere, the first one in view.
  step(direction, wanted) {
    const here = this.selected === null ? null : this.rank[this.index.get(this.selected)];
    let k = here === null ? this.from(this.order, this.view[0]) - (direction < 0 ? 1 : 0) : here + direction;
    if (here === null && direction < 0) k = this.from(this.order, this.view[1]) - 1;
    for (; k >= 0 && k < this.order.length; k += direction) {
      const n = this.order[k];
      if (!this.hidden[n] && wanted(n)) return this.select(this.ids[n]);
    }
    return undefined;
  }

  stepLane(direction) {
    if (this.selected === null) return this.step(1, () => true);
    const n = this.index.get(this.selected);
    for (let lane = this.laneOf[n] + direction; lane >= 0 && lane < this.named.length; lane += direction) {
      const near = this.nearest(lane, this.times[n], (m) => !this.hidden[m]);
      if (near !== null) return this.select(this.ids[near]);
    }
    return undefined;
  }

  nearest(lane, time, wanted) {
    const list = this.byLane[lane];
    let after = this.from(list, time), before = after - 1;
    while (after < list.length && !wanted(list[after])) after++;
    while (before >= 0 && !wanted(list[before])) before--;
    const options = [list[before], list[after]].filter((n) => n !== undefined);
    if (!options.length) return null;
    return options.reduce((a, b) => (Math.abs(this.times[b] - time) < Math.abs(this.times[a] - time) ? b : a));
  }

  // The event under the pointer: above the line those on the timeline, below it the raw ones.
  under(x, y) {
    const lane = Math.floor((y - this.top) / this.tall);
    if (!this.byLane?.[lane] || x < this.left - 8 || x > this.left + this.wide + 8) return null;
    const time = this.time(x), upper = y - this.top - lane * this.tall < this.tall * 0.56;
    const near = (wanted, most) => {
      const n = this.nearest(lane, time, (m) => !this.hidden[m] && wanted(m));
      if (n === null) return null;
      return Math.abs(this.x(this.times[n]) - x) <= most ? n : null;
    };
    const onLine = (m) => this.said[m] !== null, raw = (m) => this.said[m] === null;
    const badge = upper ? undefined : this.badges.find((one) => one.lane === lane && x >= one.from && x <= one.to);
    if (badge) return badge.n;
    const inBurst = () => {
      for (const [n, burst] of this.burst) {
        if (this.laneOf[n] === lane && time >= burst.t && time <= burst.end) return n;
      }
      return null;
    };
    return upper ? near(onLine, 11) ?? near(raw, 4) : near(raw, 6) ?? inBurst() ?? near(onLine, 8);
  }

  setHovered(n, x = 0, y = 0) {
    if (n === this.hovered && n === null) return;
    this.hovered = n;
    this.stage.classList.toggle("pmkit-lanes-over", n !== null);
    this.tip.hidden = n === null;
    if (n !== null) {
      const said = this.said[n], burst = this.burst.get(n);
      this.tip.replaceChildren(
        make("strong", {}, this.clock.full(this.times[n])), ` ${this.named[this.laneOf[n]].name}`,
        ...(said?.mark ? [make("em", {}, said.mark.replaceAll("_", " "))] : []),
        ...(burst ? [make("em", {}, `${burst.count} like alerts in ${lasting(burst.end - burst.t)}`)] : []),
        make("div", {}, said?.text || this.words[n] || "(no text)"));
      const wide = this.stage.clientWidth;
      this.tip.style.maxWidth = `${Math.min(420, wide - 20)}px`;
      const room = this.tip.offsetWidth;
      this.tip.style.left = `${Math.min(Math.max(x + 14, 4), Math.max(wide - room - 4, 4))}px`;
      this.tip.style.top = y + 24 + this.tip.offsetHeight > this.stage.clientHeight ? `${y - this.tip.offsetHeight - 12}px` : `${y + 18}px`;
    }
    this.drawOver();
  }

  include(ids = this.selected === null ? [] : [this.selected]) {
    if (!ids.length) return;
    const on = !ids.every((id) => this.said[this.index.get(id)]);
    this.tell({ op: "include", ids, on });
  }

  mark(mark) {
    const held = this.model.get("marked")[mark] ?? [];
    this.tell({ op: "mark", id: this.selected, mark, on: !held.includes(this.selected), held_by: held });
  }

  // The window that filters the table

  setWindow(window, tell = true) {
    const sorted = window && [Math.min(...window), Math.max(...window)];
    this.window = sorted;
    this.chip.hidden = !sorted;
    this.status.hidden = Boolean(sorted);
    if (sorted) {
      const [start, end] = sorted;
      const inside = this.order.slice(this.from(this.order, start), this.from(this.order, end + 1));
      const on = inside.filter((n) => this.said[n]).length;
      const same = this.clock.date(start) === this.clock.date(end);
      this.chip.replaceChildren(
        `${this.clock.minute(start)} – ${same ? "" : this.clock.day(end) + " "}${this.clock.minute(end)} · ${lasting(end - start)} · `,
        `${plural(inside.length, "event")}, ${on} on the timeline `,
        make("button", { type: "button", "aria-label": "No window (Esc)", title: "No window (Esc)", onclick: () => this.setWindow(null) }, "×"));
    }
    if (tell) this.tell({ op: "window", start: sorted?.[0] ?? null, end: sorted?.[1] ?? null });
    this.drawOver();
  }

  edgeUnder(x) {
    if (!this.window) return null;
    const at = this.window.map((time) => Math.abs(this.x(time) - x));
    return Math.min(...at) > 5 ? null : at[0] < at[1] ? 0 : 1;
  }

  // Mouse, pen and finger

  spot(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  press(event) {
    if (event.button > 1) return;
    const [x0, y0] = this.spot(event), view = this.view;
    const pan = event.button === 1 || event.altKey || y0 > this.top + this.named.length * this.tall;
    const edge = this.edgeUnder(x0), kept = this.window;
    if (event.button === 1) event.preventDefault();
    let dragged = false;
    this.stage.setPointerCapture(event.pointerId);
    const move = (now) => {
      const [x] = this.spot(now);
      if (!dragged && Math.abs(x - x0) < 4) return;
      dragged = true;
      this.setHovered(null);
      if (pan) {
        const by = ((x0 - x) / this.wide) * (view[1] - view[0]);
        this.goTo(view[0] + by, view[1] + by, false);
      } else if (edge !== null) {
        this.setWindow([kept[1 - edge], this.time(x)], false);
      } else {
        const clamp = (value) => Math.min(Math.max(value, this.left), this.left + this.wide);
        this.setWindow([this.time(clamp(x0)), this.time(clamp(x))], false);
      }
    };
    const up = (now) => {
      this.stage.removeEventListener("pointermove", move);
      this.stage.removeEventListener("pointerup", up);
      this.stage.removeEventListener("pointercancel", up);
      if (now.type === "pointercancel") this.setWindow(kept, false);
      else if (dragged && !pan) this.setWindow(this.window);
      else if (!dragged) {
        const n = this.under(x0, y0);
        if (n !== null) this.select(this.ids[n]);
        else if (this.window && !pan) this.setWindow(null);
      }
    };
    this.stage.addEventListener("pointermove", move);
    this.stage.addEventListener("pointerup", up);
    this.stage.addEventListener("pointercancel", up);
  }

  hover(event) {
    if (event.buttons) return;
    const [x, y] = this.spot(event);
    this.stage.style.cursor = this.edgeUnder(x) !== null ? "ew-resize" : "";
    this.setHovered(this.under(x, y), x, y);
  }

  twice(event) {
    const [x, y] = this.spot(event), n = this.under(x, y);
    if (n !== null) this.include([this.ids[n]]);
    else if (this.window) this.goTo(...this.window);
    else this.zoom(0.5, this.time(x));
  }

  wheel(event) {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.zoom(Math.exp(event.deltaY * 0.004), this.time(this.spot(event)[0]));
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      const by = (event.deltaX / this.wide) * (this.view[1] - this.view[0]);
      this.goTo(this.view[0] + by, this.view[1] + by, false);
    }
  }

  pressStrip(event) {
    const at = (now) => {
      const box = this.strip.getBoundingClientRect();
      const share = (now.clientX - box.left - this.left) / this.wide;
      const middle = this.span[0] + share * (this.span[1] - this.span[0]), half = (this.view[1] - this.view[0]) / 2;
      this.goTo(middle - half, middle + half, false);
    };
    at(event);
    this.strip.setPointerCapture(event.pointerId);
    this.strip.onpointermove = (now) => now.buttons && at(now);
  }

  // Keys

  key(event) {
    if (event.target !== this.stage || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = this.selected === null ? null : this.times[this.index.get(this.selected)];
    const length = this.view[1] - this.view[0];
    const acts = {
      ArrowRight: () => this.step(1, (n) => !event.shiftKey || this.said[n]),
      ArrowLeft: () => this.step(-1, (n) => !event.shiftKey || this.said[n]),
      ArrowUp: () => this.stepLane(-1),
      ArrowDown: () => this.stepLane(1),
      Home: () => this.order.length && this.select(this.ids[this.order[0]]),
      End: () => this.order.length && this.select(this.ids[this.order[this.order.length - 1]]),
      PageUp: () => this.goTo(this.view[0] - length * 0.8, this.view[1] - length * 0.8),
      PageDown: () => this.goTo(this.view[0] + length * 0.8, this.view[1] + length * 0.8),
      " ": () => this.include(),
      Enter: () => here !== null && this.tell({ op: "open", id: this.selected }),
      Escape: () => this.setWindow(null),
      "[": () => here !== null && this.setWindow([here, Math.max(this.window?.[1] ?? this.view[1], here)]),
      "]": () => here !== null && this.setWindow([Math.min(this.window?.[0] ?? this.view[0], here), here]),
      w: () => here !== null && this.setWindow([here - 5 * MINUTE, here + 5 * MINUTE]),
      "+": () => this.zoom(1 / 1.6),
      "=": () => this.zoom(1 / 1.6),
      "-": () => this.zoom(1.6),
      0: () => this.goHome(),
      a: () => this.goTo(...this.span),
      f: () => this.toggleFold(),
      z: () => this.setZone({ utc: "team", team: "viewer", viewer: "utc" }[this.model.get("zone")]),
      "?": () => this.toggleHelp(),
    };
    const act = acts[event.key] ?? acts[event.key.toLowerCase()];
    if (act) {
      event.preventDefault();
      act();
    } else if (/^[1-5]$/.test(event.key) && this.selected !== null) {
      event.preventDefault();
      this.mark(MARKS[+event.key - 1]);
    }
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.helpButton.setAttribute("aria-expanded", String(!this.help.hidden));
  }

  toggleFold() {
    this.model.set("fold", !this.model.get("fold"));
    this.save();
  }

  setZone(zone) {
    this.model.set("zone", zone);
    this.save();
    if (this.window) this.setWindow(this.window, false);
    this.say();
  }

  save() {
    try {
      this.model.save_changes();
    } catch {
      this.trouble.textContent = NOT_SENT;
    }
  }

  // Drawing

  fit() {
    const wide = this.stage.clientWidth;
    if (!wide || !this.view) return;
    const style = getComputedStyle(this.root);
    const colour = (name) => style.getPropertyValue(name).trim();
    this.dark = this.root.classList.contains("pmkit-dark");
    this.look = { paper: style.backgroundColor, ink: style.color, muted: colour("--pm-muted"), line: colour("--pm-line"), brand: colour("--pm-brand") };
    const pen = this.picture.getContext("2d");
    pen.font = FONT;
    const widest = Math.max(...this.named.map((lane) => pen.measureText(lane.name).width), 40);
    this.left = Math.min(widest, wide < 560 ? 84 : 190) + 20;
    this.wide = Math.max(wide - this.left - 16, 60);
    this.tall = this.named.length > 9 ? 31 : 36;
    const needed = this.placeAnchors(pen, this.model.get("home")).map((one) => one.row + 1);
    this.rows = Math.min(Math.max(...needed, 1), 4);
    this.top = 8 + ROW * this.rows;
    const high = this.top + Math.max(this.named.length, 1) * this.tall + FOOT;
    this.stage.style.height = `${high}px`;
    for (const [canvas, height] of [[this.picture, high], [this.overlay, high], [this.strip, 30]]) {
      const dense = devicePixelRatio || 1;
      canvas.width = Math.round(wide * dense);
      canvas.height = Math.round(height * dense);
      canvas.style.height = `${height}px`;
    }
    this.draw();
  }

  pen(canvas) {
    const pen = canvas.getContext("2d"), dense = devicePixelRatio || 1;
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.font = FONT;
    pen.textBaseline = "middle";
    return pen;
  }

  // The report's colours are made for white; on black they are lightened.
  shade(colour) {
    if (!this.dark) return colour;
    const parts = [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
    return `rgb(${parts.map((part) => Math.round(part + (255 - part) * 0.38)).join(" ")})`;
  }

  draw() {
    if (!this.look) return;
    const pen = this.pen(this.picture);
    this.badges = [];
    const bottom = this.top + this.named.length * this.tall;
    this.drawPhases(pen, bottom);
    this.drawAxis(pen, bottom);
    pen.save();
    pen.beginPath();
    pen.rect(this.left - 9, 0, this.wide + 18, bottom + 2);
    pen.clip();
    this.drawAnchors(pen, bottom);
    this.named.forEach((lane, k) => this.drawRaw(pen, lane, k));
    this.named.forEach((lane, k) => this.drawCurated(pen, lane, k));
    pen.restore();
    this.drawNames(pen);
    this.drawStrip();
    this.drawOver();
  }

  drawPhases(pen, bottom) {
    pen.textAlign = "center";
    for (const phase of this.phases) {
      const from = Math.max(this.x(phase.start), this.left), to = Math.min(this.x(phase.end), this.left + this.wide);
      if (to <= from) continue;
      pen.globalAlpha = this.dark ? 0.22 : 0.15;
      pen.fillStyle = phase.colour;
      pen.fillRect(from, this.top, to - from, bottom - this.top + 17);
      pen.globalAlpha = 1;
      pen.fillStyle = this.look.muted;
      if (pen.measureText(phase.name).width + 8 < to - from) pen.fillText(phase.name, (from + to) / 2, bottom + 9);
    }
  }

  drawAxis(pen, bottom) {
    const length = this.view[1] - this.view[0], most = Math.max(Math.floor(this.wide / 84), 2);
    const step = STEPS.find((one) => length / one <= most) ?? STEPS.at(-1);
    const offset = this.clock.offset((this.view[0] + this.view[1]) / 2);
    pen.lineWidth = 1;
    pen.textAlign = "center";
    let day = "";
    for (let wall = Math.ceil((this.view[0] + offset) / step) * step; wall <= this.view[1] + offset; wall += step) {
      const time = wall - offset, x = Math.round(this.x(time)) + 0.5;
      pen.strokeStyle = this.look.line;
      pen.beginPath();
      pen.moveTo(x, this.top);
      pen.lineTo(x, bottom + 20);
      pen.stroke();
      const today = this.clock.day(time);
      const words = step >= DAY ? today : step < MINUTE ? this.clock.second(time) : this.clock.minute(time);
      pen.fillStyle = this.look.muted;
      pen.fillText(words, x, bottom + 28);
      if (step < DAY && today !== day) {
        // The day stands where it begins, and before the first hour.
        pen.textAlign = "right";
        if (day === "") pen.fillText(`${today}, ${this.clock.name}`, this.left - 10, bottom + 28);
        pen.textAlign = "center";
        if (day !== "") {
          pen.fillStyle = this.look.ink;
          pen.fillText(today, x, bottom + 10);
        }
      }
      day = today;
    }
    if (step >= DAY) {
      pen.textAlign = "right";
      pen.fillStyle = this.look.muted;
      pen.fillText(this.clock.name, this.left - 10, bottom + 28);
    }
    pen.textAlign = "left";
  }

  // Labels of the anchors, from the last to the first, each in the lowest free row: the line of an earlier one
  // then passes to the left of all later labels, and none is crossed.
  placeAnchors(pen, [start, end]) {
    const x = (time) => Math.round(this.left + ((time - start) / (end - start)) * this.wide) + 0.5;
    const seen = this.anchors.filter((one) => one.t >= start && one.t <= end).sort((a, b) => b.t - a.t);
    const placed = [];
    pen.font = `600 ${FONT}`;
    for (const anchor of seen) {
      const at = x(anchor.t), words = `${this.clock.minute(anchor.t)} ${anchor.mark.replaceAll("_", " ")}`;
      const room = pen.measureText(words).width, turned = at + room > this.left + this.wide + 8;
      const from = turned ? at - room - 5 : at + 5;
      const taken = (row) => placed.some((one) =>
        (one.row === row && from < one.from + one.room + 8 && one.from < from + room + 8) ||
        (one.row > row && from - 3 < one.at && one.at < from + room + 3));
      let row = 0;
      while (taken(row)) row++;
      placed.push({ anchor, at, from, room, words, row });
    }
    pen.font = FONT;
    return placed;
  }

  drawAnchors(pen, bottom) {
    for (const { anchor, at, from, words, row } of this.placeAnchors(pen, this.view)) {
      const fits = row < this.rows, y = this.top - 4 - Math.min(row + 1, this.rows) * ROW;
      pen.strokeStyle = this.look.muted;
      pen.setLineDash(anchor.basis === "default" ? [2, 3] : []);
      pen.beginPath();
      pen.moveTo(at, fits ? y : this.top);
      pen.lineTo(at, bottom);
      pen.stroke();
      pen.setLineDash([]);
      pen.fillStyle = this.look.ink;
      pen.font = `600 ${FONT}`;
      if (!fits) continue;
      pen.strokeStyle = this.look.paper; // a line that passes behind the words stops before them
      pen.lineWidth = 5;
      pen.strokeText(words, from, y + ROW / 2);
      pen.lineWidth = 1;
      pen.fillText(words, from, y + ROW / 2);
    }
    pen.font = FONT;
  }

  drawRaw(pen, lane, k) {
    const list = this.byLane[k], base = this.top + k * this.tall + this.tall - 3;
    const from = this.from(list, this.view[0]), to = this.from(list, this.view[1]);
    pen.fillStyle = pen.strokeStyle = this.shade(lane.colour);
    const shown = [];
    for (let at = from; at < to; at++) if (!this.hidden[list[at]] && !this.said[list[at]]) shown.push(list[at]);
    if (shown.length > DOTS) {
      const bins = new Uint32Array(Math.ceil(this.wide / 4) + 1);
      for (const n of shown) bins[Math.floor((this.x(this.times[n]) - this.left) / 4)]++;
      const most = Math.max(...bins);
      pen.globalAlpha = this.dark ? 0.5 : 0.4;
      pen.beginPath();
      pen.moveTo(this.left, base);
      bins.forEach((count, b) => pen.lineTo(this.left + b * 4 + 2, base - Math.sqrt(count / most) * (this.tall * 0.42)));
      pen.lineTo(this.left + this.wide, base);
      pen.fill();
    } else {
      pen.globalAlpha = this.dark ? 0.6 : 0.5;
      const dots = new Path2D();
      for (const n of shown) {
        if (this.burst.has(n)) continue;
        const x = this.x(this.times[n]);
        dots.moveTo(x + 2.6, base - 6);
        dots.arc(x, base - 6, 2.6, 0, 2 * Math.PI);
      }
      pen.fill(dots);
    }
    pen.globalAlpha = 1;
    this.drawBursts(pen, lane, k, base);
  }

  // A burst is a line as long as it lasted, with its count at the start; counts stand beside each other.
  drawBursts(pen, lane, k, base) {
    const here = [...this.burst].filter(([n, one]) => this.laneOf[n] === k && one.end >= this.view[0] && one.t <= this.view[1]);
    let free = this.left - 4;
    here.sort(([, a], [, b]) => a.t - b.t).forEach(([n, burst], at) => {
      const x = Math.max(this.x(burst.t), this.left), end = this.x(burst.end), y = base - 12 + (at % 3) * 4;
      pen.fillStyle = this.shade(lane.colour);
      pen.globalAlpha = 0.55;
      pen.fillRect(x, y, Math.max(end - x, 2), 3);
      pen.globalAlpha = 1;
      const words = `×${burst.count}`;
      pen.font = `600 11px ${FONT.slice(5)}`;
      const room = pen.measureText(words).width + 10, from = Math.max(x - 4, free);
      free = from + room + 2;
      pen.beginPath();
      pen.roundRect(from, base - 14, room, 13, 6.5);
      pen.fill();
      pen.fillStyle = this.look.paper;
      pen.fillText(words, from + 5, base - 7);
      this.badges.push({ n, from, to: from + room, lane: k });
      pen.font = FONT;
    });
  }

  drawCurated(pen, lane, k) {
    const y = this.top + k * this.tall + this.tall * 0.33;
    const length = this.view[1] - this.view[0];
    const list = this.byLane[k].filter((n) => this.said[n] && (this.said[n].end ?? this.times[n]) >= this.view[0] - length / 20 && this.times[n] <= this.view[1]);
    const colour = this.shade(lane.colour);
    for (const n of list) {
      const end = this.said[n].end;
      if (end === null || end === undefined) continue;
      const x = this.x(this.times[n]);
      pen.globalAlpha = 0.45;
      pen.fillStyle = colour;
      pen.beginPath();
      pen.roundRect(x, y - 4, Math.max(this.x(end) - x, 3), 8, 4);
      pen.fill();
      pen.globalAlpha = 1;
    }
    list.forEach((n, at) => {
      const said = this.said[n], x = this.x(this.times[n]);
      const next = at + 1 < list.length ? this.x(this.times[list[at + 1]]) : this.left + this.wide + 8;
      const after = x + 11;
      pen.fillStyle = this.look.ink;
      const words = shorten(pen, said.text, Math.min(next - 10 - after, 320));
      if (words) pen.fillText(words, after, y);
      const path = tracePath(lane.marker, x, y, said.mark ? 6 : 4.6);
      pen.lineWidth = 1.4;
      pen.fillStyle = lane.marker.endsWith("-open") ? this.look.paper : colour;
      pen.strokeStyle = lane.marker.endsWith("-open") ? colour : this.look.paper;
      pen.fill(path);
      pen.lineWidth = lane.marker.endsWith("-open") ? 2 : 1.2;
      pen.stroke(path);
      pen.lineWidth = 1;
    });
  }

  drawNames(pen) {
    pen.textAlign = "right";
    this.named.forEach((lane, k) => {
      const y = this.top + k * this.tall;
      pen.strokeStyle = this.look.line;
      pen.beginPath();
      pen.moveTo(this.left, Math.round(y + this.tall) + 0.5);
      pen.lineTo(this.left + this.wide, Math.round(y + this.tall) + 0.5);
      pen.stroke();
      pen.fillStyle = this.look.ink;
      pen.fillText(shorten(pen, lane.name, this.left - 16), this.left - 12, y + this.tall / 2);
    });
    pen.textAlign = "left";
  }

  // The whole span in one strip, with the stretch that is shown.
  drawStrip() {
    const pen = this.pen(this.strip), [start, end] = this.span;
    const bins = new Uint32Array(Math.ceil(this.wide / 3) + 1), scale = this.wide / (end - start);
    for (const time of this.times) bins[Math.floor(((time - start) * scale) / 3)]++;
    let most = 1;
    bins.forEach((count) => (most = Math.max(most, count)));
    pen.fillStyle = this.look.muted;
    pen.globalAlpha = 0.4;
    bins.forEach((count, b) => {
      const high = Math.sqrt(count / most) * 20;
      pen.fillRect(this.left + b * 3, 25 - high, 2, high);
    });
    pen.globalAlpha = 1;
    pen.fillStyle = this.look.brand;
    for (const n of this.order) if (this.said[n]) pen.fillRect(this.left + (this.times[n] - start) * scale - 0.5, 26, 1.5, 4);
    const from = Math.max(this.left + (this.view[0] - start) * scale, this.left);
    const to = Math.min(Math.max(this.left + (this.view[1] - start) * scale, from + 5), this.left + this.wide);
    pen.globalAlpha = 0.14;
    pen.fillRect(from, 1, to - from, 28);
    pen.globalAlpha = 1;
    pen.strokeStyle = this.look.brand;
    pen.strokeRect(from + 0.5, 1.5, to - from - 1, 27);
    pen.fillStyle = this.look.muted;
    pen.textAlign = "right";
    const days = Math.round((end - start) / DAY);
    pen.fillText(days > 1 ? `${this.clock.day(start)} – ${this.clock.day(end)}` : "all", this.left - 10, 16);
    pen.textAlign = "left";
  }

  drawOver() {
    if (!this.look) return;
    const pen = this.pen(this.overlay), bottom = this.top + this.named.length * this.tall;
    if (this.window) {
      const [from, to] = this.window.map((time) => Math.min(Math.max(this.x(time), this.left), this.left + this.wide));
      pen.fillStyle = pen.strokeStyle = this.look.brand;
      pen.globalAlpha = 0.13;
      pen.fillRect(from, this.top, to - from, bottom - this.top);
      pen.globalAlpha = 1;
      pen.strokeRect(from + 0.5, this.top + 0.5, Math.max(to - from - 1, 1), bottom - this.top - 1);
      for (const x of [from, to]) {
        pen.beginPath();
        pen.roundRect(x - 2.5, (this.top + bottom) / 2 - 10, 5, 20, 2.5);
        pen.fill();
      }
    }
    const ring = (n, width) => {
      const x = this.x(this.times[n]);
      if (x < this.left - 8 || x > this.left + this.wide + 8) return;
      const y = this.top + this.laneOf[n] * this.tall + (this.said[n] ? this.tall * 0.33 : this.tall - 9);
      pen.strokeStyle = this.look.brand;
      pen.lineWidth = width;
      pen.beginPath();
      pen.arc(x, y, this.said[n] ? 9.5 : 6.5, 0, 2 * Math.PI);
      pen.stroke();
      pen.lineWidth = 1;
    };
    if (this.hovered !== null) ring(this.hovered, 1.2);
    if (this.selected !== null) {
      const n = this.index.get(this.selected), x = Math.round(this.x(this.times[n])) + 0.5;
      if (x >= this.left - 8 && x <= this.left + this.wide + 8) {
        pen.strokeStyle = this.look.brand;
        pen.setLineDash([1, 3]);
        pen.beginPath();
        pen.moveTo(x, this.top);
        pen.lineTo(x, bottom);
        pen.stroke();
        pen.setLineDash([]);
      }
      ring(n, 2.4);
    }
  }
}

function shorten(pen, text, room) {
  if (room < 28 || !text) return "";
  const words = text.replaceAll("`", "").replace(/\s+/g, " ").slice(0, 90);
  if (pen.measureText(words).width <= room) return words;
  let low = 0, high = words.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pen.measureText(words.slice(0, middle) + "…").width <= room) low = middle;
    else high = middle - 1;
  }
  return low < 6 ? "" : words.slice(0, low).trimEnd() + "…";
}

export default {
  render({ model, el }) {
    const lanes = new Lanes(model, el);
    return () => lanes.close();
  },
};
