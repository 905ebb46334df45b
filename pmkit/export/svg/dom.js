// A small SVG DOM: just enough of a browser for plotly.js to draw a figure and hand it back.
//
// The file is one script. It is evaluated before plotly.js, in a JavaScript engine that has
// the language but no browser, and leaves two things behind: the browser's globals, as far
// as plotly.js touches them, and `pmkitSvg`, the three calls the Python side makes.
//
//   1 clock and chance   3 style       5 transforms, paths   7 boxes    9 document and window
//   2 tree               4 selectors   6 text metrics        8 canvas  10 writing SVG   11 calls
//
// README.md beside this file says which parts exist and how to add one.

(function (window) {
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const HTML = "http://www.w3.org/1999/xhtml";
const XLINK = "http://www.w3.org/1999/xlink";
const XML = "http://www.w3.org/XML/1998/namespace";

// ---------------------------------------------------------------------------------------
// 1 Clock and chance: the same figure must give the same bytes, on every day and machine.

const EPOCH = Date.UTC(2000, 0, 1);
const RealDate = Date;
let now = EPOCH;
let seed = 1;
let timers = [];
let timerCount = 0;

class FixedDate extends RealDate {
  constructor(...parts) {
    if (parts.length) super(...parts);
    else super(now);
  }
  static now() {
    return now;
  }
  getTimezoneOffset() {
    return 0;
  }
}

function random() {
  // mulberry32: plotly.js draws its element ids from Math.random.
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
}

function setTimer(callback, delay = 0, ...args) {
  timerCount += 1;
  timers.push({ id: timerCount, due: now + Number(delay || 0), run: () => callback(...args) });
  return timerCount;
}

function clearTimer(id) {
  timers = timers.filter((timer) => timer.id !== id);
}

// Runs the next timer and moves the clock to it; false when none is left.
function runTimer() {
  if (!timers.length) return false;
  const next = timers.reduce((first, timer) => (timer.due < first.due ? timer : first));
  clearTimer(next.id);
  now = Math.max(now, next.due);
  next.run();
  return true;
}

function restartClock() {
  now = EPOCH;
  seed = 1;
  timers = [];
}

// ---------------------------------------------------------------------------------------
// 2 Tree: nodes are doubly linked, so that d3's walks over thousands of siblings stay linear.

class EventTarget {
  addEventListener() {}
  removeEventListener() {}
  dispatchEvent() {
    return true;
  }
}

class Node extends EventTarget {
  constructor(type, name, owner) {
    super();
    this.nodeType = type;
    this.nodeName = name;
    this.ownerDocument = owner;
    this.parentNode = null;
    this.firstChild = this.lastChild = null;
    this.previousSibling = this.nextSibling = null;
  }
  get parentElement() {
    return this.parentNode && this.parentNode.nodeType === 1 ? this.parentNode : null;
  }
  get childNodes() {
    const nodes = [];
    for (let child = this.firstChild; child; child = child.nextSibling) nodes.push(child);
    return nodes;
  }
  get children() {
    return this.childNodes.filter((child) => child.nodeType === 1);
  }
  get firstElementChild() {
    return this.children[0] || null;
  }
  get isConnected() {
    return this.getRootNode() === this.ownerDocument;
  }
  get textContent() {
    let text = "";
    for (let child = this.firstChild; child; child = child.nextSibling) text += child.textContent;
    return text;
  }
  set textContent(text) {
    while (this.firstChild) this.removeChild(this.firstChild);
    if (text !== null && text !== "") this.appendChild(new Text(String(text), this.ownerDocument));
  }
  getRootNode() {
    let node = this;
    while (node.parentNode) node = node.parentNode;
    return node;
  }
  hasChildNodes() {
    return this.firstChild !== null;
  }
  contains(other) {
    for (let node = other; node; node = node.parentNode) if (node === this) return true;
    return false;
  }
  appendChild(node) {
    return this.insertBefore(node, null);
  }
  insertBefore(node, before) {
    if (node.nodeType === 11) {
      for (const child of node.childNodes) this.insertBefore(child, before);
      return node;
    }
    if (node === before) return node;
    if (node.contains(this)) throw new Error("a node cannot hold itself");
    if (node.parentNode) node.parentNode.removeChild(node);
    const after = before || null;
    const previous = after ? after.previousSibling : this.lastChild;
    node.parentNode = this;
    node.previousSibling = previous;
    node.nextSibling = after;
    if (previous) previous.nextSibling = node;
    else this.firstChild = node;
    if (after) after.previousSibling = node;
    else this.lastChild = node;
    return node;
  }
  removeChild(node) {
    if (node.parentNode !== this) throw new Error("removeChild: not a child of this node");
    if (node.previousSibling) node.previousSibling.nextSibling = node.nextSibling;
    else this.firstChild = node.nextSibling;
    if (node.nextSibling) node.nextSibling.previousSibling = node.previousSibling;
    else this.lastChild = node.previousSibling;
    node.parentNode = node.previousSibling = node.nextSibling = null;
    return node;
  }
  replaceChild(node, old) {
    this.insertBefore(node, old);
    return this.removeChild(old);
  }
  remove() {
    if (this.parentNode) this.parentNode.removeChild(this);
  }
  append(...nodes) {
    for (const node of nodes) this.appendChild(node);
  }
  cloneNode(deep = false) {
    const copy = this.copyAlone();
    if (deep) for (const child of this.childNodes) copy.appendChild(child.cloneNode(true));
    return copy;
  }
  compareDocumentPosition(other) {
    if (other === this) return 0;
    if (this.contains(other)) return 20;
    if (other.contains(this)) return 10;
    const path = (node) => (node ? [...path(node.parentNode), node] : []);
    const [mine, theirs] = [path(this), path(other)];
    if (mine[0] !== theirs[0]) return 1;
    let depth = 0;
    while (mine[depth] === theirs[depth]) depth += 1;
    let node = mine[depth];
    while (node && node !== theirs[depth]) node = node.nextSibling;
    return node ? 4 : 2;
  }
}

class Text extends Node {
  constructor(text, owner) {
    super(3, "#text", owner);
    this.data = text;
  }
  get textContent() {
    return this.data;
  }
  set textContent(text) {
    this.data = String(text);
  }
  get nodeValue() {
    return this.data;
  }
  set nodeValue(text) {
    this.data = String(text);
  }
  copyAlone() {
    return new Text(this.data, this.ownerDocument);
  }
}

class DocumentFragment extends Node {
  constructor(owner) {
    super(11, "#document-fragment", owner);
  }
  copyAlone() {
    return new DocumentFragment(this.ownerDocument);
  }
}

class ClassList {
  constructor(element) {
    this.element = element;
  }
  names() {
    return (this.element.attributesByName.get("class") || "").split(/\s+/).filter(Boolean);
  }
  contains(name) {
    return this.names().includes(name);
  }
  add(...names) {
    this.element.setAttribute("class", [...new Set([...this.names(), ...names])].join(" "));
  }
  remove(...names) {
    const left = this.names().filter((name) => !names.includes(name));
    this.element.setAttribute("class", left.join(" "));
  }
  toggle(name, on = !this.contains(name)) {
    if (on) this.add(name);
    else this.remove(name);
    return on;
  }
}

class Element extends Node {
  constructor(namespace, name, owner) {
    super(1, namespace === HTML ? name.toUpperCase() : name, owner);
    this.namespaceURI = namespace;
    this.localName = name;
    this.attributesByName = new Map();
    this.inlineStyle = null;
    this.scrollLeft = this.scrollTop = 0;
  }
  get tagName() {
    return this.nodeName;
  }
  get attributes() {
    return [...this.attributesByName].map(([name, value]) => ({ name, value }));
  }
  get id() {
    return this.getAttribute("id") || "";
  }
  set id(value) {
    this.setAttribute("id", value);
  }
  get className() {
    return this.getAttribute("class") || "";
  }
  set className(value) {
    this.setAttribute("class", value);
  }
  get classList() {
    return new ClassList(this);
  }
  get style() {
    if (!this.inlineStyle) this.inlineStyle = new CSSStyleDeclaration();
    return this.inlineStyle;
  }
  get innerHTML() {
    return "";
  }
  set innerHTML(markup) {
    // Markup is never parsed: what plotly.js would write this way is no part of a figure.
    this.textContent = "";
  }
  getAttribute(name) {
    if (name === "style") return this.inlineStyle ? this.inlineStyle.cssText : null;
    const value = this.attributesByName.get(name);
    return value === undefined ? null : value;
  }
  setAttribute(name, value) {
    if (name === "style") this.style.cssText = String(value);
    else this.attributesByName.set(name, String(value));
  }
  hasAttribute(name) {
    return this.getAttribute(name) !== null;
  }
  removeAttribute(name) {
    if (name === "style") this.inlineStyle = null;
    else this.attributesByName.delete(name);
  }
  getAttributeNS(namespace, name) {
    return this.getAttribute(prefixed(namespace, name));
  }
  setAttributeNS(namespace, name, value) {
    this.setAttribute(prefixed(namespace, name), value);
  }
  removeAttributeNS(namespace, name) {
    this.removeAttribute(prefixed(namespace, name));
  }
  copyAlone() {
    const copy = this.ownerDocument.createElementNS(this.namespaceURI, this.localName);
    copy.attributesByName = new Map(this.attributesByName);
    if (this.inlineStyle) copy.style.declarations = new Map(this.inlineStyle.declarations);
    return copy;
  }
  matches(selector) {
    return matchesAny(this, compileSelector(selector));
  }
  closest(selector) {
    let element = this;
    while (element && !element.matches(selector)) element = element.parentElement;
    return element;
  }
  querySelector(selector) {
    return findAll(this, selector, true)[0] || null;
  }
  querySelectorAll(selector) {
    return findAll(this, selector, false);
  }
  getElementsByTagName(name) {
    return findAll(this, name, false);
  }
  getElementsByClassName(name) {
    return findAll(this, "." + name, false);
  }
  getBoundingClientRect() {
    return clientBox(this);
  }
  focus() {}
  blur() {}
  click() {}
}

class HTMLElement extends Element {
  get offsetWidth() {
    return pageBox(this).width;
  }
  get offsetHeight() {
    return pageBox(this).height;
  }
  get clientWidth() {
    return pageBox(this).width;
  }
  get clientHeight() {
    return pageBox(this).height;
  }
  get offsetLeft() {
    return 0;
  }
  get offsetTop() {
    return 0;
  }
  get offsetParent() {
    return null;
  }
}

class SVGElement extends Element {
  get ownerSVGElement() {
    let root = this.parentElement;
    while (root && root.localName !== "svg") root = root.parentElement;
    return root;
  }
  getBBox() {
    return boxAsRect(innerBox(this));
  }
  getComputedTextLength() {
    return layoutText(this).length;
  }
  getTotalLength() {
    return lengthOf(flattenPath(this.getAttribute("d")));
  }
  getPointAtLength(distance) {
    return pointAlong(flattenPath(this.getAttribute("d")), distance);
  }
  get transform() {
    const text = this.attributesByName.get("transform");
    return { baseVal: { consolidate: () => (text ? { matrix: parseTransform(text) } : null) } };
  }
  getCTM() {
    return matrixToRoot(this);
  }
  getScreenCTM() {
    return matrixToRoot(this);
  }
}

function prefixed(namespace, name) {
  const local = name.replace(/^.*:/, "");
  if (namespace === XLINK) return "xlink:" + local;
  if (namespace === XML) return "xml:" + local;
  return name;
}

// ---------------------------------------------------------------------------------------
// 3 Style: inline declarations only. plotly.js injects a style sheet for its buttons and
// cursors; the one rule of it that a figure needs, for class "crisp", stands in section 10.

const INHERITED = new Set([
  "color", "cursor", "direction", "fill", "fill-opacity", "fill-rule", "clip-rule", "font-family",
  "font-size", "font-style", "font-variant", "font-weight", "letter-spacing", "line-height",
  "pointer-events", "stroke", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
  "stroke-miterlimit", "stroke-opacity", "stroke-width", "text-anchor", "text-transform",
  "visibility", "white-space", "xml:space",
]);

const INITIAL = {
  "display": "inline", "fill": "rgb(0, 0, 0)", "fill-opacity": "1", "font-family": "sans-serif",
  "font-size": "16px", "font-style": "normal", "font-weight": "400", "opacity": "1",
  "position": "static", "stroke": "none", "stroke-opacity": "1", "stroke-width": "1px",
  "text-anchor": "start", "transform": "none", "visibility": "visible", "white-space": "normal",
};

// The properties scripts use as `style.fontSize` or `style["font-size"]`; add one when
// plotly.js needs it.
const NAMED_PROPERTIES = [
  ...INHERITED, ...Object.keys(INITIAL), "background", "background-color", "border", "bottom",
  "box-sizing", "float", "height", "left", "margin", "margin-bottom", "margin-left",
  "margin-right", "margin-top", "max-height", "max-width", "min-height", "min-width", "overflow",
  "padding", "right", "top", "transform-origin", "transition", "user-select", "vector-effect",
  "vertical-align", "width", "z-index", "clip-path", "stop-color", "stop-opacity",
];

class CSSStyleDeclaration {
  constructor() {
    this.declarations = new Map();
  }
  getPropertyValue(name) {
    return this.declarations.get(name) || "";
  }
  setProperty(name, value) {
    const text = value === null || value === undefined ? "" : String(value).trim();
    // An empty value removes the declaration; one that is no CSS leaves it as it was.
    if (text === "") this.declarations.delete(name);
    else if (!/^(undefined|NaN|null)(px)?$/.test(text)) this.declarations.set(name, text);
  }
  removeProperty(name) {
    const old = this.getPropertyValue(name);
    this.declarations.delete(name);
    return old;
  }
  get cssText() {
    return [...this.declarations].map(([name, value]) => `${name}: ${value};`).join(" ");
  }
  set cssText(text) {
    this.declarations.clear();
    // A semicolon inside quotes belongs to the value.
    for (const part of text.match(/(?:[^;"']|"[^"]*"|'[^']*'|["'])+/g) || []) {
      const colon = part.indexOf(":");
      if (colon > 0) this.setProperty(part.slice(0, colon).trim(), part.slice(colon + 1));
    }
  }
}

// What getComputedStyle returns: the element's own value, else the inherited, else the initial.
class ComputedStyle {
  constructor(element) {
    this.element = element;
  }
  getPropertyValue(name) {
    return computed(this.element, name);
  }
}

for (const name of new Set(NAMED_PROPERTIES)) {
  const camel = name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
  for (const spelling of new Set([camel, name])) {
    Object.defineProperty(CSSStyleDeclaration.prototype, spelling, {
      get() { return this.getPropertyValue(name); },
      set(value) { this.setProperty(name, value); },
    });
    Object.defineProperty(ComputedStyle.prototype, spelling, {
      get() { return this.getPropertyValue(name); },
    });
  }
}

function ownValue(element, name) {
  const styled = element.inlineStyle && element.inlineStyle.declarations.get(name);
  if (styled) return styled;
  // `transform` is left out: as an attribute it is geometry, and computed style says "none".
  return name === "transform" ? undefined : element.attributesByName.get(name);
}

function computed(element, name) {
  for (let node = element; node && node.nodeType === 1; node = node.parentNode) {
    const value = ownValue(node, name);
    if (value !== undefined && value !== "inherit") return value;
    if (!INHERITED.has(name)) break;
  }
  return INITIAL[name] || "";
}

// ---------------------------------------------------------------------------------------
// 4 Selectors: tag, #id, .class, [attribute], :not(), :first-child, :last-child, :scope;
// descendants, children (>), and lists. d3 and plotly.js use no others.

const compiledSelectors = new Map();
const SIMPLE = new RegExp([
  /(\*|[a-zA-Z][\w-]*)/, /#([\w-]+)/, /\.([\w-]+)/,
  /\[([\w:-]+)(?:([~^$*]?=)["']?([^"'\]]*)["']?)?\]/, /:([\w-]+)(?:\(([^)]*)\))?/,
].map((part) => part.source).join("|"), "y");

function compileSelector(text) {
  let compiled = compiledSelectors.get(text);
  if (!compiled) {
    compiled = splitList(text).map(compileChain);
    compiledSelectors.set(text, compiled);
  }
  return compiled;
}

function splitList(text) {
  // Commas inside brackets or parentheses do not part a list.
  return text.match(/(?:[^,[(]|\[[^\]]*\]|\([^)]*\))+/g) || [];
}

// "g.a > path" becomes [{tests, child: false}, {tests, child: true}].
function compileChain(text) {
  const chain = [];
  let at = 0;
  let child = false;
  text = text.trim();
  while (at < text.length) {
    const gap = /\s*(>?)\s*/y;
    gap.lastIndex = at;
    const between = gap.exec(text);
    if (between[1]) child = true;
    at = gap.lastIndex;
    const tests = [];
    for (;;) {
      SIMPLE.lastIndex = at;
      const part = SIMPLE.exec(text);
      if (!part) break;
      tests.push(compileSimple(part));
      at = SIMPLE.lastIndex;
    }
    if (!tests.length) throw new Error(`selector not understood: ${text}`);
    chain.push({ tests, child });
    child = false;
  }
  return chain;
}

function compileSimple([, tag, id, name, attribute, operator, wanted, pseudo, inner]) {
  if (tag === "*") return () => true;
  if (tag) return (element) => element.localName === tag || element.nodeName === tag;
  if (id) return (element) => element.attributesByName.get("id") === id;
  if (name) return (element) => hasClass(element, name);
  if (operator === "=" && attribute !== "style") {
    return (element) => element.attributesByName.get(attribute) === wanted;
  }
  if (attribute) {
    return (element) => attributeFits(element.getAttribute(attribute), operator, wanted);
  }
  if (pseudo === "not") {
    const refused = compileSelector(inner);
    return (element) => !matchesAny(element, refused);
  }
  if (pseudo === "first-child") return (element) => !nextElement(element, "previousSibling");
  if (pseudo === "last-child") return (element) => !nextElement(element, "nextSibling");
  if (pseudo === "scope") return (element, scope) => element === scope;
  throw new Error(`selector not understood: :${pseudo}`);
}

function hasClass(element, name) {
  const names = element.attributesByName.get("class");
  if (!names || !names.includes(name)) return false;
  return names === name || (" " + names + " ").includes(" " + name + " ");
}

function attributeFits(value, operator, wanted) {
  if (value === null) return false;
  if (!operator) return true;
  if (operator === "^=") return value.startsWith(wanted);
  if (operator === "$=") return value.endsWith(wanted);
  if (operator === "*=") return value.includes(wanted);
  if (operator === "~=") return value.split(/\s+/).includes(wanted);
  return value === wanted;
}

function nextElement(element, direction) {
  let node = element[direction];
  while (node && node.nodeType !== 1) node = node[direction];
  return node;
}

function matchesAny(element, chains, scope) {
  for (let at = 0; at < chains.length; at += 1) {
    if (matchesChain(element, chains[at], chains[at].length - 1, scope)) return true;
  }
  return false;
}

function matchesChain(element, chain, last, scope) {
  // Plain counting: this runs for every element of the page, and an iterator costs a call each.
  const { tests } = chain[last];
  for (let at = 0; at < tests.length; at += 1) if (!tests[at](element, scope)) return false;
  if (last === 0) return true;
  for (let parent = element.parentElement; parent; parent = parent.parentElement) {
    if (matchesChain(parent, chain, last - 1, scope)) return true;
    if (chain[last].child) return false;
  }
  return false;
}

function findAll(root, selector, firstOnly) {
  const chains = compileSelector(selector);
  // Most selectors are one tag or one class: a call less for each element of the page.
  const isOne = chains.length === 1 && chains[0].length === 1 && chains[0][0].tests.length === 1;
  const only = isOne ? chains[0][0].tests[0] : null;
  const found = [];
  let node = root;
  for (;;) {
    if (node.firstChild) node = node.firstChild;
    else {
      while (node !== root && !node.nextSibling) node = node.parentNode;
      if (node === root) return found;
      node = node.nextSibling;
    }
    if (node.nodeType === 1 && (only ? only(node, root) : matchesAny(node, chains, root))) {
      found.push(node);
      if (firstOnly) return found;
    }
  }
}

// ---------------------------------------------------------------------------------------
// 5 Transforms and paths. A matrix is {a, b, c, d, e, f} as in SVG; a box is
// [left, top, right, bottom] or null when empty; a path is flattened to points.

const IDENTITY = { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 };
const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/g;
const CURVE_STEPS = 24;

function numbersIn(text) {
  return ((text || "").match(NUMBER) || []).map(Number);
}

function multiply(m, n) {
  return {
    a: m.a * n.a + m.c * n.b, c: m.a * n.c + m.c * n.d, e: m.a * n.e + m.c * n.f + m.e,
    b: m.b * n.a + m.d * n.b, d: m.b * n.c + m.d * n.d, f: m.b * n.e + m.d * n.f + m.f,
  };
}

function parseTransform(text) {
  let matrix = IDENTITY;
  for (const [, name, inner] of (text || "").matchAll(/(\w+)\s*\(([^)]*)\)/g)) {
    const [a = 0, b, c, d, e, f] = numbersIn(inner);
    if (name === "matrix") matrix = multiply(matrix, { a, b, c, d, e, f });
    if (name === "translate") matrix = multiply(matrix, { ...IDENTITY, e: a, f: b || 0 });
    if (name === "scale") matrix = multiply(matrix, { ...IDENTITY, a, d: b === undefined ? a : b });
    if (name === "rotate") {
      const angle = (a * Math.PI) / 180;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      const [x, y] = [b || 0, c || 0];
      const e = x - cos * x + sin * y;
      matrix = multiply(matrix, { a: cos, b: sin, c: -sin, d: cos, e, f: y - sin * x - cos * y });
    }
  }
  return matrix;
}

function matrixToRoot(element) {
  let matrix = IDENTITY;
  for (let node = element; node && node.nodeType === 1; node = node.parentNode) {
    if (node.localName === "svg" && node !== element) {
      const [x, y] = [numberAt(node, "x"), numberAt(node, "y")];
      matrix = multiply({ ...IDENTITY, e: x, f: y }, matrix);
    }
    if (node.namespaceURI !== SVG) break;
    const transform = node.attributesByName.get("transform");
    if (transform) matrix = multiply(parseTransform(transform), matrix);
  }
  return matrix;
}

function numberAt(element, name) {
  return parseFloat(element.attributesByName.get(name)) || 0;
}

function boxOfPoints(points) {
  if (!points.length) return null;
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }
  return box;
}

function unite(one, other) {
  if (!one || !other) return one || other;
  return [
    Math.min(one[0], other[0]), Math.min(one[1], other[1]),
    Math.max(one[2], other[2]), Math.max(one[3], other[3]),
  ];
}

function transformBox(box, m) {
  if (!box || m === IDENTITY) return box;
  const [left, top, right, bottom] = box;
  const corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
  return boxOfPoints(corners.map(([x, y]) => [m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f]));
}

function boxAsRect(box) {
  const [left, top, right, bottom] = box || [0, 0, 0, 0];
  const size = { width: right - left, height: bottom - top };
  return { x: left, y: top, left, top, right, bottom, ...size };
}

// Points along a path; curves and arcs in CURVE_STEPS pieces, a new subpath marked `move`.
function flattenPath(data) {
  const points = [];
  let [x, y, startX, startY, handleX, handleY] = [0, 0, 0, 0, 0, 0];
  let before = "";
  const to = (nextX, nextY) => {
    [x, y] = [nextX, nextY];
    points.push([x, y]);
  };
  const curve = (at) => {
    for (let step = 1; step <= CURVE_STEPS; step += 1) points.push(at(step / CURVE_STEPS));
    [x, y] = points[points.length - 1];
  };
  // The e of a number like 1e-7 is no command.
  const commands = /([a-zA-Z])([^a-zA-Z]*(?:[eE][-+]?\d[^a-zA-Z]*)*)/g;
  for (const [, letter, inner] of (data || "").matchAll(commands)) {
    const kind = letter.toUpperCase();
    const relative = letter !== kind;
    const values = kind === "A" ? arcNumbers(inner) : numbersIn(inner);
    const taken = { M: 2, L: 2, H: 1, V: 1, C: 6, S: 4, Q: 4, T: 2, A: 7, Z: 0 }[kind];
    if (taken === undefined) continue;
    if (kind === "Z") [x, y] = [startX, startY];
    if (kind === "Z" && points.length) points.push([x, y]);
    for (let at = 0; taken && at + taken <= values.length; at += taken) {
      const [dx, dy] = relative ? [x, y] : [0, 0];
      const v = values.slice(at, at + taken);
      if (kind === "H") to(v[0] + dx, y);
      else if (kind === "V") to(x, v[0] + dy);
      else if (kind === "A") curve(arcAt(x, y, v, v[5] + dx, v[6] + dy));
      else if (kind === "M" || kind === "L" || kind === "T") {
        to(v[0] + dx, v[1] + dy);
        if (kind === "M" && at === 0) {
          [startX, startY] = [x, y];
          points[points.length - 1].move = true;
        }
      } else {
        const p = v.map((value, index) => value + (index % 2 ? dy : dx));
        const smooth = "CS".includes(before) ? [2 * x - handleX, 2 * y - handleY] : [x, y];
        const all = kind === "S" ? [x, y, ...smooth, ...p] : [x, y, ...p];
        [handleX, handleY] = all.slice(-4, -2);
        curve(bezierAt(all));
      }
      before = kind;
    }
  }
  return points;
}

// The two flags of an arc may stand without a space: "a5,5 0 0110,10".
function arcNumbers(text) {
  const separated = text.replace(
    /([\d.eE+-]+[\s,]+[\d.eE+-]+[\s,]+[\d.eE+-]+[\s,]+)([01])[\s,]*([01])[\s,]*/g, "$1$2 $3 ");
  return numbersIn(separated);
}

function bezierAt(p) {
  const mix = (a, b, t) => a + (b - a) * t;
  return (t) => {
    let points = p;
    while (points.length > 2) {
      const next = [];
      for (let i = 0; i + 3 < points.length; i += 2) {
        next.push(mix(points[i], points[i + 2], t), mix(points[i + 1], points[i + 3], t));
      }
      points = next;
    }
    return points;
  };
}

// Endpoint to centre form, as in the SVG specification, appendix "Elliptical arcs".
function arcAt(x1, y1, [rxGiven, ryGiven, tilt, large, sweep], x2, y2) {
  let [rx, ry] = [Math.abs(rxGiven), Math.abs(ryGiven)];
  if (!rx || !ry || (x1 === x2 && y1 === y2)) return bezierAt([x1, y1, x2, y2]);
  const [cos, sin] = [Math.cos((tilt * Math.PI) / 180), Math.sin((tilt * Math.PI) / 180)];
  const [halfX, halfY] = [(x1 - x2) / 2, (y1 - y2) / 2];
  const [ux, uy] = [cos * halfX + sin * halfY, cos * halfY - sin * halfX];
  const grow = Math.sqrt(Math.max(1, (ux / rx) ** 2 + (uy / ry) ** 2));
  [rx, ry] = [rx * grow, ry * grow];
  const spread = (rx * uy) ** 2 + (ry * ux) ** 2;
  const root = Math.sqrt(Math.max(0, (rx * ry) ** 2 / spread - 1)) * (large === sweep ? -1 : 1);
  const [vx, vy] = [(root * rx * uy) / ry, (-root * ry * ux) / rx];
  const centreX = cos * vx - sin * vy + (x1 + x2) / 2;
  const centreY = sin * vx + cos * vy + (y1 + y2) / 2;
  const from = Math.atan2((uy - vy) / ry, (ux - vx) / rx);
  let turn = Math.atan2((-uy - vy) / ry, (-ux - vx) / rx) - from;
  if (sweep && turn < 0) turn += 2 * Math.PI;
  if (!sweep && turn > 0) turn -= 2 * Math.PI;
  return (t) => {
    if (t === 1) return [x2, y2];
    const [px, py] = [rx * Math.cos(from + turn * t), ry * Math.sin(from + turn * t)];
    return [centreX + cos * px - sin * py, centreY + sin * px + cos * py];
  };
}

function lengthOf(points) {
  let length = 0;
  for (let i = 1; i < points.length; i += 1) {
    if (!points[i].move) {
      length += Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]);
    }
  }
  return length;
}

function pointAlong(points, distance) {
  let left = Math.max(0, distance);
  for (let i = 1; i < points.length; i += 1) {
    const [[x1, y1], [x2, y2]] = [points[i - 1], points[i]];
    const length = points[i].move ? 0 : Math.hypot(x2 - x1, y2 - y1);
    if (length && left <= length) {
      return { x: x1 + ((x2 - x1) * left) / length, y: y1 + ((y2 - y1) * left) / length };
    }
    left -= length;
  }
  const [x, y] = points[points.length - 1] || [0, 0];
  return { x, y };
}

// ---------------------------------------------------------------------------------------
// 6 Text metrics: advances come from the font files (metrics.py), so that plotly.js leaves
// the room the printed text will take. All lengths of a face are in em.

let faces = [];
let defaultFamily = "sans-serif";

function faceFor(element) {
  const family = computed(element, "font-family");
  if (/^["']?[^,]*(mono|courier|consol)/i.test(family)) return MONO;
  const asked = computed(element, "font-weight");
  const words = { normal: 400, bold: 700, bolder: 700, lighter: 300 };
  const weight = words[asked] || parseInt(asked, 10) || 400;
  const italic = /italic|oblique/.test(computed(element, "font-style"));
  const slanted = faces.filter((face) => face.italic === italic);
  const choice = slanted.length ? slanted : faces;
  // As in CSS: up to 500 the lighter face wins, above it the heavier.
  const lighter = choice.filter((face) => face.weight <= weight);
  const heavier = choice.filter((face) => face.weight >= weight);
  return (weight > 500 && heavier[0]) || lighter[lighter.length - 1] || choice[0];
}

// DejaVu Sans Mono, which Typst carries.
const MONO = { ascent: 0.928, descent: 0.236, advances: {}, fallback: 0.602 };

// Widths, in em, of what the font does not hold; another font will draw it. First match wins.
const OUTSIDE_FONT = [
  [/[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u{1f3fb}-\u{1f3ff}\ufe00-\ufe0f]/u, 0],
  [/\p{Emoji_Presentation}/u, 1.2],
  [/[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60]/, 1],
  [/[\u{20000}-\u{3fffd}]/u, 1],
  [/[\p{So}\p{Sm}]/u, 0.9],
  [/[\uff61-\uff9f]/u, 0.5],
];
const OTHER_SCRIPT = 0.58;
const outsideWidths = new Map();

function outsideWidth(character) {
  let width = outsideWidths.get(character);
  if (width === undefined) {
    const match = OUTSIDE_FONT.find(([pattern]) => pattern.test(character));
    width = match ? match[1] : OTHER_SCRIPT;
    outsideWidths.set(character, width);
  }
  return width;
}

function advanceOf(text, face) {
  let width = 0;
  let joined = false;
  for (const character of text) {
    const own = face.advances[character.codePointAt(0)];
    const outside = own === undefined ? outsideWidth(character) : own;
    const wide = own === undefined && face.fallback && outside > 0 && outside < 1;
    // Emoji joined by a zero-width joiner are drawn as one.
    if (!joined) width += wide ? face.fallback : outside;
    joined = character === "\u200d";
  }
  return width;
}

function fontSizeOf(element) {
  const text = computed(element, "font-size");
  const size = parseFloat(text);
  if (text.endsWith("%") || text.endsWith("em")) {
    const share = text.endsWith("%") ? size / 100 : size;
    // The relative size stands on some ancestor; it is taken of that ancestor's parent.
    let owner = element;
    while (owner && ownValue(owner, "font-size") === undefined) owner = owner.parentElement;
    return share * (owner && owner.parentElement ? fontSizeOf(owner.parentElement) : 16);
  }
  return size || 16;
}

function lengthAt(element, name) {
  const text = element.attributesByName.get(name);
  if (text === undefined) return null;
  const value = parseFloat(text) || 0;
  return text.endsWith("em") ? value * fontSizeOf(element) : value;
}

// Lays out a <text> or a part of it: its box in the element's own space, and its advance.
function layoutText(element) {
  let [x, y, box, length] = [0, 0, null, 0];
  let chunk = [];
  let chunkStart = 0;
  let anchor = "start";
  const endChunk = () => {
    const shift = { middle: -0.5, end: -1 }[anchor] || 0;
    const moved = shift * (x - chunkStart);
    for (const [left, top, right, bottom] of chunk) {
      box = unite(box, [left + moved, top, right + moved, bottom]);
    }
    chunk = [];
  };
  const enter = (node) => {
    const [newX, newY] = [lengthAt(node, "x"), lengthAt(node, "y")];
    if (newX !== null || newY !== null || node === element) {
      endChunk();
      if (newX !== null) x = newX;
      if (newY !== null) y = newY;
      chunkStart = x;
      anchor = computed(node, "text-anchor");
    }
    x += lengthAt(node, "dx") || 0;
    y += lengthAt(node, "dy") || 0;
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (child.nodeType === 3) write(child.data, node);
      else if (child.nodeType === 1 && computed(child, "display") !== "none") enter(child);
    }
  };
  const write = (data, node) => {
    const preserved = /pre/.test(computed(node, "white-space"));
    const text = preserved ? data.replace(/[\n\r\t]/g, " ") : data.replace(/\s+/g, " ");
    if (!text) return;
    const [face, size] = [faceFor(node), fontSizeOf(node)];
    const width = advanceOf(shownCase(text, node), face) * size;
    // Browsers round a font's ascent and descent to whole pixels.
    const [ascent, descent] = [Math.round(face.ascent * size), Math.round(face.descent * size)];
    chunk.push([x, y - ascent, x + width, y + descent]);
    x += width;
    length += width;
  };
  enter(element);
  endChunk();
  return { box, length };
}

function shownCase(text, element) {
  const wanted = computed(element, "text-transform");
  if (wanted === "uppercase") return text.toUpperCase();
  if (wanted === "lowercase") return text.toLowerCase();
  if (wanted === "capitalize") return text.replace(/(^|\s)\S/g, (start) => start.toUpperCase());
  return text;
}

// ---------------------------------------------------------------------------------------
// 7 Boxes: what an element covers, in its own space (getBBox) or on the page.

const NO_BOX = new Set(["defs", "clipPath", "linearGradient", "radialGradient", "pattern", "mask"]);

// The box without the element's own transform, as getBBox gives it.
function innerBox(element) {
  if (NO_BOX.has(element.localName) || ownValue(element, "display") === "none") return null;
  const at = (name) => numberAt(element, name);
  switch (element.localName) {
    case "text":
    case "tspan":
      return layoutText(element).box;
    case "path":
      return boxOfPoints(flattenPath(element.getAttribute("d")));
    case "rect":
    case "image":
      return [at("x"), at("y"), at("x") + at("width"), at("y") + at("height")];
    case "circle":
      return [at("cx") - at("r"), at("cy") - at("r"), at("cx") + at("r"), at("cy") + at("r")];
    case "ellipse":
      return [at("cx") - at("rx"), at("cy") - at("ry"), at("cx") + at("rx"), at("cy") + at("ry")];
    case "line":
      return boxOfPoints([[at("x1"), at("y1")], [at("x2"), at("y2")]]);
    case "polygon":
    case "polyline": {
      const values = numbersIn(element.getAttribute("points"));
      const points = [];
      for (let i = 0; i + 1 < values.length; i += 2) points.push([values[i], values[i + 1]]);
      return boxOfPoints(points);
    }
  }
  let box = null;
  for (const child of element.children) {
    const transform = child.attributesByName.get("transform");
    box = unite(box, transformBox(innerBox(child), parseTransform(transform)));
  }
  return box;
}

function clientBox(element) {
  if (element.namespaceURI !== SVG) return boxAsRect(pageBoxEdges(element));
  const hidden = (node) => ownValue(node, "display") === "none";
  for (let node = element; node && node.nodeType === 1; node = node.parentNode) {
    if (hidden(node)) return boxAsRect(null);
  }
  if (element.localName === "svg") return boxAsRect(pageBoxEdges(element));
  return boxAsRect(transformBox(innerBox(element), matrixToRoot(element)));
}

// There is no page layout: an element is as large as it says, else as its parent.
function pageBoxEdges(element) {
  const size = (name, whole) => {
    for (let node = element; node && node.nodeType === 1; node = node.parentNode) {
      const value = parseFloat(ownValue(node, name));
      if (value >= 0 && !String(ownValue(node, name)).endsWith("%")) return value;
    }
    return whole;
  };
  return [0, 0, size("width", window.innerWidth), size("height", window.innerHeight)];
}

function pageBox(element) {
  return boxAsRect(pageBoxEdges(element));
}

// ---------------------------------------------------------------------------------------
// 8 Canvas: heatmaps are painted into one, cell by cell, and shown as an image. The pixels
// leave as they are; the Python side makes the PNG.

const CANVAS_IMAGE = "pmkit-canvas:";
let canvasImages = [];

class CanvasContext {
  constructor(canvas) {
    this.canvas = canvas;
    this.fillStyle = "rgba(0,0,0,1)";
  }
  get pixels() {
    const { width, height } = this.canvas;
    if (!this.data || this.data.length !== width * height * 4) {
      this.data = new Uint8ClampedArray(width * height * 4);
    }
    return this.data;
  }
  fillRect(x, y, width, height) {
    const [red, green, blue, alpha = 1] = numbersIn(this.fillStyle);
    const [colour] = new Uint32Array(Uint8ClampedArray.of(red, green, blue, alpha * 255).buffer);
    const within = (value, most) => Math.max(0, Math.min(most, Math.round(value)));
    const edges = (start, size, most) =>
      [within(start, most), within(start + size, most)].sort((a, b) => a - b);
    const [left, right] = edges(x, width, this.canvas.width);
    const [top, bottom] = edges(y, height, this.canvas.height);
    const whole = new Uint32Array(this.pixels.buffer);
    for (let row = top; row < bottom; row += 1) {
      const start = row * this.canvas.width;
      whole.fill(colour, start + left, start + right);
    }
  }
  clearRect() {
    this.data = null;
  }
  createImageData(width, height) {
    return { width, height, data: new Uint8ClampedArray(width * height * 4) };
  }
  putImageData(image, x, y) {
    if (x || y || image.width !== this.canvas.width) throw new Error("putImageData: whole canvas only");
    this.pixels.set(image.data.subarray(0, this.pixels.length));
  }
  measureText(text) {
    return { width: advanceOf(String(text), faces[0]) * 10 };
  }
}

class HTMLCanvasElement extends HTMLElement {
  constructor(...args) {
    super(...args);
    this.width = 300;
    this.height = 150;
  }
  getContext(kind) {
    // No WebGL: plotly.js then says so itself, should a trace ask for it.
    if (kind !== "2d") return null;
    if (!this.context) this.context = new CanvasContext(this);
    return this.context;
  }
  toDataURL() {
    const { width, height, context } = this;
    const pixels = context ? context.pixels : new Uint8ClampedArray(width * height * 4);
    canvasImages.push({ width, height, pixels });
    return CANVAS_IMAGE + (canvasImages.length - 1);
  }
}

// ---------------------------------------------------------------------------------------
// 9 Document and window.

class Document extends Node {
  constructor() {
    super(9, "#document", null);
    this.documentElement = this.appendChild(this.createElement("html"));
    this.head = this.documentElement.appendChild(this.createElement("head"));
    this.body = this.documentElement.appendChild(this.createElement("body"));
    this.activeElement = this.body;
    this.readyState = "complete";
    this.currentScript = null;
    this.cookie = "";
  }
  get defaultView() {
    return window;
  }
  createElement(name) {
    return this.createElementNS(HTML, String(name).toLowerCase());
  }
  createElementNS(namespace, name) {
    const owner = this;
    if (namespace === SVG) return new SVGElement(SVG, name, owner);
    if (name === "canvas") return new HTMLCanvasElement(HTML, name, owner);
    const element = new HTMLElement(namespace, name, owner);
    if (name === "style") element.sheet = { cssRules: [], insertRule: () => 0, deleteRule: noop };
    return element;
  }
  createTextNode(text) {
    return new Text(String(text), this);
  }
  createDocumentFragment() {
    return new DocumentFragment(this);
  }
  createComment() {
    return new Text("", this);
  }
  getElementById(id) {
    return findAll(this, `[id="${id}"]`, true)[0] || null;
  }
  querySelector(selector) {
    return findAll(this, selector, true)[0] || null;
  }
  querySelectorAll(selector) {
    return findAll(this, selector, false);
  }
  getElementsByTagName(name) {
    return findAll(this, name, false);
  }
  getElementsByClassName(name) {
    return findAll(this, "." + name, false);
  }
}

// Layout images are never fetched: an image that cannot load is left out by plotly.js.
class Image extends HTMLElement {
  constructor() {
    super(HTML, "img", window.document);
    this.onload = this.onerror = null;
  }
  set src(address) {
    setTimer(() => this.onerror && this.onerror());
  }
}

class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
}

let writtenSvg = null;

class XMLSerializer {
  // plotly.js mends the returned text with string replacements meant for browsers. The
  // writer of section 10 needs none of them, so it takes the tree here and returns nothing.
  serializeToString(root) {
    writtenSvg = writeSvg(root);
    return "";
  }
}

function noop() {}

// Made while plotly.js loads, for its tool bar and its maps; never used in a static figure.
class Unused {}

Math.random = random;
Object.assign(window, {
  window, self: window, top: window, parent: window, Date: FixedDate,
  EventTarget, Node, Text, DocumentFragment, Element, HTMLElement, SVGElement, Document,
  HTMLCanvasElement, HTMLImageElement: Image, Image, XMLSerializer, CSSStyleDeclaration,
  MutationObserver: Observer, ResizeObserver: Observer, IntersectionObserver: Observer,
  DOMParser: Unused, TextDecoder: Unused, TextEncoder: Unused,
  setTimeout: setTimer, clearTimeout: clearTimer, setInterval: noop, clearInterval: noop,
  setImmediate: setTimer, cancelAnimationFrame: clearTimer,
  requestAnimationFrame: (callback) => setTimer(() => callback(now - EPOCH), 16),
  performance: { now: () => now - EPOCH, mark: noop, measure: noop },
  console: { log: noop, info: noop, warn: noop, error: noop, debug: noop, trace: noop },
  navigator: { userAgent: "pmkit", appVersion: "", platform: "", language: "en", maxTouchPoints: 0 },
  location: { href: "about:blank", hostname: "", hash: "", search: "", protocol: "about:" },
  history: {}, innerWidth: 1000, innerHeight: 1000, screen: { width: 1000, height: 1000 },
  pageXOffset: 0, pageYOffset: 0, scrollX: 0, scrollY: 0, devicePixelRatio: 1,
  addEventListener: noop, removeEventListener: noop, dispatchEvent: () => true,
  scrollTo: noop, open: noop, matchMedia: () => ({ matches: false, addEventListener: noop }),
  getComputedStyle: (element) => new ComputedStyle(element), getSelection: () => null,
  URL: { createObjectURL: () => "", revokeObjectURL: noop },
});
window.document = new Document();

// ---------------------------------------------------------------------------------------
// 10 Writing SVG: only elements and attributes that draw, and nothing that runs or loads.

const ELEMENTS = new Set([
  "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
  "defs", "clipPath", "linearGradient", "radialGradient", "stop", "pattern", "mask", "image", "use",
]);
const CONTAINERS = new Set(["g", "defs", "text", "tspan", "clipPath", "mask", "pattern"]);
const NUMERIC = new Set([
  "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "fx", "fy", "width",
  "height", "d", "points", "transform", "offset", "gradientTransform", "patternTransform",
]);
const PRESENTATION = new Set([
  "fill", "fill-opacity", "fill-rule", "clip-rule", "stroke", "stroke-width", "stroke-opacity",
  "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit",
  "opacity", "visibility", "display", "clip-path", "mask", "stop-color", "stop-opacity",
  "font-family", "font-size", "font-style", "font-weight", "font-variant", "text-anchor",
  "text-decoration", "text-decoration-line", "letter-spacing", "white-space", "image-rendering",
  "mix-blend-mode", "paint-order", "shape-rendering",
]);
const OTHERS = new Set([
  "class", "viewBox", "preserveAspectRatio", "gradientUnits", "patternUnits", "patternContentUnits",
  "clipPathUnits", "maskUnits", "spreadMethod", "xlink:href", "href",
]);
const DEFINITIONS = new Set(["clipPath", "linearGradient", "radialGradient", "pattern", "mask"]);

// Control characters, the two non-characters and lone surrogates.
const NOT_IN_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu;
const ESCAPES = {
  "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;",
};

// Quotes are escaped in text too, so that a quoted string in the output is an attribute's.
function escape(text) {
  return text.replace(NOT_IN_XML, "").replace(/[&<>"\t\n\r]/g, (character) => ESCAPES[character]);
}

function shorten(text) {
  // Three decimals are a thousandth of a pixel.
  const round = (number) => String(Math.round(number * 1000) / 1000 || 0);
  return text.replace(/-?\d+\.\d{4,}(?:e[-+]?\d+)?/g, round);
}

let idPrefix = "pm";

function writeSvg(root) {
  const elements = new Map(findAll(root, "[id]", false).map((element) => [element.id, element]));
  const references = new References(elements);
  const { innerWidth: width, innerHeight: height } = window;
  const attributes = `xmlns="${SVG}" xmlns:xlink="${XLINK}" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" font-family="${defaultFamily}"`;
  // The body first: by then it is known which definitions anything refers to.
  const body = root.childNodes.map((child) => writeNode(child, references)).join("");
  let definitions = "";
  // A definition may refer to another, which then joins the end of this loop.
  for (const id of references.written.keys()) {
    const element = elements.get(id);
    if (DEFINITIONS.has(element.localName)) definitions += writeElement(element, references);
  }
  if (definitions) definitions = `<defs>${definitions}</defs>`;
  return `<svg ${attributes}>${definitions}${body}</svg>`;
}

// Ids as they are written: short, and not met on another figure of the same page.
class References {
  constructor(elements) {
    this.elements = elements;
    this.written = new Map();
  }
  // The written id for one that is referred to; null when no element carries it.
  to(id) {
    if (!this.elements.has(id)) return null;
    if (!this.written.has(id)) this.written.set(id, `${idPrefix}-${this.written.size + 1}`);
    return this.written.get(id);
  }
}

function writeNode(node, references) {
  if (node.nodeType === 3) return escape(shownCase(node.data, node.parentNode));
  if (node.nodeType !== 1 || node.localName === "defs" || DEFINITIONS.has(node.localName)) return "";
  if (ownValue(node, "display") === "none") return "";
  return writeElement(node, references);
}

function writeElement(node, references) {
  // A link would leave the document; its text stays.
  const name = node.localName === "a" ? "tspan" : node.localName;
  if (!ELEMENTS.has(name) || node.namespaceURI !== SVG) return "";
  const children = node.childNodes.map((child) => writeNode(child, references)).join("");
  if (!children && CONTAINERS.has(name)) return "";
  if (name === "path" && !/[^MZ\d\s,.+-]/i.test(node.getAttribute("d") || "")) return "";
  let attributes = "";
  const id = references.written.get(node.id);
  if (id) attributes += ` id="${id}"`;
  for (const [key, value] of node.attributesByName) {
    const clean = writeAttribute(key, value, references);
    if (clean !== null) attributes += ` ${key}="${escape(clean)}"`;
    else if (name === "image" && key === "xlink:href") return "";
  }
  if (hasClass(node, "crisp") && !node.hasAttribute("shape-rendering")) {
    attributes += ' shape-rendering="crispEdges"';
  }
  attributes += writeStyle(node, references);
  return children ? `<${name}${attributes}>${children}</${name}>` : `<${name}${attributes}/>`;
}

// The value as it may be written, or null to leave the attribute out.
function writeAttribute(name, value, references) {
  if (value === "") return null;
  if (name === "xlink:href" || name === "href") {
    if (canvasImages.some((_, index) => value === CANVAS_IMAGE + index)) return value;
    if (/^data:image\/(png|jpeg|gif);base64,[A-Za-z0-9+/=]+$/.test(value)) return value;
    const id = value.startsWith("#") ? references.to(value.slice(1)) : null;
    return id && "#" + id;
  }
  if (NUMERIC.has(name)) return shorten(value);
  if (PRESENTATION.has(name)) return writePresentation(name, value, references);
  return OTHERS.has(name) ? value : null;
}

function writePresentation(name, given, references) {
  // plotly.js marks with this word the quotes it means to mend in the serialized text.
  const value = given.replace(/TOBESTRIPPED/g, "'");
  if (/url\s*\(/i.test(value)) {
    const match = /^\s*url\(\s*["']?[^"'()]*#([^"'()]+)["']?\s*\)\s*$/.exec(value);
    const id = match && references.to(match[1]);
    return id && `url(#${id})`;
  }
  // Nothing that could end the declaration or start another language.
  return /[;{}<>@\\]|\/\*/.test(value) ? null : value.replace(/"/g, "'");
}

function writeStyle(node, references) {
  if (!node.inlineStyle) return "";
  const parts = [];
  for (const [name, value] of node.inlineStyle.declarations) {
    const clean = PRESENTATION.has(name) ? writePresentation(name, value, references) : null;
    if (clean) parts.push(`${name}:${shorten(clean)}`);
  }
  return parts.length ? ` style="${escape(parts.join(";"))}"` : "";
}

// ---------------------------------------------------------------------------------------
// 11 Calls from Python.

window.pmkitSvg = {
  useFonts(json, family) {
    faces = JSON.parse(json);
    defaultFamily = family;
  },
  // Starts drawing; the caller then runs jobs and timers until `answer` is no longer null.
  draw(json, width, height, prefix) {
    const figure = JSON.parse(json);
    figure.layout = figure.layout || {};
    const template = (figure.layout.template || {}).layout || {};
    if (!(template.font || {}).family) {
      figure.layout.font = { family: defaultFamily, ...figure.layout.font };
    }
    restartClock();
    canvasImages = [];
    writtenSvg = null;
    idPrefix = prefix;
    [window.innerWidth, window.innerHeight] = [width, height];
    this.answer = null;
    const fail = (error) => {
      this.answer = { error: String((error && error.message) || error).toWellFormed() };
    };
    const done = () => {
      if (writtenSvg === null) fail("plotly.js returned without drawing");
      else this.answer = { svg: writtenSvg, images: canvasImages.map(describeImage) };
    };
    const options = { format: "svg", width, height, imageDataOnly: true };
    window.Plotly.toImage(figure, options).then(done, fail);
  },
  runTimer,
  takeAnswer() {
    if (!this.answer) return "";
    const text = JSON.stringify(this.answer);
    this.answer = null;
    canvasImages = [];
    writtenSvg = null;
    return text;
  },
};

function describeImage({ width, height, pixels }) {
  let text = "";
  for (let at = 0; at < pixels.length; at += 8192) {
    text += String.fromCharCode(...pixels.subarray(at, at + 8192));
  }
  return { width, height, pixels: btoa(text) };
}
})(globalThis);
