// One editable table: virtual rows, the keyboard, the clipboard. A change shows at once and is asked of
// Python; what Python refuses turns back. Data reaches the page through textContent only.

const LINE = 30; // height of a row in line mode, px; the same in grid.css
const AHEAD = 8; // rows kept ready above and below the window
const WRAP_LIMIT = 400; // with more rows than this every row takes one line
const SLOW = 2500; // ms after which a change that waits says why
const GONE = "Not saved: the kernel was restarted. Run this cell again.";
const STOPPED = "The kernel was restarted, nothing can be saved here. Run this cell again.";

// ---------------------------------------------------------------------------------- small things

const el = (tag, props = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
};

const ICONS = {
  add: "M8 3v10M3 8h10",
  bin: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M6.7 7v4M9.3 7v4",
  undo: "M5.5 3.5 2.5 6.5l3 3M2.5 6.5h6.8a3.6 3.6 0 0 1 0 7.2H6.5",
  redo: "M10.5 3.5l3 3-3 3M13.5 6.5H6.7a3.6 3.6 0 0 0 0 7.2h2.8",
  keys: "M2 4.5h12v7H2zM4.5 7h.01M7 7h.01M9.5 7h.01M12 7h.01M5 9.3h6",
};

const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
};

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
// Not the browser's own way to say a number: it takes 30 ms to be ready, while the page waits to be painted.
const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");
const plural = (count, [one, many]) => `${grouped(count)} ${count === 1 ? one : many}`;
const isLink = (text) => /^https?:\/\/\S+$/i.test(text);
const words = (text) => text.split(/\s+/).filter(Boolean);

// ---------------------------------------------------------------------------------- text and values

const pad = (number, width = 2) => String(number).padStart(width, "0");
const formats = new Map();

const partsIn = (zone, ms) => {
  if (!formats.has(zone)) {
    const fields = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
    formats.set(zone, new Intl.DateTimeFormat("en-GB", { ...fields, timeZone: zone, hourCycle: "h23" }));
  }
  const found = {};
  for (const { type, value } of formats.get(zone).formatToParts(ms)) found[type] = value;
  return found;
};

const offsetOf = (zone, ms) => {
  if (!zone || zone === "UTC") return 0;
  const p = partsIn(zone, ms);
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - ms;
};

const DAY = 86_400_000;

// The offsets with which the clocks of a zone showed a time: one, none where they skipped it, two where twice.
const offsetsAt = (zone, wall) =>
  [...new Set([-DAY, DAY].map((near) => offsetOf(zone, wall + near)))].filter((offset) => offsetOf(zone, wall - offset) === offset);

// The offset, as +01:00, of a time that the clocks show twice because they are set back; else nothing.
const calm = new Map(); // days around which the clocks of a zone are not set
const twice = (zone, ms) => {
  const day = Math.floor(ms / DAY), key = `${zone} ${day}`;
  if (!calm.has(key)) calm.set(key, offsetOf(zone, (day - 1) * DAY) === offsetOf(zone, (day + 2) * DAY));
  if (calm.get(key)) return "";
  const offset = offsetOf(zone, ms), minutes = Math.abs(offset) / 60_000;
  if (offsetsAt(zone, ms + offset).length < 2) return "";
  return `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
};

// `2026-11-03T14:02:11.123456Z` as people read it, in the zone of the table.
const showTime = (value, zone, fraction = false) => {
  const tail = fraction ? (value.match(/\.(\d*?)0*Z$/)?.[1] ?? "") : "";
  let text = value.slice(0, 19).replace("T", " "), offset = "";
  if (zone && zone !== "UTC") {
    const ms = Date.parse(value.slice(0, 19) + "Z");
    if (Number.isNaN(ms)) return value;
    const p = partsIn(zone, ms);
    text = `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`;
    offset = twice(zone, ms);
  }
  return (tail ? `${text}.${tail}` : text) + offset;
};

const TIME = /^(?:(\d{4})-(\d\d)-(\d\d)[T ]\s*)?(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})\d*)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/i;

// What was typed as a time; without a zone it is in the zone the column's head names.
const readTime = (text, zone, before) => {
  const wrong = { problem: `Expected a time, as 2026-11-03 14:02:11; it is read in ${zone || "UTC"}.` };
  const m = TIME.exec(text);
  if (!m) return wrong;
  const day = m[1] ? `${m[1]}-${m[2]}-${m[3]}` : before ? showTime(before, zone).slice(0, 10) : "";
  if (!day) return { problem: "Add the date, as 2026-11-03 14:02." };
  const [hour, minute, second] = [+m[4], +m[5], +(m[6] ?? 0)];
  const ms = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== day) return { problem: `There is no day ${day}.` };
  if (hour > 23 || minute > 59 || second > 59) return wrong;
  const wall = ms + ((hour * 60 + minute) * 60 + second) * 1000;
  let utc = wall;
  if (m[8] && !/^(z|utc)$/i.test(m[8])) {
    const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)/.exec(m[8]);
    utc = wall - (sign === "-" ? -1 : 1) * (+hours * 60 + +minutes) * 60000;
  } else if (!m[8]) {
    const offsets = offsetsAt(zone, wall);
    if (offsets.length !== 1) {
      const what = offsets.length ? "showed this time twice" : "skipped this time";
      return { problem: `The clocks of ${zone} ${what}; write its offset after it, as +01:00.` };
    }
    utc = wall - offsets[0];
  }
  return { value: `${new Date(utc).toISOString().slice(0, 19)}.${(m[7] ?? "").padEnd(6, "0")}Z` };
};

const readDate = (text) => {
  const m = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  const day = m ? `${m[1]}-${pad(m[2])}-${pad(m[3])}` : "";
  const ms = Date.parse(`${day}T00:00:00Z`);
  if (!day || Number.isNaN(ms)) return { problem: m ? `There is no day ${text}.` : "Expected a date, as 2026-11-30." };
  return new Date(ms).toISOString().slice(0, 10) === day ? { value: day } : { problem: `There is no day ${text}.` };
};

const YES = /^(yes|y|true|1|x|✓|on)$/i;
const NO = /^(no|n|false|0|off|)$/i;

// Text that was typed or pasted as the value the cell would hold, or the problem with it.
const read = (column, typed, { zone = "UTC", before = "" } = {}) => {
  const text = column.long ? typed.replace(/\r\n?/g, "\n").trim() : typed.replace(/\s+/g, " ").trim();
  if (column.type === "bool") {
    if (YES.test(text)) return { value: "yes" };
    return NO.test(text) ? { value: "no" } : { problem: "Expected yes or no." };
  }
  if (!text) return column.required ? { problem: `${column.label} cannot be empty.` } : { value: "" };
  if (column.choices?.length) {
    const choice = column.choices.find((one) => one.toLowerCase() === text.toLowerCase());
    return choice === undefined ? { problem: `Expected one of ${column.choices.join(", ")}.` } : { value: choice };
  }
  if (column.type === "time") return readTime(text, zone, before);
  if (column.type === "date") return readDate(text);
  if (column.type === "int" || column.type === "float") {
    const plain = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(",", "") : text;
    const fits = column.type === "int" ? /^[+-]?\d+$/ : /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i;
    return fits.test(plain) ? { value: plain } : { problem: `Expected a ${column.type === "int" ? "whole " : ""}number.` };
  }
  return { value: text };
};

const show = (column, value, zone) => {
  if (!value) return "";
  if (column.type === "time") return showTime(value, zone);
  if (column.type === "int" || column.type === "float") {
    const [whole, rest] = value.split(".");
    return /^[+-]?\d{4,}$/.test(whole) ? grouped(whole) + (rest ? `.${rest}` : "") : value;
  }
  if (column.names) return words(value).map((word) => column.names[word] ?? word).join(", ");
  return value;
};

// What an editor starts with: everything the value holds.
const editable = (column, value, zone) => (column.type === "time" && value ? showTime(value, zone, true) : value);

const toTsv = (block) =>
  block.map((cells) => cells.map((cell) => (/["\t\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join("\t")).join("\n");

// Cells of a spreadsheet's clipboard: tabs between, quotes around a cell with tabs or line ends in it.
const fromTsv = (text) => {
  const rows = [[]];
  let cell = "";
  let quoted = false;
  let fresh = true;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (quoted) {
      if (sign === '"' && text[i + 1] === '"') cell += text[i++];
      else if (sign === '"') quoted = false;
      else cell += sign;
    } else if (sign === '"' && fresh) {
      quoted = true;
      fresh = false;
    } else if (sign === "\t" || sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[i + 1] === "\n") i++;
      rows.at(-1).push(cell);
      cell = "";
      fresh = true;
      if (sign !== "\t") rows.push([]);
    } else {
      cell += sign;
      fresh = false;
    }
  }
  rows.at(-1).push(cell);
  if (rows.length > 1 && rows.at(-1).length === 1 && rows.at(-1)[0] === "") rows.pop();
  return rows;
};

// ---------------------------------------------------------------------------------- the rows

// The rows as Python has them, and over them what waits for Python's answer. One per model, for all views.
class Store {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    this.waiting = new Map(); // key → {op, cells, since}
    this.over = new Map(); // cell → {value, key}: painted, not yet saved
    this.refused = new Map(); // cell → {text, problem}
    this.leaving = new Set(); // rows being deleted
    this.dead = false;
    this.lost = false; // whether a change was turned back because of that
    this.count = 0;
    this.takeAll();
    model.on("change:rows", () => { this.takeAll(); this.tell({ all: true }); });
    model.on("change:columns", () => { this.takeColumns(); this.tell({ all: true, columns: true }); });
    model.on("msg:custom", (message) => this.receive(message));
    model.on("comm_live_update", () => this.probe());
  }

  takeColumns() {
    this.columns = this.model.get("columns") ?? [];
    this.at = new Map(this.columns.map((column, j) => [column.name, j + 1]));
  }

  takeAll() {
    this.takeColumns();
    const rows = this.model.get("rows");
    this.rows = typeof rows === "string" ? JSON.parse(rows || "[]") : (rows ?? []);
    this.index();
  }

  index() {
    this.place = new Map(this.rows.map((row, i) => [row[0], i]));
  }

  row(id) {
    return this.rows[this.place.get(id)];
  }

  cellKey(id, name) {
    return `${id}\n${name}`;
  }

  value(row, column) {
    if (this.over.size) {
      const over = this.over.get(this.cellKey(row[0], column.name));
      if (over) return over.value;
    }
    return row[this.at.get(column.name)] ?? "";
  }

  isWaiting(id, name) {
    return this.over.size > 0 && this.over.has(this.cellKey(id, name));
  }

  problem(id, name) {
    return this.refused.size ? this.refused.get(this.cellKey(id, name)) : undefined;
  }

  // All the text of a row in small letters, for the filter.
  text(row, zone) {
    if (row.text === undefined || row.zone !== zone) {
      row.text = this.columns.map((column) => `${show(column, this.value(row, column), zone)} ${column.type === "time" ? "" : (row[this.at.get(column.name)] ?? "")}`).join("\n").toLowerCase();
      row.zone = zone;
    }
    return row.text;
  }

  // `before`: what the editor began with. It may be older than the row, if somebody else saved meanwhile.
  edit(edits, typed = null, before = null) {
    const cells = edits.filter(([id, name, value]) => {
      const row = this.row(id);
      return row && value !== before && this.value(row, this.columns[this.at.get(name) - 1]) !== value;
    });
    for (const [id, name] of edits) this.refused.delete(this.cellKey(id, name));
    if (!cells.length) {
      this.tell({ ids: edits.map(([id]) => id) });
      return true;
    }
    const key = this.newKey();
    const was = cells.map(([id, name]) => before ?? this.known(id, name));
    for (const [id, name, value] of cells) {
      this.over.set(this.cellKey(id, name), { value, key });
      this.row(id).text = undefined;
    }
    this.waiting.set(key, { op: "edit", cells, typed, since: Date.now() });
    return this.send({ op: "edit", edits: cells, was, key });
  }

  // What Python had told of a cell; null while something of ours waits that may change it.
  known(id, name) {
    const steps = [...this.waiting.values()].some(({ op }) => op === "undo" || op === "redo");
    return steps || this.isWaiting(id, name) ? null : this.row(id)[this.at.get(name)];
  }

  knownRow(id) {
    const mine = this.columns.filter((column) => column.editable);
    return this.row(id) ? Object.fromEntries(mine.map(({ name }) => [name, this.known(id, name)])) : {};
  }

  add(values) {
    const key = this.newKey();
    this.waiting.set(key, { op: "add", cells: [], since: Date.now() });
    return this.send({ op: "add", values, key }) ? key : null;
  }

  delete(ids) {
    const key = this.newKey();
    const was = Object.fromEntries(ids.map((id) => [id, this.knownRow(id)]));
    for (const id of ids) this.leaving.add(id);
    this.waiting.set(key, { op: "delete", cells: [], ids, since: Date.now() });
    return this.send({ op: "delete", ids, was, key });
  }

  settle(clash, take) {
    return this.send({ op: "settle", clash, take, was: this.knownRow(clash.row_id) });
  }

  ask(op) {
    const key = this.newKey();
    this.waiting.set(key, { op, cells: [], since: Date.now() });
    return this.send({ op, key });
  }

  newKey() {
    this.count += 1;
    return `${Date.now().toString(36)}-${this.count}`;
  }

  send(message) {
    let sent = !this.dead;
    if (sent) {
      try {
        this.model.send(message);
      } catch {
        sent = false;
        this.dead = true;
      }
    }
    if (!sent && message.key) this.lose(message.key);
    else this.tell({ ids: null });
    return sent;
  }

  // The connection to the kernel changed; only a message shows whether it still carries.
  probe() {
    try {
      this.model.send({ op: "ping" });
      this.dead = false;
      this.lost = false;
    } catch {
      this.dead = true;
    }
    if (this.dead) for (const key of [...this.waiting.keys()]) this.lose(key);
    this.tell({ all: true });
  }

  lose(key) {
    this.lost = true;
    this.fail(key, GONE);
  }

  fail(key, text, cells = []) {
    const entry = this.waiting.get(key);
    this.waiting.delete(key);
    if (!entry) return;
    const told = new Map(cells.map(([id, name, problem]) => [this.cellKey(id, name), problem]));
    for (const [id, name, value] of entry.cells) {
      const cell = this.cellKey(id, name);
      if (this.over.get(cell)?.key === key) this.over.delete(cell);
      const row = this.row(id);
      if (row) row.text = undefined;
      if (!row) text += ` You had written “${entry.typed ?? value}”.`; // there is no cell any more that could show it
      const problem = told.get(cell) ?? (told.size || entry.cells.length > 1 ? "" : text);
      if (problem || entry.cells.length === 1) this.refused.set(cell, { text: entry.typed ?? value, problem: problem || text });
    }
    for (const id of entry.ids ?? []) this.leaving.delete(id);
    this.tell({ all: true, failed: key, failedOp: entry.op, failedCells: entry.cells, note: text, tone: "bad" });
  }

  receive(message) {
    if (message.op === "patch") this.patch(message);
    else if (message.op === "error" && this.waiting.has(message.key)) this.fail(message.key, message.text, message.cells);
    else if (message.op === "error") this.tell({ note: message.text, tone: "bad" });
    else if (message.op === "saved") this.saved(message);
    else if (message.op === "goto") this.tell({ goto: message });
    else if (message.op === "note") this.tell({ note: message.text });
  }

  patch({ cells = [], added = [], at = [], removed = [], note = "" }) {
    const ids = new Set();
    for (const [id, name, value] of cells) {
      const row = this.row(id);
      if (!row || !this.at.has(name)) continue;
      row[this.at.get(name)] = value;
      row.text = undefined;
      ids.add(id);
    }
    const gone = new Set(removed);
    if (gone.size) this.rows = this.rows.filter((row) => !gone.has(row[0]));
    for (const id of gone) this.leaving.delete(id);
    added.forEach((row, i) => {
      if (this.place.has(row[0]) && !gone.has(row[0])) return;
      this.rows.splice(clamp(at[i] ?? this.rows.length, 0, this.rows.length), 0, row);
    });
    const moved = gone.size > 0 || added.length > 0;
    if (moved) this.index();
    this.tell({ ids: [...ids], all: moved, rows: moved, note, added: added.map((row) => row[0]) });
  }

  saved({ key, ids = [], note = "" }) {
    const entry = this.waiting.get(key);
    this.waiting.delete(key);
    if (!entry) return;
    for (const [id, name, value] of entry.cells) {
      const cell = this.cellKey(id, name);
      if (this.over.get(cell)?.key !== key) continue;
      this.over.delete(cell);
    }
    for (const id of entry.ids ?? []) this.leaving.delete(id);
    this.tell({ ids: entry.cells.map(([id]) => id), savedKey: key, savedOp: entry.op, newIds: ids, note });
  }

  tell(news) {
    for (const view of this.views) view.hear(news);
  }
}

const stores = new Map(); // uid of the model → its store; the views of one model share it

const storeOf = (model) => {
  const uid = model.get("uid") ?? "";
  if (!stores.has(uid)) stores.set(uid, new Store(model));
  return stores.get(uid);
};

// ---------------------------------------------------------------------------------- the editor

// A field over a cell, in the top layer so that nothing clips it: one line, many lines, or a list to pick from.
class Editor {
  constructor(grid, at, column, { text, before, problem, replace, readOnly = false }) {
    Object.assign(this, { grid, at, column, before, readOnly, begun: editable(column, before, grid.zone) });
    this.many = column.type === "words";
    this.options = readOnly ? [] : this.allOptions(words(before));
    this.picks = this.many && this.options.length > 0; // words are picked, the field searches among them
    this.chosen = this.picks ? words(replace ? before : text) : [];
    const long = column.long || text.includes("\n") || (readOnly && text.length > 60);
    const id = `${grid.uid}-edit`;
    const name = `${column.label}${readOnly ? "" : ", edit"}`;
    const common = { class: "pmk-field", "aria-label": name, spellcheck: long ? "true" : "false", autocomplete: "off", readonly: readOnly };
    if (this.options.length) Object.assign(common, { role: "combobox", "aria-expanded": "true", "aria-controls": `${id}-list`, "aria-autocomplete": "list" });
    this.field = long ? el("textarea", { ...common, rows: 3 }) : el("input", { ...common, type: "text" });
    this.field.value = this.picks && !replace ? "" : text;
    if (this.picks) this.field.placeholder = "Search, or type one of your own";
    this.chips = this.picks ? el("div", { class: "pmk-chips" }) : null;
    this.message = el("div", { class: "pmk-problem", id: `${id}-problem`, role: "alert" });
    this.list = this.options.length ? el("div", { class: "pmk-list", id: `${id}-list`, role: "listbox", "aria-label": column.label, "aria-multiselectable": this.many ? "true" : undefined }) : null;
    const hint = this.hint(long);
    this.box = el("div", { class: `pmk-editor${long ? " pmk-long" : ""}${readOnly ? " pmk-reading" : ""}`, popover: "manual" }, this.chips, this.field, this.message, this.list, hint ? el("div", { class: "pmk-hint", text: hint }) : null);
    grid.root.append(this.box);
    this.box.showPopover?.();
    this.place();
    this.follow = () => this.place();
    window.addEventListener("scroll", this.follow, true);
    window.addEventListener("resize", this.follow);
    this.field.addEventListener("input", () => this.typed());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("focusout", (event) => {
      if (!this.box.contains(event.relatedTarget) && !this.closed && document.hasFocus()) this.take(null);
    });
    this.shown = [];
    this.active = -1;
    this.typing = replace;
    if (this.list) this.fillList();
    this.field.focus({ preventScroll: true });
    if (replace) this.field.setSelectionRange(text.length, text.length);
    else if (long) this.field.setSelectionRange(text.length, text.length);
    else this.field.select();
    if (problem) this.say(problem);
    this.fit();
  }

  get changed() {
    const text = this.picks ? [...this.chosen, this.field.value].join(" ").trim() : this.field.value;
    return !this.readOnly && text !== this.begun;
  }

  hint(long) {
    if (this.readOnly) return "From the evidence, read only. Esc to leave.";
    if (this.column.type === "time") return `Time in ${this.grid.zone}, as 2026-11-03 14:02:11`;
    if (this.column.type === "date") return "Date, as 2026-11-30";
    if (this.picks) return "Enter picks or takes away, Tab or Ctrl+Enter takes them all, Esc leaves";
    return long ? "Ctrl+Enter to take, Esc to leave" : "";
  }

  allOptions(have) {
    const { choices = [], open = [], hints = {}, names = {} } = this.column;
    const closed = choices.length > 0;
    const usual = this.many ? [...new Set([...have, ...open])] : open; // what is chosen comes first
    const list = (closed ? choices : usual).map((value) => ({ value, text: names[value] ?? value, more: hints[value] ?? "" }));
    if (closed && !this.column.required && list.length) list.push({ value: "", text: "(empty)", more: "" });
    return list;
  }

  place() {
    const cell = this.grid.cellRect(this.at);
    const wide = this.box.classList.contains("pmk-long") || this.column.hints ? 440 : 230;
    const width = Math.min(Math.max(cell.width + 2, wide), window.innerWidth - 16, this.box.classList.contains("pmk-long") || this.column.hints ? 560 : 420);
    this.box.style.width = `${width}px`;
    const tall = this.box.offsetHeight;
    const below = window.innerHeight - cell.top;
    const top = below >= tall + 8 ? cell.top - 1 : Math.max(8, window.innerHeight - tall - 8);
    this.box.style.left = `${clamp(cell.left - 1, 8, Math.max(8, window.innerWidth - width - 8))}px`;
    this.box.style.top = `${top}px`;
    if (this.field.tagName === "TEXTAREA") this.field.style.minHeight = `${Math.min(cell.height, 120)}px`;
  }

  // A field of many lines grows with its text.
  fit() {
    if (this.field.tagName === "TEXTAREA") {
      this.field.style.height = "auto";
      this.field.style.height = `${Math.min(this.field.scrollHeight + 2, 320)}px`;
    }
    this.place();
  }

  typed() {
    this.typing = true;
    this.say("");
    if (this.list) this.fillList();
    this.fit();
  }

  fillList() {
    const text = this.field.value;
    const search = this.typing || this.picks ? text.trim().toLowerCase() : "";
    const chosen = new Set(this.picks ? this.chosen : [text]);
    const fits = ({ value, text: shown, more }) => !search || `${shown} ${value} ${more}`.toLowerCase().includes(search);
    const starts = ({ value, text: shown }) => (shown.toLowerCase().startsWith(search) || value.toLowerCase().startsWith(search) ? 0 : 1);
    this.shown = this.options.filter(fits);
    if (search && !this.picks) this.shown.sort((a, b) => starts(a) - starts(b));
    this.shown = this.shown.slice(0, 200);
    const sure = search && (this.picks || this.column.choices?.length > 0);
    this.active = sure && this.shown.length ? 0 : this.picks ? -1 : this.shown.findIndex((option) => option.value === text);
    this.list.replaceChildren(
      ...this.shown.map((option, i) =>
        el("div", {
          class: "pmk-option", role: "option", id: `${this.grid.uid}-option-${i}`, "aria-selected": chosen.has(option.value) ? "true" : "false",
          onpointerdown: (event) => { event.preventDefault(); this.pick(i, true); },
        },
        this.picks ? el("span", { class: "pmk-tick", "aria-hidden": "true" }) : null,
        el("span", { class: "pmk-option-text", text: option.text }),
        option.more ? el("span", { class: "pmk-option-more", text: option.more }) : null),
      ),
    );
    this.list.hidden = !this.shown.length;
    this.field.setAttribute("aria-expanded", this.shown.length ? "true" : "false");
    if (this.picks) this.showChips();
    this.mark();
  }

  // The words chosen so far; a click takes one away.
  showChips() {
    const { names = {}, hints = {} } = this.column;
    this.chips.replaceChildren(...this.chosen.map((word) =>
      el("button", { type: "button", class: "pmk-chip", tabindex: "-1", title: hints[word], "aria-label": `Take away ${names[word] ?? word}`, onpointerdown: (event) => { event.preventDefault(); this.toggle(word); } },
        el("span", { text: names[word] ?? word }), el("span", { "aria-hidden": "true", text: "×" }))));
    this.chips.hidden = !this.chosen.length;
  }

  toggle(word) {
    this.chosen = this.chosen.includes(word) ? this.chosen.filter((one) => one !== word) : [...this.chosen, word];
    const active = this.shown.findIndex((one) => one.value === word);
    this.fillList();
    if (active >= 0) { this.active = active; this.mark(); }
    this.fit();
  }

  mark() {
    [...this.list.children].forEach((node, i) => node.classList.toggle("pmk-on", i === this.active));
    if (this.active >= 0) {
      this.field.setAttribute("aria-activedescendant", `${this.grid.uid}-option-${this.active}`);
      this.list.children[this.active]?.scrollIntoView({ block: "nearest" });
    } else this.field.removeAttribute("aria-activedescendant");
  }

  pick(i, byPointer = false) {
    const option = this.shown[i];
    if (!option) return;
    if (this.picks) {
      this.field.value = "";
      this.fillList();
      this.active = this.shown.findIndex((one) => one.value === option.value);
      this.toggle(option.value);
      return;
    }
    this.field.value = option.value;
    if (byPointer) this.take("stay");
  }

  key(event) {
    const { key, ctrlKey, metaKey, shiftKey } = event;
    const strong = ctrlKey || metaKey;
    if (event.isComposing) return event.stopPropagation();
    const text = this.field.tagName === "TEXTAREA";
    const done = () => { event.preventDefault(); event.stopPropagation(); };
    if (key === "Escape") { done(); return this.leave(); }
    if (this.readOnly && (key === "Enter" || key === "F2")) { done(); return this.leave(); }
    if (key === "Tab") { done(); return this.take(shiftKey ? "left" : "right"); }
    if (this.list && !text && (key === "ArrowDown" || key === "ArrowUp") && this.shown.length) {
      done();
      const step = key === "ArrowDown" ? 1 : -1;
      this.active = this.active < 0 ? (step > 0 ? 0 : this.shown.length - 1) : (this.active + step + this.shown.length) % this.shown.length;
      return this.mark();
    }
    if (key === "Enter" && strong) { done(); return this.take(this.grid.manySelected() ? "fill" : "down"); }
    if (key === "Enter" && !text) {
      done();
      if (this.list && this.active >= 0) {
        this.pick(this.active);
        if (this.picks) return undefined;
      }
      return this.take(shiftKey ? "up" : "down");
    }
    if (this.picks && key === "Backspace" && !this.field.value && this.chosen.length) { done(); return this.toggle(this.chosen.at(-1)); }
    if (strong && !/^[acvxzy]$/i.test(key)) return undefined; // such as Ctrl+S: JupyterLab's
    return event.stopPropagation();
  }

  say(problem) {
    this.message.textContent = problem;
    this.box.classList.toggle("pmk-wrong", Boolean(problem));
    this.field.setAttribute("aria-invalid", problem ? "true" : "false");
    if (problem) this.field.setAttribute("aria-describedby", this.message.id);
    else this.field.removeAttribute("aria-describedby");
    this.place();
  }

  // Hands the text over; with a problem the editor stays open with the text in it.
  take(move) {
    if (this.readOnly) return this.leave(move);
    const own = this.picks ? words(this.field.value).filter((word) => !this.chosen.includes(word)) : [];
    const typed = this.picks ? [...this.chosen, ...own].join(" ") : this.field.value;
    const result = read(this.column, typed, { zone: this.grid.zone, before: this.before });
    if (result.problem && move === null && !typed.trim()) return this.leave(null);
    if (result.problem) return this.say(result.problem);
    this.close();
    return this.grid.took(this, result.value, typed, move);
  }

  leave(move = "stay") {
    this.close();
    if (move !== null) this.grid.focus();
    return undefined;
  }

  close() {
    this.closed = true;
    window.removeEventListener("scroll", this.follow, true);
    window.removeEventListener("resize", this.follow);
    this.box.remove();
    if (this.grid.editor === this) this.grid.editor = null;
  }
}

// ---------------------------------------------------------------------------------- the view

const NUMERIC = new Set(["int", "float"]);
const KEYS = [
  ["Arrows, Page Up, Page Down, Home, End", "move; with Shift a range, with Ctrl to the edge"],
  ["Enter, F2 or just type", "edit; Enter takes, Tab goes on, Esc leaves"],
  ["Space", "tick a box; on evidence, tick its row"],
  ["Delete", "clear the cells"],
  ["Ctrl+C, Ctrl+X, Ctrl+V", "copy, cut, paste with a spreadsheet"],
  ["Ctrl+D", "fill down; while editing a range Ctrl+Enter fills it"],
  ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
  ["Ctrl+A", "select everything shown"],
  ["Ctrl+Insert, Ctrl+Delete", "add a row, delete the rows"],
  ["Up from the first row", "to the heads: Enter sorts"],
  ["Tab", "leave the table"],
];

let grids = 0;

class Grid {
  constructor(model, host) {
    this.model = model;
    this.store = storeOf(model);
    this.uid = `pmk${(grids += 1)}-${Math.random().toString(36).slice(2, 7)}`;
    this.cursor = { r: 0, c: 0 };
    this.anchor = { r: 0, c: 0 };
    this.sort = null;
    this.live = new Map(); // row number → its element
    this.spare = [];
    this.draft = null; // a row being written, not yet Python's
    this.editor = null;
    this.widths = {}; // set by hand
    this.build(host);
    this.store.views.add(this);
    this.watch();
    this.columnsChanged();
    this.refilter();
    const first = this.columns.findIndex((column) => column.editable);
    this.cursor = { r: Math.max(0, this.find(this.model.get("begin"))), c: Math.max(0, first) };
    this.anchor = { ...this.cursor };
    this.paint();
    this.tick();
  }

  get columns() { return this.store.columns; }
  get zone() { return this.model.get("zone") || "UTC"; }
  get noun() { return this.model.get("noun")?.length === 2 ? this.model.get("noun") : ["row", "rows"]; }
  get wrap() { return Boolean(this.model.get("wrap")) && this.store.rows.length <= WRAP_LIMIT; }

  // Making the page

  build(host) {
    const label = this.model.get("label") || "Table";
    const button = (name, text, title, run, extra = {}) => el("button", { type: "button", class: `pmk-button${text ? "" : " pmk-icon"}`, title, "aria-label": text ? undefined : title, onclick: run, ...extra }, icon(name), text ? el("span", { text }) : null);
    this.filter = el("input", { type: "search", class: "pmk-filter", placeholder: "Filter", "aria-label": `Filter ${label}`, spellcheck: "false", autocomplete: "off", oninput: () => { this.refilter(true); this.paint(); } });
    const only = this.model.get("only");
    this.only = only?.column ? el("input", { type: "checkbox", onchange: () => { this.refilter(true); this.paint(); } }) : null;
    this.addButton = this.model.get("add_label") ? button("add", this.model.get("add_label"), `${this.model.get("add_label")} (Ctrl+Insert)`, () => this.startRow()) : null;
    this.deleteButton = this.model.get("deletable") === false ? null : button("bin", "", `Delete ${this.noun[0]} (Ctrl+Delete)`, () => this.deleteRows());
    this.counter = el("span", { class: "pmk-count" });
    this.state = el("span", { class: "pmk-state", role: "status", "aria-live": "polite" });
    this.help = el("div", { class: "pmk-keys", id: `${this.uid}-keys`, role: "region", "aria-label": "Keys", hidden: true },
      el("dl", {}, ...KEYS.flatMap(([keys, does]) => [el("dt", { text: keys }), el("dd", { text: does })])));
    this.helpButton = button("keys", "", "Keys", () => this.toggleHelp(), { "aria-expanded": "false", "aria-controls": `${this.uid}-keys` });
    this.bar = el("div", { class: "pmk-bar" },
      this.filter,
      this.only ? el("label", { class: "pmk-only" }, this.only, el("span", { text: only.label })) : null,
      this.addButton, this.deleteButton,
      button("undo", "", "Undo (Ctrl+Z)", () => this.store.ask("undo")),
      button("redo", "", "Redo (Ctrl+Shift+Z)", () => this.store.ask("redo")),
      this.helpButton,
      el("span", { class: "pmk-words" }, this.state, this.counter));
    this.banner = el("div", { class: "pmk-banner", role: "alert", hidden: true });
    this.clashBox = el("div", { class: "pmk-clashes", role: "region", "aria-label": "Changes that met", hidden: true });
    this.head = el("div", { class: "pmk-head", role: "rowgroup" });
    this.body = el("div", { class: "pmk-body", role: "rowgroup" });
    this.blank = el("div", { class: "pmk-blank", hidden: true });
    this.scroller = el("div", { class: "pmk-scroll", role: "grid", tabindex: "0", "aria-label": label, "aria-multiselectable": "true" }, this.head, this.body);
    this.tip = el("div", { class: "pmk-tip", role: "alert", popover: "manual", hidden: true });
    this.root = el("div", { class: "pmk-grid", role: "group", "aria-label": label }, this.bar, this.help, this.banner, this.clashBox,
      el("div", { class: "pmk-frame" }, this.scroller), this.blank, this.tip);
    host.classList.add("pmk-host");
    host.append(this.root);
  }

  watch() {
    this.root.addEventListener("keydown", (event) => this.barKey(event));
    // On the document: these events go to where the text selection last was, not to what has the focus.
    this.onClipboard = (event) => this.clipboard(event);
    for (const name of ["copy", "cut", "paste"]) document.addEventListener(name, this.onClipboard, true);
    this.scroller.addEventListener("keydown", (event) => this.key(event));
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.scroller.addEventListener("focus", () => { this.root.classList.add("pmk-focus"); this.showTip(); });
    // The browser asks before it leaves the page with something that is not saved.
    this.onLeave = (event) => {
      if (this.store.waiting.size || this.editor?.changed || this.draft) event.preventDefault();
    };
    window.addEventListener("beforeunload", this.onLeave);
    this.onPageScroll = () => { if (!this.tip.hidden) this.showTip(); };
    window.addEventListener("scroll", this.onPageScroll, { capture: true, passive: true });
    this.scroller.addEventListener("blur", () => { this.root.classList.remove("pmk-focus"); this.showTip(); });
    this.scroller.addEventListener("pointerdown", (event) => this.pointerDown(event));
    this.scroller.addEventListener("dblclick", (event) => this.doubleClick(event));
    this.sizes = new ResizeObserver(() => { this.layout(); this.paint(); this.begin(); });
    this.sizes.observe(this.root);
    this.hears = {
      "change:clashes": () => this.showClashes(),
      "change:shown": () => { this.refilter(true); this.paint(); },
      "change:zone": () => { this.columnsChanged(); this.refilter(); this.paint(); },
      "change:height": () => { this.layout(); this.paint(); },
      "change:status": () => this.tell(this.model.get("status")),
    };
    for (const [name, hear] of Object.entries(this.hears)) this.model.on(name, hear);
    this.showClashes();
  }

  dispose() {
    for (const [name, hear] of Object.entries(this.hears)) this.model.off(name, hear);
    this.store.views.delete(this);
    for (const name of ["copy", "cut", "paste"]) document.removeEventListener(name, this.onClipboard, true);
    window.removeEventListener("scroll", this.onPageScroll, { capture: true });
    window.removeEventListener("beforeunload", this.onLeave);
    this.sizes.disconnect();
    this.editor?.close();
    clearTimeout(this.clock);
    clearTimeout(this.forget);
    clearTimeout(this.sliding);
    cancelAnimationFrame(this.frame);
    this.root.remove();
  }

  // Columns

  columnsChanged() {
    this.needs = this.columns.filter((column) => column.required && column.editable);
    this.head.replaceChildren(this.headRow());
    this.live.forEach((row) => row.remove());
    this.live.clear();
    this.spare = [];
    this.measured = null;
    this.layout();
  }

  headOf({ type, label }) {
    return type === "time" ? `${label.replace(/ \(UTC\)$/, "")} (${this.zone})` : label;
  }

  headRow() {
    const cells = this.columns.map((column, c) => {
      const zoned = this.headOf(column);
      const grip = el("span", { class: "pmk-grip", "aria-hidden": "true", onpointerdown: (event) => this.resize(event, c), ondblclick: (event) => { event.stopPropagation(); delete this.widths[column.name]; this.layout(); this.paint(); } });
      const classes = ["pmk-th", column.editable ? "" : "pmk-fixed", NUMERIC.has(column.type) ? "pmk-right" : "", column.type === "bool" || column.center ? "pmk-center" : ""];
      return el("div", { class: classes.join(" "), role: "columnheader", id: `${this.uid}-h-${c}`, "aria-colindex": c + 1, "aria-sort": "none", title: column.meaning || undefined, "data-c": c },
        el("span", { class: "pmk-th-text", text: zoned }), el("span", { class: "pmk-arrow", "aria-hidden": "true" }), grip);
    });
    return el("div", { class: "pmk-row pmk-head-row", role: "row", "aria-rowindex": "1" }, ...cells);
  }

  // The width each column would like, from its head and what stands in it.
  wishes() {
    if (this.measured) return this.measured;
    const pen = document.createElement("canvas").getContext("2d");
    const font = getComputedStyle(this.root);
    const sample = this.store.rows.slice(0, 150);
    this.measured = this.columns.map((column) => {
      pen.font = `600 12px ${font.fontFamily}`;
      const label = this.headOf(column);
      const headWords = column.type === "time" ? [label] : label.split(" ");
      const head = Math.max(...headWords.map((word) => pen.measureText(word).width)) + (column.center ? 26 : 32);
      pen.font = `13px ${font.fontFamily}`;
      const texts = sample.map((row) => show(column, this.store.value(row, column), this.zone));
      const measure = (text) => pen.measureText(text).width;
      const widest = Math.max(0, ...texts.map((text) => measure(text.slice(0, 120)))) + 22;
      const word = Math.max(0, ...texts.map((text) => Math.max(0, ...words(text).map((one) => measure(one.slice(0, 40)))))) + 22;
      if (column.type === "bool") return { least: Math.max(58, head), best: Math.max(58, head), grow: 0 };
      if (column.long) {
        // Wide enough that the usual text takes some five lines where it wraps.
        const usual = texts.reduce((sum, text) => sum + Math.min(text.length, 400), 0) / Math.max(1, texts.filter(Boolean).length);
        const least = Math.max(head, column.width || 0, this.wrap ? clamp(usual * 1.9, 160, 330) : clamp(widest, 150, 320));
        return { least, best: Math.max(least, Math.min(widest, 460)), grow: clamp(widest / 300, 0.3, 3) };
      }
      const chosen = column.choices?.length || column.open?.length;
      const options = chosen && !column.names ? [...(column.choices ?? []), ...(column.open ?? [])].map((text) => measure(text)) : [];
      const badge = column.tones ? 18 : 0;
      const best = clamp(Math.max(widest + badge, head, Math.min(160, Math.max(0, ...options) + 26 + badge)), 48, 230);
      const whole = !this.wrap || column.tones || column.type === "time" || column.type === "date";
      return { least: whole ? best : Math.max(head, Math.min(best, clamp(word, 60, 170))), best, grow: 0 };
    });
    return this.measured;
  }

  layout() {
    const room = this.scroller.clientWidth;
    if (!room) return;
    const wishes = this.wishes();
    const widths = wishes.map(({ least }, c) => this.widths[this.columns[c].name] ?? least);
    let left = room - widths.reduce((sum, width) => sum + width, 0);
    const free = wishes.map((wish, c) => (this.widths[this.columns[c].name] ? null : wish));
    for (const stage of this.wrap ? ["wish", "any"] : ["short", "long", "any"]) {
      if (left <= 0) break;
      const takers = free.map((wish, c) => {
        if (!wish) return 0;
        if (stage === "any") return wish.grow;
        return (stage === "wish" || (stage === "short") === (wish.grow === 0)) ? Math.max(0, wish.best - widths[c]) : 0;
      });
      const wanted = takers.reduce((sum, want) => sum + want, 0);
      if (!wanted) continue;
      const given = stage === "any" ? left : Math.min(left, wanted);
      takers.forEach((want, c) => { widths[c] += (given * want) / wanted; });
      left -= given;
    }
    const whole = widths.map((width) => Math.floor(width));
    const sum = whole.reduce((total, width) => total + width, 0);
    if (sum < room) whole[whole.length - 1] += room - sum;
    this.lefts = whole.map((_, c) => whole.slice(0, c).reduce((total, width) => total + width, 0));
    this.sizesOf = whole;
    this.root.style.setProperty("--pmk-columns", whole.map((width) => `${width}px`).join(" "));
    this.root.style.setProperty("--pmk-width", `${Math.max(sum, room)}px`);
    const pinned = this.columns[0] && whole[0] <= 190 && whole[0] < room * 0.3 && sum > room;
    this.root.classList.toggle("pmk-pin", Boolean(pinned));
    this.scroller.style.maxHeight = `${this.model.get("height") || 480}px`;
    clearTimeout(this.sliding);
    this.sliding = setTimeout(() => this.slide()); // once it is painted: to ask now would lay out the page twice
  }

  // Once there is room: the row to begin with, at the top.
  begin() {
    if (this.begun || !this.scroller.clientHeight) return;
    this.begun = true;
    if (this.cursor.r > 0 && !this.wrap) this.scroller.scrollTop = this.cursor.r * LINE;
  }

  resize(event, c) {
    event.preventDefault();
    event.stopPropagation();
    const start = event.clientX;
    const width = this.sizesOf[c];
    const grip = event.target;
    grip.setPointerCapture(event.pointerId);
    const move = (next) => { this.widths[this.columns[c].name] = Math.max(44, width + next.clientX - start); this.layout(); this.paint(); };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", () => grip.removeEventListener("pointermove", move), { once: true });
  }

  // Which rows, in which order

  refilter(top = false) {
    const { keep } = this; // rows may have moved under the old numbers
    const tokens = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = this.model.get("shown");
    const inside = Array.isArray(shown) ? new Set(shown) : null;
    const only = this.only?.checked ? this.columns[this.store.at.get(this.model.get("only").column) - 1] : null;
    const view = [];
    this.store.rows.forEach((row, i) => {
      if (inside && !inside.has(row[0])) return;
      if (only && this.store.value(row, only) !== "yes") return;
      if (tokens.length) {
        const text = this.store.text(row, this.zone);
        if (!tokens.every((token) => text.includes(token))) return;
      }
      view.push(i);
    });
    this.view = this.sorted(view);
    if (this.draft) this.view.push(-1);
    const row = keep ? this.find(keep.cursor) : -1;
    const anchor = keep ? this.find(keep.anchor) : -1;
    this.cursor.r = row >= 0 ? row : clamp(this.cursor.r, 0, Math.max(0, this.view.length - 1));
    this.anchor = top || row < 0 || anchor < 0 ? { ...this.cursor } : { ...this.anchor, r: anchor };
    if (this.editor) {
      const edited = this.find(this.editor.id);
      if (edited >= 0) this.editor.at.r = edited;
    }
    if (top) this.scroller.scrollTop = 0;
    this.words();
  }

  // The number of the row with that id; the draft has the empty one.
  find(id) {
    return this.view.indexOf(id === "" ? -1 : (this.store.place.get(id) ?? -2));
  }

  sorted(view) {
    if (!this.sort) return view;
    const column = this.columns[this.store.at.get(this.sort.name) - 1];
    if (!column) return view;
    const rows = this.store.rows;
    const values = new Map(view.map((i) => [i, this.store.value(rows[i], column)]));
    const compare = this.comparer(column);
    const sign = this.sort.down ? -1 : 1;
    return view.sort((a, b) => {
      const [x, y] = [values.get(a), values.get(b)];
      if (!x || !y) return (x ? 0 : 1) - (y ? 0 : 1) || a - b; // empty cells last, either way
      return sign * compare(x, y) || a - b;
    });
  }

  comparer(column) {
    if (NUMERIC.has(column.type)) return (x, y) => Number(x) - Number(y);
    if (column.type === "time" || column.type === "date") return (x, y) => (x < y ? -1 : x > y ? 1 : 0);
    if (column.choices?.length) return (x, y) => column.choices.indexOf(x) - column.choices.indexOf(y);
    const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
    return (x, y) => collator.compare(x, y);
  }

  sortBy(c) {
    const { name } = this.columns[c];
    const same = this.sort?.name === name;
    this.sort = !same ? { name, down: false } : this.sort.down ? null : { name, down: true };
    const order = this.sort ? (this.sort.down ? "descending" : "ascending") : "none";
    this.head.querySelectorAll(".pmk-th").forEach((head, i) => head.setAttribute("aria-sort", i === c ? order : "none"));
    this.refilter();
    this.paint();
  }

  rowAt(r) {
    const i = this.view?.[r];
    if (i === undefined) return undefined;
    return i < 0 ? this.draft : this.store.rows[i];
  }

  valueAt(r, c) {
    const row = this.rowAt(r);
    if (!row) return "";
    const column = this.columns[c];
    return row === this.draft ? (this.draft.values[column.name] ?? "") : this.store.value(row, column);
  }

  // Painting

  paint() {
    if (!this.view || !this.sizesOf) return;
    const count = this.view.length;
    const { wrap } = this;
    this.root.classList.toggle("pmk-wrap", wrap);
    this.body.style.height = wrap ? "" : `${count * LINE}px`;
    const [from, to] = wrap ? [0, count] : this.window(count);
    for (const [r, row] of this.live) {
      if (r >= from && r < to) continue;
      this.live.delete(r);
      row.remove();
      if (this.spare.length < 80) this.spare.push(row);
    }
    for (let r = from; r < to; r++) {
      let row = this.live.get(r);
      if (!row) {
        row = this.spare.pop() ?? this.newRow();
        this.live.set(r, row);
        this.body.append(row);
        row.style.transform = wrap ? "" : `translateY(${r * LINE}px)`;
      }
      this.fillRow(row, r);
    }
    this.scroller.setAttribute("aria-rowcount", count + 1);
    this.scroller.setAttribute("aria-colcount", this.columns.length);
    this.keep = { cursor: this.rowAt(this.cursor.r)?.[0], anchor: this.rowAt(this.anchor.r)?.[0] };
    this.pointAt();
    this.emptiness();
  }

  window(count) {
    const head = this.head.offsetHeight;
    const tall = Math.max(this.scroller.clientHeight - head, LINE);
    const room = Math.max(tall, Math.min(this.model.get("height") || 480, count * LINE));
    const first = Math.floor(this.scroller.scrollTop / LINE);
    return [Math.max(0, first - AHEAD), Math.min(count, first + Math.ceil(room / LINE) + AHEAD)];
  }

  newRow() {
    return el("div", { class: "pmk-row", role: "row" }, ...this.columns.map((_, c) => el("div", { class: "pmk-cell", role: "gridcell", "aria-colindex": c + 1, "data-c": c })));
  }

  fillRow(node, r) {
    const row = this.rowAt(r);
    const id = row[0];
    const box = this.box();
    const on = this.cursor.r === r && !this.onHead;
    node.dataset.r = r;
    node.setAttribute("aria-rowindex", r + 2);
    const unfinished = row === this.draft || this.needs.some((column) => !this.store.value(row, column) && this.canEdit(row, column));
    const state = `pmk-row${on ? " pmk-on" : ""}${unfinished ? " pmk-draft" : ""}${this.store.leaving.has(id) ? " pmk-leaving" : ""}`;
    if (node.className !== state) node.className = state;
    const chosenRow = r >= box.top && r <= box.bottom;
    this.columns.forEach((column, c) => {
      const cell = node.children[c];
      const active = on && this.cursor.c === c;
      const chosen = active || (chosenRow && c >= box.left && c <= box.right && !this.onHead);
      this.fillCell(cell, { row, r, c, column, active, chosen });
    });
  }

  fillCell(cell, { row, r, c, column, active, chosen }) {
    const value = row === this.draft ? (this.draft.values[column.name] ?? "") : this.store.value(row, column);
    const waits = row === this.draft ? Boolean(this.draft.key) : this.store.isWaiting(row[0], column.name);
    const refused = row === this.draft ? this.draft.problems[column.name] : this.store.problem(row[0], column.name);
    const open = this.canEdit(row, column);
    const mark = `${r}|${active ? 1 : 0}${chosen ? 1 : 0}${waits ? 1 : 0}${refused ? 1 : 0}${open ? 1 : 0}|${this.zone}|${value}`;
    if (cell.mark === mark && cell.column === column) return;
    const drawn = cell.column === column && cell.value === value && cell.zone === this.zone && cell.draft === (row === this.draft);
    Object.assign(cell, { mark, column, value, zone: this.zone, draft: row === this.draft });
    cell.id = `${this.uid}-${r}-${c}`;
    cell.className = `pmk-cell${open ? "" : " pmk-fixed"}${active ? " pmk-active" : ""}${chosen ? " pmk-chosen" : ""}${waits ? " pmk-waits" : ""}${refused ? " pmk-refused" : ""}${column.long ? " pmk-longer" : ""}${NUMERIC.has(column.type) ? " pmk-right" : ""}${column.type === "bool" || column.center ? " pmk-center" : ""}${column.choices?.length || column.open?.length ? " pmk-picks" : ""}${column.type === "time" || column.type === "date" || column.mono ? " pmk-figures" : ""}`;
    cell.setAttribute("aria-selected", chosen ? "true" : "false");
    cell.setAttribute("aria-readonly", open ? "false" : "true");
    if (refused) cell.setAttribute("aria-invalid", "true");
    else cell.removeAttribute("aria-invalid");
    if (!drawn) this.draw(cell, column, value, row);
    const box = column.type === "bool" ? cell.firstElementChild : null;
    if (box) box.setAttribute("aria-disabled", open ? "false" : "true");
  }

  draw(cell, column, value, row) {
    if (column.type === "bool") {
      const yes = value === "yes";
      cell.replaceChildren(el("span", { class: `pmk-box${yes ? " pmk-yes" : ""}`, role: "checkbox", "aria-checked": yes ? "true" : "false", "aria-label": column.label }));
      return;
    }
    const text = show(column, value, this.zone);
    if (!text && column.required && this.canEdit(row, column)) {
      cell.replaceChildren(el("span", { class: "pmk-ghost", text: column.label }));
    } else if (column.tones && text) {
      cell.replaceChildren(el("span", { class: `pmk-badge pmk-${column.tones[value] ?? "neutral"}`, text }));
    } else if (isLink(text)) {
      cell.replaceChildren(el("a", { href: text, target: "_blank", rel: "noreferrer noopener", tabindex: "-1", text: text.replace(/^https?:\/\//i, "") }));
    } else {
      cell.textContent = this.wrap ? text : text.replace(/\s*\n\s*/g, " ¶ ");
    }
    if (!this.wrap && text.length > 24) cell.title = text.slice(0, 1500);
    else cell.removeAttribute("title");
  }

  // A row of people's own words may fill cells that evidence fills elsewhere.
  canEdit(row, column) {
    if (column.editable) return !(column.only_own && !String(row?.[0] ?? "").startsWith(column.only_own));
    return false;
  }

  pointAt() {
    const id = this.onHead ? `${this.uid}-h-${this.cursor.c}` : `${this.uid}-${this.cursor.r}-${this.cursor.c}`;
    if (this.view.length || this.onHead) this.scroller.setAttribute("aria-activedescendant", id);
    else this.scroller.removeAttribute("aria-activedescendant");
    this.head.querySelectorAll(".pmk-th").forEach((head, c) => head.classList.toggle("pmk-active", Boolean(this.onHead) && c === this.cursor.c));
    this.showTip();
  }

  // The problem of the cell under the cursor, beside it.
  showTip() {
    const row = this.rowAt(this.cursor.r);
    const column = this.columns[this.cursor.c];
    const refused = row && column && !this.editor ? (row === this.draft ? this.draft.problems[column.name] : this.store.problem(row[0], column.name)) : null;
    const problem = document.activeElement === this.scroller ? (refused?.problem ?? "") : "";
    if (!problem) {
      if (!this.tip.hidden) this.tip.hidePopover?.();
      this.tip.hidden = true;
      return;
    }
    const again = refused.text ? ` Enter brings back what was typed: “${refused.text.slice(0, 80)}${refused.text.length > 80 ? "…" : ""}”.` : "";
    if (this.tip.textContent !== problem + again) this.tip.textContent = problem + again;
    if (this.tip.hidden) {
      this.tip.hidden = false;
      this.tip.showPopover?.();
    }
    const cell = this.cellRect(this.cursor);
    const { offsetWidth: wide, offsetHeight: tall } = this.tip;
    const below = Math.min(cell.bottom, this.scroller.getBoundingClientRect().bottom) + 4;
    this.tip.style.left = `${clamp(cell.left, 8, Math.max(8, window.innerWidth - wide - 8))}px`;
    this.tip.style.top = `${below + tall < window.innerHeight ? below : Math.max(8, cell.top - tall - 4)}px`;
  }

  cellRect({ r, c }) {
    const cell = this.live.get(r)?.children[c];
    if (cell) return cell.getBoundingClientRect();
    const box = this.scroller.getBoundingClientRect();
    return new DOMRect(box.left + 8, box.top + 40, 200, LINE);
  }

  scrolled() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.wrap) this.paint();
      else this.showTip();
      this.editor?.place();
      this.slide();
    });
  }

  // Whether there are columns to the left and to the right of what is seen.
  slide() {
    const { scrollLeft, scrollWidth, clientWidth, offsetWidth } = this.scroller;
    this.root.classList.toggle("pmk-slid", scrollLeft > 1);
    this.root.classList.toggle("pmk-beyond", scrollLeft + clientWidth < scrollWidth - 6);
    this.root.style.setProperty("--pmk-track", `${offsetWidth - clientWidth}px`);
  }

  emptiness() {
    const none = !this.view.length;
    this.blank.hidden = !none;
    if (!none) return;
    const narrowed = this.store.rows.length > 0;
    this.blank.textContent = narrowed ? "Nothing here matches. Clear the filter to see everything." : this.model.get("empty") || `No ${this.noun[0]} yet.`;
  }

  // Words at the side

  words() {
    const all = this.store.rows.length;
    const seen = this.view.filter((i) => i >= 0).length;
    this.counter.textContent = seen === all ? plural(all, this.noun) : `${grouped(seen)} of ${plural(all, this.noun)}`;
  }

  tell(text, tone = "") {
    this.note = text ? { text, tone } : null;
    clearTimeout(this.forget);
    if (text) this.forget = setTimeout(() => { this.note = null; this.tick(); }, tone === "bad" ? 12000 : 5000);
    this.tick();
  }

  // What the status line says: waiting before anything else.
  tick() {
    clearTimeout(this.clock);
    const { dead, waiting } = this.store;
    this.banner.hidden = !dead;
    const stopped = this.store.lost ? GONE : STOPPED;
    if (dead && this.banner.textContent !== stopped) this.banner.textContent = stopped;
    this.root.classList.toggle("pmk-dead", dead);
    let text = dead ? "" : (this.note?.text ?? "");
    let tone = this.note?.tone ?? "";
    if (waiting.size) {
      const since = Math.min(...[...waiting.values()].map((entry) => entry.since));
      const long = Date.now() - since > SLOW;
      text = long ? "saving… the kernel is busy, the change waits" : "saving…";
      tone = long ? "slow" : "busy";
      if (!long) this.clock = setTimeout(() => this.tick(), SLOW - (Date.now() - since) + 30);
    }
    if (this.state.textContent !== text) this.state.textContent = text;
    this.state.title = text;
    this.state.className = `pmk-state${tone ? ` pmk-state-${tone}` : ""}`;
    this.root.classList.toggle("pmk-long-note", tone === "bad" && text.length > 60);
  }

  showClashes() {
    const items = this.model.get("clashes") ?? [];
    this.clashBox.hidden = !items.length;
    if (!items.length) return this.clashBox.replaceChildren();
    return this.clashBox.replaceChildren(
      el("div", { class: "pmk-clash-head", text: "Somebody else changed what you changed, before you could see it. Nothing is lost; choose what stands." }),
      el("ul", {}, ...items.slice(0, 50).map((item) => this.clashLine(item))));
  }

  clashLine(item) {
    const column = this.columns.find((one) => one.name === item.column);
    const text = (value) => (value ? `“${column ? show(column, value, this.zone) : value}”` : "empty");
    const deleted = item.mine === "deleted";
    const [happened, mine, theirs] = item.column
      ? [` yours ${text(item.mine)}, theirs ${text(item.theirs)}, before ${text(item.base)}`, "Keep yours", "Take theirs"]
      : deleted ? [" you deleted it while somebody else wrote in it; it is still there", "Delete it", "Keep it"]
        : [" somebody else deleted it while you wrote in it; it is still there", "Keep it", "Delete it"];
    const button = (words, take) => el("button", { type: "button", class: "pmk-button", text: words, onclick: () => this.store.settle(item, take) });
    const name = [this.nameOf(item.row_id), column?.label ?? item.column].filter(Boolean).join(" · ");
    return el("li", {}, el("span", { class: "pmk-clash-text" }, el("strong", { text: name }), happened), button(mine, "mine"), button(theirs, "theirs"));
  }

  // How people call a row: an event by its time and words, any other by its id.
  nameOf(id) {
    const row = this.store.row(id);
    const cell = (name) => (row && this.store.at.has(name) ? row[this.store.at.get(name)] : "");
    const said = (cell("summary") || cell("text")).replace(/\s+/g, " ");
    if (!this.store.at.has("text") || !said) return id;
    return `${showTime(cell("time"), this.zone).slice(11)} ${said.slice(0, 60)}${said.length > 60 ? "…" : ""}`;
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.helpButton.setAttribute("aria-expanded", this.help.hidden ? "false" : "true");
  }

  // News from the store

  hear(news) {
    if (news.columns) this.columnsChanged();
    if (news.all) {
      this.measured = news.rows || news.columns ? null : this.measured;
      if (news.rows || news.columns) this.layout();
      this.refilter();
    }
    if (news.savedKey && this.draft?.key === news.savedKey) this.draftSaved(news.newIds);
    else if (news.savedOp === "add" && news.newIds?.length) this.goTo(news.newIds[0], { quiet: true });
    if (news.failed && this.draft?.key === news.failed) this.draftRefused(news.note);
    if (news.failedCells?.length) this.goToProblem(news.failedCells);
    if (news.note) this.tell(news.note, news.tone);
    else if (news.savedKey && !this.store.waiting.size) this.tell("saved", "good");
    if (news.goto) this.goTo(news.goto.id, news.goto);
    this.paint();
    this.tick();
  }

  goTo(id, { column = null, quiet = true } = {}) {
    let r = this.find(id);
    if (r < 0 && this.store.place.has(id) && (this.filter.value || this.only?.checked)) {
      this.filter.value = "";
      if (this.only) this.only.checked = false;
      this.refilter();
      r = this.find(id);
    }
    if (r < 0) return;
    const c = column ? Math.max(0, this.columns.findIndex((one) => one.name === column)) : this.cursor.c;
    this.move(r, c, false, quiet);
  }

  goToProblem(cells) {
    const wrong = cells.find(([id, name]) => this.store.problem(id, name)?.problem);
    if (wrong && !this.editor) this.goTo(wrong[0], { column: wrong[1] });
  }

  // Where the cursor is

  box() {
    const { cursor: a, anchor: b } = this;
    return { top: Math.min(a.r, b.r), bottom: Math.max(a.r, b.r), left: Math.min(a.c, b.c), right: Math.max(a.c, b.c) };
  }

  manySelected() {
    return this.cursor.r !== this.anchor.r || this.cursor.c !== this.anchor.c;
  }

  move(r, c, extend = false, quiet = false) {
    this.onHead = false;
    this.cursor = { r: clamp(r, 0, Math.max(0, this.view.length - 1)), c: clamp(c, 0, this.columns.length - 1) };
    if (!extend) this.anchor = { ...this.cursor };
    this.reveal();
    this.paint();
    const row = this.rowAt(this.cursor.r);
    if (quiet) this.told = null;
    else if (row && row !== this.draft && (row[0] !== this.told || extend)) this.report();
  }

  // Tells Python which row is looked at; the last word only, when the cursor rests.
  report() {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      const row = this.rowAt(this.cursor.r);
      if (!row || row === this.draft || this.store.dead) return;
      [this.told] = row; // a filter moves the cursor without telling, so the row before is no measure
      const { top, bottom } = this.box();
      const ids = [];
      for (let r = top; r <= Math.min(bottom, top + 4999); r++) if (this.view[r] >= 0) ids.push(this.rowAt(r)[0]);
      try { this.model.send({ op: "select", id: row[0], ids }); } catch { this.store.probe(); }
    }, 60);
  }

  reveal() {
    const { r, c } = this.cursor;
    const { scroller } = this;
    const head = this.head.offsetHeight;
    if (this.wrap) {
      const cell = this.live.get(r);
      if (cell) this.revealSpan(cell.offsetTop + head, cell.offsetHeight, head);
    } else this.revealSpan(r * LINE + head, LINE, head);
    const pinned = this.root.classList.contains("pmk-pin") ? this.sizesOf[0] : 0;
    const left = this.lefts[c];
    if (c > 0 || !pinned) {
      if (left - pinned < scroller.scrollLeft) scroller.scrollLeft = left - pinned;
      else if (left + this.sizesOf[c] > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = Math.min(left - pinned, left + this.sizesOf[c] - scroller.clientWidth);
    }
  }

  revealSpan(top, tall, head) {
    const { scroller } = this;
    if (top < scroller.scrollTop + head) scroller.scrollTop = top - head;
    else if (top + tall > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = Math.min(top - head, top + tall - scroller.clientHeight);
  }

  focus() {
    this.scroller.focus({ preventScroll: true });
  }

  // The keyboard

  barKey(event) {
    // JupyterLab's own keys (`d d` deletes the cell) must not hear what is typed here.
    const strong = event.ctrlKey || event.metaKey || event.altKey;
    if (!strong || /^[acvxyz]$/i.test(event.key)) event.stopPropagation();
    if (event.target === this.filter && !strong) {
      if (event.key === "Escape" && this.filter.value) { this.filter.value = ""; this.refilter(true); this.paint(); }
      if (event.key === "Enter" || event.key === "ArrowDown") { event.preventDefault(); this.focus(); this.move(0, this.cursor.c); }
    }
  }

  key(event) {
    if (event.target !== this.scroller || event.isComposing) return;
    if (this.pressed(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  // True when the key was meant for the table.
  pressed(event) {
    const { key, shiftKey } = event;
    const strong = event.ctrlKey || event.metaKey;
    if (event.altKey) return false;
    if (strong) return this.strongKey(key, shiftKey);
    const { r, c } = this.cursor;
    const page = Math.max(1, Math.floor((this.scroller.clientHeight - this.head.offsetHeight) / (this.wrap ? 80 : LINE)) - 1);
    const moves = { ArrowDown: [r + 1, c], ArrowUp: [r - 1, c], ArrowRight: [r, c + 1], ArrowLeft: [r, c - 1], PageDown: [r + page, c], PageUp: [r - page, c], Home: [r, 0], End: [r, this.columns.length - 1] };
    if (this.onHead) return this.headKey(key, moves);
    if (key === "ArrowUp" && r === 0 && !shiftKey) { this.onHead = true; this.paint(); return true; }
    if (moves[key]) { this.move(...moves[key], shiftKey); return true; }
    if (!this.view.length) return key.length === 1;
    if (key === "Enter" || key === "F2") { this.edit(); return true; }
    if (key === " ") { this.space(); return true; }
    if (key === "Delete" || key === "Backspace") { this.clear(); return true; }
    if (key === "Escape") { this.escape(); return true; }
    if (key.length === 1) { this.edit(key); return true; }
    return false;
  }

  strongKey(key, shiftKey) {
    const last = this.view.length - 1;
    const { r, c } = this.cursor;
    const does = {
      a: () => { this.anchor = { r: 0, c: 0 }; this.cursor = { r: Math.max(0, last), c: this.columns.length - 1 }; this.paint(); this.report(); },
      z: () => this.store.ask(shiftKey ? "redo" : "undo"),
      y: () => this.store.ask("redo"),
      d: () => this.fillDown(),
      home: () => this.move(0, 0, shiftKey),
      end: () => this.move(last, this.columns.length - 1, shiftKey),
      arrowdown: () => this.move(last, c, shiftKey),
      arrowup: () => this.move(0, c, shiftKey),
      arrowleft: () => this.move(r, 0, shiftKey),
      arrowright: () => this.move(r, this.columns.length - 1, shiftKey),
      insert: () => this.startRow(),
      delete: () => this.deleteRows(),
      backspace: () => this.deleteRows(),
    }[key.toLowerCase()];
    if (!does) return false; // Ctrl+C, X, V come as clipboard events; Ctrl+S is JupyterLab's
    does();
    return true;
  }

  headKey(key, moves) {
    if (key === "ArrowDown" || key === "Escape") this.move(0, this.cursor.c);
    else if (key === "Enter" || key === " ") this.sortBy(this.cursor.c);
    else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(key)) {
      this.cursor.c = clamp(moves[key][1], 0, this.columns.length - 1);
      this.reveal();
      this.paint();
    } else return key.length === 1;
    return true;
  }

  escape() {
    if (this.draft && this.rowAt(this.cursor.r) === this.draft && !this.draft.key) return this.dropDraft();
    this.anchor = { ...this.cursor };
    return this.paint();
  }

  space() {
    const column = this.columns[this.cursor.c];
    const row = this.rowAt(this.cursor.r);
    const box = column.type === "bool" && this.canEdit(row, column) ? this.cursor.c : this.canEdit(row, column) ? -1 : this.columns.findIndex((one) => one.type === "bool" && one.editable);
    if (box < 0) return this.edit();
    const value = this.valueAt(this.cursor.r, box) === "yes" ? "no" : "yes";
    const { top, bottom } = this.box();
    const edits = [];
    for (let r = top; r <= bottom; r++) edits.push([r, box, value]);
    return this.change(edits);
  }

  clear() {
    const { top, bottom, left, right } = this.box();
    const edits = [];
    let needed = null;
    for (let r = top; r <= bottom; r++) {
      for (let c = left; c <= right; c++) {
        const column = this.columns[c];
        if (!this.canEdit(this.rowAt(r), column)) continue;
        if (column.required && this.rowAt(r) !== this.draft) needed ??= { r, c, column };
        else edits.push([r, c, column.type === "bool" ? "no" : ""]);
      }
    }
    if (needed && !edits.length) return this.complain(needed, `${needed.column.label} cannot be empty. Delete the row with Ctrl+Delete.`);
    return this.change(edits);
  }

  fillDown() {
    const { top, bottom, left, right } = this.box();
    const from = top === bottom ? top - 1 : top;
    if (from < 0) return;
    const edits = [];
    for (let r = from + 1; r <= bottom; r++) for (let c = left; c <= right; c++) if (this.canEdit(this.rowAt(r), this.columns[c])) edits.push([r, c, this.valueAt(from, c)]);
    this.change(edits);
  }

  // The pointer

  hit(event) {
    const cell = event.target.closest?.(".pmk-cell");
    const row = cell?.closest(".pmk-row");
    return cell && row && this.body.contains(row) ? { r: Number(row.dataset.r), c: Number(cell.dataset.c) } : null;
  }

  pointerDown(event) {
    if (event.button !== 0 || event.target.closest(".pmk-grip")) return;
    const head = event.target.closest(".pmk-th");
    if (head) { this.sortBy(Number(head.dataset.c)); return; }
    const at = this.hit(event);
    if (!at || event.target.closest("a")) return;
    event.preventDefault();
    this.editor?.take(null);
    if (this.editor) return; // its text has a problem
    this.focus();
    const again = at.r === this.cursor.r && at.c === this.cursor.c && event.pointerType === "touch";
    this.move(at.r, at.c, event.shiftKey);
    const column = this.columns[at.c];
    if (event.target.closest(".pmk-box") && this.canEdit(this.rowAt(at.r), column)) { this.space(); return; }
    if (again) { this.edit(); return; }
    this.drag(event);
  }

  drag(event) {
    if (event.pointerType === "touch") return;
    const move = (next) => {
      const under = document.elementFromPoint(next.clientX, next.clientY);
      const at = under && this.scroller.contains(under) ? this.hit({ target: under }) : null;
      if (at && (at.r !== this.cursor.r || at.c !== this.cursor.c)) this.move(at.r, at.c, true);
    };
    const up = () => { window.removeEventListener("pointermove", move); window.removeEventListener("pointerup", up); };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
  }

  doubleClick(event) {
    const at = this.hit(event);
    if (at && this.columns[at.c].type !== "bool") this.edit();
  }

  // Editing

  edit(typed = null) {
    const { r, c } = this.cursor;
    const row = this.rowAt(r);
    const column = this.columns[c];
    if (!row || this.editor) return;
    this.reveal();
    this.paint();
    const value = this.valueAt(r, c);
    if (!this.canEdit(row, column)) {
      if (typed === null) this.openEditor({ text: show(column, value, this.zone), readOnly: true });
      else this.tell(column.why || `${column.label} cannot be changed here.`);
      return;
    }
    if (column.type === "bool") {
      if (typed === null) this.space();
      else if (/^[yn]$/i.test(typed)) this.change([[r, c, typed.toLowerCase() === "y" ? "yes" : "no"]]);
      return;
    }
    const refused = row === this.draft ? this.draft.problems[column.name] : this.store.problem(row[0], column.name);
    const text = typed ?? (refused?.text || editable(column, value, this.zone));
    this.openEditor({ text, before: value, problem: typed === null ? refused?.problem : "", replace: typed !== null });
  }

  openEditor(options) {
    const at = { ...this.cursor };
    const row = this.rowAt(at.r);
    this.editor = new Editor(this, at, this.columns[at.c], { before: "", problem: "", replace: false, ...options });
    this.editor.id = row[0];
    this.showTip();
  }

  // The editor's text was taken. Rows may have moved or gone meanwhile; the id tells which one was meant.
  took({ at, column, id, before }, value, typed, move) {
    if (this.rowAt(at.r)?.[0] !== id) {
      if (this.store.row(id)) this.store.edit([[id, column.name, value]], typed, before);
      else if (value !== before) this.tell(`Not saved: somebody else deleted ${id}. You had written “${typed}”.`, "bad");
      if (move !== null) this.focus();
      this.paint();
      return;
    }
    if (move === "fill") {
      const { top, bottom, left, right } = this.box();
      const edits = [];
      for (let r = top; r <= bottom; r++) for (let c = left; c <= right; c++) if (this.columns[c] === column) edits.push([r, c, value]);
      this.change(edits, typed);
    } else this.change([[at.r, at.c, value]], typed, before);
    if (move !== null) this.focus();
    const row = this.rowAt(at.r);
    if (row && this.store.problem(row[0], column.name)) { this.paint(); return; } // refused at once
    const draft = row === this.draft;
    const step = { down: draft ? [0, 1] : [1, 0], up: [-1, 0], right: [0, 1], left: [0, -1] }[move];
    if (step) this.move(at.r + step[0], at.c + step[1]);
    else this.paint();
  }

  // edits: [row number, column number, value]
  change(edits, typed = null, before = null) {
    const sent = [];
    for (const [r, c, value] of edits) {
      const row = this.rowAt(r);
      const column = this.columns[c];
      if (!row || !this.canEdit(row, column)) continue;
      if (row === this.draft) this.draftCell(column, value);
      else sent.push([row[0], column.name, value]);
    }
    if (sent.length) this.store.edit(sent, typed, before);
    this.offerDraft();
    this.paint();
    this.tick();
  }

  complain({ r, c, column }, problem, text = "") {
    const row = this.rowAt(r);
    if (row === this.draft) this.draft.problems[column.name] = { text, problem };
    else this.store.refused.set(this.store.cellKey(row[0], column.name), { text, problem });
    this.move(r, c);
    this.tell(problem, "bad");
  }

  // New rows: written here until what a row must have is there, then handed to Python

  startRow() {
    if (!this.model.get("add_label")) return;
    if (this.model.get("add_mode") === "ask") { this.store.add({}); return; }
    if (!this.draft) {
      this.draft = Object.assign([""], { values: {}, problems: {}, key: null });
      if (this.filter.value || this.only?.checked) { this.filter.value = ""; if (this.only) this.only.checked = false; }
      this.refilter();
    }
    this.focus();
    const needed = this.columns.findIndex((column) => column.editable && column.required && !this.draft.values[column.name]);
    this.paint();
    this.move(this.view.length - 1, needed >= 0 ? needed : Math.max(0, this.columns.findIndex((column) => column.editable)));
    const column = this.columns[this.cursor.c];
    if (column.type !== "bool") this.edit();
  }

  draftCell(column, value) {
    this.draft.values[column.name] = value;
    delete this.draft.problems[column.name];
  }

  offerDraft() {
    const { draft } = this;
    if (!draft || draft.key) return;
    const lacking = this.columns.filter((column) => column.editable && column.required && !draft.values[column.name]);
    const empty = !Object.values(draft.values).some(Boolean);
    if (empty) return;
    if (lacking.length) { this.tell(`Still needed: ${lacking.map((column) => column.label).join(", ")}`); return; }
    draft.sent = { ...draft.values };
    draft.key = this.store.add(Object.fromEntries(Object.entries(draft.values).filter(([, value]) => value)));
    if (!draft.key) this.draftRefused(GONE);
  }

  draftSaved(ids) {
    const { values, sent } = this.draft;
    const { c } = this.cursor;
    const here = this.rowAt(this.cursor.r) === this.draft;
    this.draft = null;
    this.refilter();
    const [id] = ids;
    if (!id) return;
    const later = Object.entries(values).filter(([name, value]) => value !== (sent[name] ?? "")).map(([name, value]) => [id, name, value]);
    if (later.length) this.store.edit(later);
    if (here) {
      const r = this.find(id);
      if (r >= 0) { this.cursor = { r, c }; this.anchor = { r, c }; this.paint(); this.reveal(); this.report(); }
    }
    if (this.editor) { this.editor.at.r = this.cursor.r; this.editor.id = id; }
  }

  draftRefused(problem) {
    this.draft.key = null;
    const first = this.columns.find((column) => column.editable && this.draft.values[column.name]);
    if (first) this.draft.problems[first.name] = { text: this.draft.values[first.name], problem };
    this.paint();
  }

  dropDraft() {
    this.draft = null;
    this.refilter();
    this.paint();
  }

  deleteRows() {
    if (this.deleteButton === null) return;
    const { top, bottom } = this.box();
    const ids = [];
    for (let r = top; r <= bottom; r++) {
      const row = this.rowAt(r);
      if (row === this.draft) this.draft.going = true;
      else if (row) ids.push(row[0]);
    }
    if (this.draft?.going) this.dropDraft();
    if (ids.length) this.store.delete(ids);
    this.anchor = { ...this.cursor };
    this.focus();
    this.paint();
  }

  // The clipboard

  clipboard(event) {
    if (document.activeElement !== this.scroller) {
      if (this.root.contains(document.activeElement)) event.stopPropagation(); // a field: the browser does it
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (event.type === "paste") { this.paste(event.clipboardData.getData("text/plain")); return; }
    const { top, bottom, left, right } = this.box();
    const block = [];
    for (let r = top; r <= bottom; r++) {
      const cells = [];
      for (let c = left; c <= right; c++) cells.push(this.valueAt(r, c));
      block.push(cells);
    }
    event.clipboardData.setData("text/plain", toTsv(block));
    const count = block.length * (block[0]?.length ?? 0);
    if (event.type === "cut") this.clear();
    else this.tell(`${plural(count, ["cell", "cells"])} copied`);
  }

  paste(text) {
    let block = fromTsv(text);
    const single = block.length === 1 && block[0].length === 1;
    const { top, bottom, left, right } = this.box();
    if (single && this.columns[this.cursor.c].long === false && block[0][0].includes("\n")) block = [[block[0][0].replace(/\s+/g, " ")]];
    const [tall, wide] = this.manySelected() && (bottom - top + 1) % block.length === 0 && (right - left + 1) % block[0].length === 0 ? [bottom - top + 1, right - left + 1] : [block.length, Math.max(...block.map((cells) => cells.length))];
    const start = this.manySelected() ? { r: top, c: left } : this.cursor;
    const plan = { edits: [], added: [], wrong: [], skipped: new Set(), cells: [] };
    for (let i = 0; i < tall; i++) {
      const cells = block[i % block.length];
      const r = start.r + i;
      const row = this.view.length ? this.rowAt(r) : undefined;
      const fresh = {};
      for (let j = 0; j < wide; j++) {
        const column = this.columns[start.c + j];
        const typed = cells[j % (single ? 1 : Math.max(cells.length, wide))];
        if (!column || typed === undefined) continue;
        if (!this.canEdit(row ?? [""], column)) { plan.skipped.add(column.label); continue; }
        const result = read(column, typed, { zone: this.zone, before: row ? this.valueAt(r, start.c + j) : "" });
        if (result.problem) plan.wrong.push({ r, c: start.c + j, column, problem: result.problem, text: typed, row });
        else if (row) plan.edits.push([r, start.c + j, result.value]);
        else fresh[column.name] = result.value;
      }
      if (!row && Object.values(fresh).some(Boolean)) plan.added.push(fresh);
    }
    this.pasted(plan, { start, tall, wide });
  }

  // All of a block or nothing of it.
  pasted({ edits, added, wrong, skipped }, { start, tall, wide }) {
    if (wrong.length) {
      const [first] = wrong;
      const name = first.row ? first.row[0] || "new row" : `line ${first.r - start.r + 1} of the block`;
      const more = wrong.length > 1 ? ` ${wrong.length - 1} more like it.` : "";
      const problem = `Nothing was pasted: ${name}, ${first.column.label}, found “${first.text.slice(0, 60)}”. ${first.problem}${more}`;
      if (first.row) this.complain(first, problem, first.text);
      else this.tell(problem, "bad");
      return;
    }
    if (added.length && !this.model.get("add_label")) { this.tell("Nothing was pasted: the block has more lines than the table, and rows cannot be added here.", "bad"); return; }
    const lacking = added.map((values) => this.columns.find((column) => column.editable && column.required && !values[column.name])).find(Boolean);
    if (lacking) { this.tell(`Nothing was pasted: a new row needs ${lacking.label}. Start at the first column.`, "bad"); return; }
    if (edits.length) {
      this.cursor = { r: Math.min(start.r + tall, this.view.length) - 1, c: Math.min(start.c + wide, this.columns.length) - 1 };
      this.anchor = { ...start };
      this.change(edits);
    }
    if (added.length) this.store.add(added);
    if (skipped.size) this.tell(`${[...skipped].join(", ")} cannot be changed and stayed as before.`);
    else if (!edits.length && !added.length) this.tell("Nothing to paste here.");
    this.paint();
    this.tick();
  }
}

export const parts = { read, show, toTsv, fromTsv, Store };

export default {
  initialize({ model }) {
    storeOf(model);
    return () => stores.delete(model.get("uid") ?? "");
  },
  render({ model, el: host }) {
    const grid = new Grid(model, host);
    host.pmkGrid = grid;
    return () => grid.dispose();
  },
};
