// What the parts of the timeline builder share: times in a zone, sending, keys, small pieces of the page.
// It is put in front of each part's own script, so that nothing is loaded from elsewhere.

// One browser page is one viewer: what somebody selects does not move the panes of somebody else.
const VIEWER = (globalThis.__pmkitViewer ??= Math.random().toString(36).slice(2) + Date.now().toString(36));

const NOT_SENT = "Not saved: the kernel was restarted. Run this cell again.";

// Elements; strings become text, never HTML.
function make(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Hands a message to Python. A kernel that was restarted does not know this widget any more.
function send(model, message, refused) {
  try {
    model.send({ ...message, viewer: VIEWER });
    return true;
  } catch {
    refused?.(NOT_SENT);
    return false;
  }
}

// JupyterLab deletes a cell on `d d` and runs it on Shift+Enter, wherever in its output the focus is.
// Combinations with Ctrl or Cmd, as Ctrl+S, go on to it.
function keepKeys(node) {
  node.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });
}

// `draw`, but never while a pointer is pressed in `node`: a button that is drawn anew under it is not clicked.
// Returns the drawing and what ends it.
function calmly(node, draw) {
  let pressed = false, waits = false;
  const press = () => (pressed = true);
  const release = () => setTimeout(() => { // after the click
    pressed = false;
    if (waits) go();
  });
  const go = () => {
    waits = pressed;
    if (!pressed) draw();
  };
  node.addEventListener("pointerdown", press, true);
  const ends = ["pointerup", "pointercancel"];
  ends.forEach((name) => window.addEventListener(name, release, true));
  return [go, () => ends.forEach((name) => window.removeEventListener(name, release, true))];
}

// `act` when the page has nothing else to do.
function whenIdle(act) {
  if (globalThis.requestIdleCallback) requestIdleCallback(act, { timeout: 2000 });
  else setTimeout(act, 300);
}

// The browser asks before it leaves the page while `waits()`. Returns what ends that.
function askToLeave(waits) {
  const ask = (event) => waits() && event.preventDefault();
  window.addEventListener("beforeunload", ask);
  return () => window.removeEventListener("beforeunload", ask);
}

// Only an address of the web becomes a link.
function webAddress(text) {
  try {
    const address = new URL(text);
    return ["http:", "https:"].includes(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}

function plural(count, one, many = one + "s") {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

// 12,345. The browser's own way to say it takes 30 ms to be ready, while the page waits to be painted.
function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

function lasting(ms) {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (seconds < 600) return `${Math.floor(seconds / 60)} min` + (seconds % 60 ? ` ${seconds % 60} s` : "");
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h` + (minutes % 60 ? ` ${minutes % 60} min` : "");
  return `${Math.round(hours / 24)} days`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const formats = new Map(); // by zone, because one takes a moment to be made; null of a zone that is none

function formatOf(zone) {
  if (!formats.has(zone)) {
    const style = {
      hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit",
    };
    try {
      formats.set(zone, new Intl.DateTimeFormat("en-GB", { ...style, timeZone: zone }));
    } catch {
      formats.set(zone, null);
    }
  }
  return formats.get(zone);
}

// The same moment in UTC, the team's zone or the viewer's; only for the eye.
class Clock {
  constructor(zone) {
    this.format = zone === "UTC" ? null : formatOf(zone);
    this.zone = this.format ? zone : "UTC";
    this.name = this.zone === "UTC" ? "UTC" : this.zone.split("/").pop().replaceAll("_", " ");
  }
  static of(model) {
    const choice = model.get("zone");
    if (choice === "team") return new Clock(model.get("team_zone") || "UTC");
    if (choice === "viewer") return new Clock(Intl.DateTimeFormat().resolvedOptions().timeZone);
    return new Clock("UTC");
  }
  // The wall clock, as if it were UTC: hours and days can be counted in it.
  wall(ms) {
    if (this.zone === "UTC") return ms;
    const part = Object.fromEntries(this.format.formatToParts(ms).map((p) => [p.type, +p.value]));
    const whole = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
    return whole + (((ms % 1000) + 1000) % 1000);
  }
  offset(ms) {
    return this.wall(ms) - ms;
  }
  iso(ms) {
    return new Date(this.wall(ms)).toISOString();
  }
  // The offset, as +01:00, of a time that these clocks show twice because they are set back; else nothing.
  twice(ms) {
    if (this.zone === "UTC") return "";
    const wall = this.wall(ms), here = wall - ms;
    const around = [-24, 24].map((hours) => this.offset(ms + hours * 3_600_000));
    if (!around.some((other) => other !== here && this.wall(wall - other) === wall)) return "";
    const minutes = Math.abs(here) / 60_000, two = (number) => String(Math.floor(number)).padStart(2, "0");
    return `${here < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
  }
  minute(ms) {
    return this.iso(ms).slice(11, 16) + this.twice(ms);
  }
  second(ms) {
    return this.iso(ms).slice(11, 19) + this.twice(ms);
  }
  date(ms) {
    return this.iso(ms).slice(0, 10);
  }
  day(ms) {
    const wall = new Date(this.wall(ms));
    return `${wall.getUTCDate()} ${MONTHS[wall.getUTCMonth()]}`;
  }
  full(ms) {
    return `${this.date(ms)} ${this.second(ms)} ${this.name}`;
  }
}

// Marker of a source, the shapes of the report's charts.
function tracePath(marker, x, y, r) {
  const path = new Path2D();
  const polygon = (points) => {
    points.forEach(([px, py], n) => (n ? path.lineTo(x + px * r, y + py * r) : path.moveTo(x + px * r, y + py * r)));
    path.closePath();
  };
  const shape = marker.replace("-open", "");
  if (shape === "square") polygon([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]);
  else if (shape === "diamond") polygon([[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]]);
  else if (shape === "triangle-up") polygon([[0, -1.15], [1.1, 0.85], [-1.1, 0.85]]);
  else if (shape === "hexagon") polygon([0, 1, 2, 3, 4, 5].map((n) => [Math.cos((n * Math.PI) / 3) * 1.1, Math.sin((n * Math.PI) / 3) * 1.1]));
  else if (shape === "star-diamond") {
    polygon([[0, -1.4], [0.5, -0.5], [1.4, 0], [0.5, 0.5], [0, 1.4], [-0.5, 0.5], [-1.4, 0], [-0.5, -0.5]]);
  } else if (shape === "triangle-down") polygon([[0, 1.15], [1.1, -0.85], [-1.1, -0.85]]);
  else if (shape === "cross") {
    polygon([[-0.4, -1.2], [0.4, -1.2], [0.4, -0.4], [1.2, -0.4], [1.2, 0.4], [0.4, 0.4], [0.4, 1.2], [-0.4, 1.2], [-0.4, 0.4], [-1.2, 0.4], [-1.2, -0.4], [-0.4, -0.4]]);
  } else if (shape === "star") {
    polygon([...Array(10).keys()].map((n) => [Math.sin((n * Math.PI) / 5), -Math.cos((n * Math.PI) / 5)].map((part) => part * (n % 2 ? 0.55 : 1.4))));
  } else path.arc(x, y, r, 0, 2 * Math.PI);
  return path;
}

// Calls `paint` when the theme changes, and says of a node whether its letters are light.
function followTheme(node, paint) {
  const see = () => {
    const [r, g, b] = (getComputedStyle(node).color.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
    node.classList.toggle("pmkit-dark", 0.299 * r + 0.587 * g + 0.114 * b > 128);
  };
  const look = () => (see(), paint?.());
  const watch = new MutationObserver(() => setTimeout(look, 60)); // JupyterLab swaps the stylesheet afterwards
  watch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"] });
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", look);
  requestAnimationFrame(see); // the first painting comes after it, with the first size
  return () => {
    watch.disconnect();
    media.removeEventListener("change", look);
  };
}
