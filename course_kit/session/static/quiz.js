// @ts-check
/**
 * A quiz on a page: questions with native controls, one Submit each, feedback in a live region.
 *
 * The kernel keeps the truth: `quiz` (what may be shown), `answers` (how each item stands), `note`. The page sends
 * messages (hello, answer, check, hint, reveal, renew), each with an id, and the reply bears the same id. What was
 * given and not yet sent survives a reload in this browser.
 *
 * @typedef {{text: string, choice: number | null}} Remark
 * @typedef {{state: string, fraction: number, feedback: Remark[], judged?: boolean}} Outcome
 * @typedef {{state: string, response: any, feedback: Remark[], attempts: number, left: number | null, waits: number,
 *   solved: boolean, hints: string[], explanation: string, answers: string[], revealable: boolean, changed: boolean,
 *   variant: number, renewable: boolean, confidence: number | null, judged: boolean, fraction: number,
 *   read: string}} Standing
 * @typedef {{key: string, kind: string, prompt: string, form: Record<string, any>, hints: number[],
 *   minutes: number | null, points: number, confidence: boolean, digest: string, variant?: number,
 *   order?: number[]}} Item
 * @typedef {{name: string, scope: string, graded?: boolean, items: Item[]}} Quiz
 * @typedef {{kind: string, id: string, ok: boolean, code?: string, outcome?: Outcome, standing?: Standing,
 *   item?: Item, message?: string, hint?: string}} Reply
 * @typedef {{get: (name: string) => any, on: Function, off: Function, send: (content: object) => void}} Model
 * @typedef {{parts: HTMLElement[], read: () => any, write: (response: any) => void, nothing: string,
 *   checks?: boolean, labelled?: string, tidy?: () => void}} Form
 */

const PROTOCOL = 2;
/** Milliseconds without a reply after which the learner is told. */
const PATIENCE = 4000;
/** Milliseconds until an answer that could not be kept is sent again, time after time. */
const RETRIES = [1500, 3000, 6000, 12000, 30000];

const TEXT = {
  quiz: "Quiz",
  question: (/** @type {number} */ n, /** @type {number} */ of) => (of > 1 ? `Question ${n} of ${of}` : "Question"),
  minutes: (/** @type {number} */ m) => (m < 1 ? "under a minute" : `about ${Math.round(m)} min`),
  points: (/** @type {number} */ n) => (n === 1 ? "1 point" : `${n} points`),
  solved: "Solved",
  saved: "Saved",
  handedIn: "Handed in",
  legend: /** @type {Record<string, string>} */ ({
    "one-choice": "Choose one answer",
    "several-choices": "Choose all that apply",
    "true-false": "True or false?",
    ordering: "Put these into order",
    cloze: "Fill in the blanks",
    matching: "Find the partner of each",
  }),
  label: /** @type {Record<string, string>} */ ({
    number: "Your answer (a number)",
    unit: "Your answer (a number with its unit)",
    "short-text": "Your answer",
    essay: "Your answer",
    expression: "Your answer (a formula)",
  }),
  units: (/** @type {string[]} */ u) => (u.length ? `Give its unit: ${u.join(", ")}.` : "Give its unit."),
  names: (/** @type {string[]} */ n) => `You may use ${n.join(", ")}; write products as 2*x and powers as x^2.`,
  readAs: "Read as ",
  unread: "This cannot be read as a number yet.",
  words: (/** @type {number} */ n, /** @type {number} */ min, /** @type {number | null} */ max) =>
    `${n} ${n === 1 ? "word" : "words"}` +
    (max ? ` (${min ? `${min} to ${max}` : `at most ${max}`} asked for)` : min ? ` (at least ${min} asked for)` : ""),
  looks: (/** @type {string[]} */ n) =>
    n.length ? `Run your cells first. This looks at ${n.join(", ")}.` : "Run your cells first, then check them here.",
  check: "Check my code",
  checkAgain: "Check again",
  passed: "passed",
  notPassed: "not passed",
  blank: (/** @type {number} */ n) => `Blank ${n}`,
  pick: "Choose…",
  program: "Your program",
  pieces: "Lines to use (some may not belong)",
  add: "Add to the program",
  up: "Move up",
  down: "Move down",
  out: "Indent less",
  in: "Indent more",
  remove: "Remove",
  allUsed: "All lines are in your program.",
  noneUsed: "Add lines, or drag them here.",
  keys: (/** @type {boolean} */ indents) =>
    `Drag, or use the buttons; on a button, the arrow keys ${indents ? "move and indent" : "move it"}.`,
  at: (/** @type {string} */ text, /** @type {number} */ n, /** @type {number} */ of, /** @type {number | null} */ level) =>
    `${text}: now ${n} of ${of}${level === null ? "" : `, indented ${level}`}.`,
  out2: (/** @type {string} */ text) => `${text}: taken out.`,
  sure: "How sure are you?",
  sureness: ["Guessing", "Fairly sure", "Certain"],
  sureFirst: "Say first how sure you are.",
  submit: "Submit",
  again: "Try again",
  save: "Save",
  checking: "Checking…",
  saving: "Saving…",
  renew: "New variant",
  renewed: "Here is a new variant of the question.",
  left: (/** @type {number} */ n) => (n === 0 ? "No attempts left." : n === 1 ? "1 attempt left." : `${n} attempts left.`),
  wait: (/** @type {number} */ s) => `You can try again in ${span(s)}.`,
  waited: "You can try again now.",
  unsaved: "Changed, not saved yet.",
  hint: (/** @type {number} */ n, /** @type {number} */ of, /** @type {number} */ cost) =>
    `Hint (${n} of ${of}${cost ? `, costs ${percent(cost)}` : ""})`,
  hintHead: (/** @type {number} */ n) => `Hint ${n}`,
  why: "Explanation",
  show: "Show explanation",
  hide: "Hide explanation",
  reveal: "Show the answer",
  answerIs: "Answer: ",
  exampleIs: "An answer to compare with: ",
  earned: (/** @type {number} */ f) => `It earns ${percent(Math.round(f * 100) / 100)} of the points.`,
  verdict: /** @type {Record<string, string>} */ ({
    right: "Right.",
    "partly-right": "Partly right.",
    wrong: "Not right yet.",
    over: "Not right.",
    invalid: "Not counted.",
    unanswered: "Nothing to check yet.",
    failed: "Not saved.",
    waiting: "Still waiting.",
    unchecked: "Not checked.",
    taken: "Taken back.",
    saved: "Saved.",
    handedIn: "Handed in.",
  }),
  next: /** @type {Record<string, string>} */ ({
    "partly-right": "Change your answer and try again.",
    wrong: "Change your answer and try again.",
    saved: "It is marked after you submit.",
  }),
  nextSeveral: "Something is missing, or one too many is chosen. Change your answer and try again.",
  nextCode: "Change your code, run it, and check again.",
  choose: "Choose an answer first.",
  write: "Write an answer first.",
  build: "Add a line to your program first.",
  fill: "Fill in a blank first.",
  same: "You have submitted this answer already. Change it first.",
  changed: "You answered an earlier wording of this question. Answer it again if you like.",
  nothingSaved: "No answer to this question is saved now.",
  kept: "Your answer is still here.",
  retried: "It will be sent again by itself.",
  waiting:
    "The kernel has not answered yet; it may be busy or stopped. Your answer stays here. " +
    "Wait a little, or run this cell again (Shift+Enter) and submit once more.",
  lost:
    "This quiz has no connection to a running kernel, so it cannot check answers. " +
    "Run this cell (Shift+Enter) to connect it; what you have chosen stays here.",
  unknown: "This kind of question needs a newer course-kit.",
  code: "Code",
  formula: "Formula",
  yes: "True",
  no: "False",
};

const ICONS = /** @type {Record<string, string>} */ ({
  right: '<circle cx="8" cy="8" r="7"/><path d="M4.6 8.3l2.3 2.3 4.6-5"/>',
  "partly-right": '<circle cx="8" cy="8" r="7"/><path d="M4.8 8h6.4"/>',
  wrong: '<circle cx="8" cy="8" r="7"/><path d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8"/>',
  note: '<circle cx="8" cy="8" r="7"/><path d="M8 7.4v4M8 4.6v.3"/>',
  up: '<path d="M8 13V3M4 7l4-4 4 4"/>',
  down: '<path d="M8 3v10M4 9l4 4 4-4"/>',
  out: '<path d="M14 3v10M11 8H2M5 5L2 8l3 3"/>',
  in: '<path d="M2 3v10M5 8h9M11 5l3 3-3 3"/>',
  add: '<path d="M8 3v10M3 8h10"/>',
  remove: '<path d="M4 4l8 8M12 4l-8 8"/>',
  grip: '<path d="M6 4v.1M10 4v.1M6 8v.1M10 8v.1M6 12v.1M10 12v.1"/>',
});
Object.assign(ICONS, { saved: ICONS.right, handedIn: ICONS.right, over: ICONS.wrong, failed: ICONS.wrong });

/** @param {number} share */
const percent = (share) => `${Math.round(share * 1000) / 10}\u00a0%`;

/** @param {number} seconds in words, roughly where there are many */
function span(seconds) {
  if (seconds < 60) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * An element with attributes and children. What can hold the focus keeps its keys from JupyterLab's shortcuts.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {(Node | string | null)[]} children
 * @returns {any}
 */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  keepKeys(element);
  return element;
}

/** @param {Element} element */
function keepKeys(element) {
  if (element.matches("input, button, select, textarea, a[href], summary, [tabindex]")) {
    element.setAttribute("data-lm-suppress-shortcuts", "true");
  }
}

/** @param {string} name */
function icon(name) {
  const span = h("span", { class: "ck-icon", "aria-hidden": "true" });
  span.innerHTML = `<svg viewBox="0 0 16 16" focusable="false">${ICONS[name] ?? ICONS.note}</svg>`;
  return span;
}

const UNSAFE = "script,style,iframe,frame,object,embed,base,link,meta,form,svg,template";

/** Take out what runs or leads astray. @param {Element} part */
function clean(part) {
  if (part.matches(UNSAFE)) part.remove();
  for (const { name, value } of [...part.attributes]) {
    const astray = /(href|src|action)$/i.test(name) && !/^(https?:|mailto:|data:image\/|#)/i.test(value);
    if (astray || /^on|^src.+|^data-(?!blank)/i.test(name)) part.removeAttribute(name);
  }
}

/**
 * Text that course-kit rendered: no raw HTML passes its renderer, but somebody may have changed the file that it is in.
 * @param {string} tag @param {string} className @param {string} source @param {Record<string, any>} [attributes]
 */
function rich(tag, className, source, attributes = {}) {
  const element = h(tag, { class: className, ...attributes });
  const page = h("template");
  page.innerHTML = source; // nothing in a template runs or loads
  for (const part of page.content.querySelectorAll("*")) clean(part);
  element.append(page.content);
  for (const wide of element.querySelectorAll("pre, .math.block")) {
    wide.setAttribute("tabindex", "0"); // what is wide scrolls, by keyboard as well
    wide.setAttribute("role", "group");
    wide.setAttribute("aria-label", wide.matches("pre") ? TEXT.code : TEXT.formula);
  }
  for (const part of element.querySelectorAll("*")) keepKeys(part);
  return element;
}

/** A line of code, without the frame of its block. @param {string} source */
function codeLine(source) {
  const inner = /** @type {HTMLElement | null} */ (rich("div", "", source).querySelector("pre code"));
  if (!inner) return rich("span", "ck-text", source);
  return rich("code", "ck-text ck-code", inner.innerHTML.trimEnd());
}

/** The words of rendered text: an option's label, say. @param {string | Element} source */
function wordsOf(source) {
  const element = typeof source === "string" ? rich("div", "", source) : /** @type {Element} */ (source.cloneNode(true));
  for (const hidden of element.querySelectorAll("annotation")) hidden.remove();
  return (element.textContent ?? "").replace(/\s+/g, " ").trim();
}

/** What was typed and not sent: in this browser's storage where there is one, else as long as the page lives. */
const memory = /** @type {Map<string, string>} */ (new Map());
const drafts = {
  /** @param {string | null} key */
  get(key) {
    if (key === null) return undefined;
    try {
      const text = localStorage.getItem(key) ?? memory.get(key) ?? null;
      return text === null ? undefined : JSON.parse(text);
    } catch {
      return undefined;
    }
  },
  /** @param {string | null} key @param {any} value undefined forgets it */
  set(key, value) {
    if (key === null) return;
    const text = value === undefined ? null : JSON.stringify(value);
    if (text === null) memory.delete(key);
    else memory.set(key, text);
    try {
      if (text === null) localStorage.removeItem(key);
      else localStorage.setItem(key, text);
    } catch {
      /* storage is off or full: memory has it */
    }
  },
};

let counter = 0;
/** @returns {string} a new id, unique on this page and most likely everywhere */
function newId() {
  counter += 1;
  return `${Date.now().toString(36)}-${counter}-${Math.random().toString(36).slice(2)}`;
}

/**
 * Show or hide a control; a focus that would vanish with it goes to `heir`.
 * @param {HTMLElement} control @param {boolean} shown @param {HTMLElement | null} heir
 */
function toggle(control, shown, heir) {
  const hadFocus = !shown && document.activeElement === control;
  control.hidden = !shown;
  if (hadFocus) heir?.focus();
}

/** @param {any} a @param {any} b */
const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** The numbers below `count` in the learner's order. @param {Item} item @param {number} count @returns {number[]} */
function orderOf(item, count) {
  const plain = Array.from({ length: count }, (_, n) => n);
  const given = item.order ?? plain;
  return given.length === count && plain.every((n) => given.includes(n)) ? given : plain;
}

const RAISED = "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹";
const LOWERED = "+-0123456789";
const POWER =
  /^(?:(?<mantissa>[+-]?[0-9.,'’_ ]*[0-9.]) ?[x×·⋅∙*] ?|(?<sign>[+-]?))10(?:\^|\*\*)(?:\((?<inner>[+-]?[0-9]{1,3})\)|(?<outer>[+-]?[0-9]{1,3}))$/;

/** @param {string} text */
const strip = (text) => text.replace(/^[ \t\n\r\f\v]+|[ \t\n\r\f\v]+$/g, "");

/** With full-width letters, raised digits, minus signs and blanks made plain; null for other odd digits. @param {string} text */
function plainText(text) {
  if ([...text].length > 100) return null;
  if (/^[\0-\x7f]*$/.test(text)) return strip(text);
  const lowered = (/** @type {string} */ part) => `^${[...part].map((one) => LOWERED[RAISED.indexOf(one)]).join("")}`;
  const raised = text.replace(/[\u200b\u200e\u200f\u2060\ufeff]/g, "").replace(/[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, lowered);
  for (const letter of raised) {
    const folded = letter.normalize("NFKC");
    if (!/[0-9\uff10-\uff19]/.test(letter) && folded !== letter && /[0-9]/.test(folded)) return null;
  }
  return strip(raised.normalize("NFKC").replace(/[\u2010-\u2013\u2212]/g, "-"));
}

/** Without the marks between groups of three, and with a decimal point where a comma was one. @param {string} given */
function withPoint(given) {
  const grouped = /^([+-]?[0-9]{1,3})((?:[ '’_][0-9]{3})+)((?:[.,][0-9]*)?(?:[eE][+-]?[0-9]+)?)$/.exec(given);
  if (grouped) given = grouped[1] + grouped[2].replace(/[^0-9]/g, "") + grouped[3];
  if (/^[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+\.[0-9]+|(?:,[0-9]{3}){2,})$/.test(given)) return given.replaceAll(",", "");
  if (/^[+-]?[0-9]{1,3}(?:(?:\.[0-9]{3})+,[0-9]+|(?:\.[0-9]{3}){2,})$/.test(given))
    return given.replaceAll(".", "").replace(",", ".");
  return given.split(",").length === 2 && !given.includes(".") ? given.replace(",", ".") : given;
}

/**
 * The number that a person typed, as plain decimal text, or null. It reads what the kernel reads (see
 * `course_kit.model.kinds.quantities.parse_number`; tests/golden/numbers.json holds both to the same).
 * @param {string} text
 */
export function parseNumber(text) {
  let given = plainText(text);
  if (given === null) return null;
  const isPercent = given.endsWith("%");
  if (isPercent) given = strip(given.slice(0, -1));
  given = given.replace(/^([+-]) +/, "$1");
  const power = POWER.exec(given)?.groups;
  if (power) given = power.mantissa || `${power.sign}1`;
  const parts = /^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE]([+-]?[0-9]{1,3}))?$/.exec(withPoint(given));
  if (!parts || (power && parts[2]) || parts[1].length > 60) return null;
  const exponent = Number(parts[2] ?? 0) + Number(power?.inner ?? power?.outer ?? 0) - (isPercent ? 2 : 0);
  return parts[1] + (exponent ? `e${exponent}` : "");
}

/**
 * Sends messages and hands each reply to whoever waits for it.
 * @param {Model} model
 */
function connect(model) {
  /** @type {Map<string, {done: (reply: Reply) => void, timer: number}>} */
  const waiting = new Map();
  /** @param {Reply} reply */
  const onReply = (reply) => {
    if (reply?.kind !== "reply") return;
    const one = waiting.get(reply.id);
    if (!one) return;
    waiting.delete(reply.id);
    clearTimeout(one.timer);
    one.done(reply);
  };
  model.on("msg:custom", onReply);
  return {
    /**
     * @param {{id: string, kind: string, [name: string]: any}} content @param {(reply: Reply) => void} done
     * @param {() => void} late called when the kernel takes long or is not there; a reply may still come
     */
    send(content, done, late) {
      const timer = setTimeout(late, PATIENCE);
      waiting.set(content.id, { done, timer });
      try {
        model.send(content);
      } catch {
        clearTimeout(timer);
        late();
      }
    },
    dispose() {
      model.off("msg:custom", onReply);
      for (const { timer } of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}

/*
 * The controls of each kind: made from the item, an id and its prompt's element; what they hold can be read (null where
 * nothing is given) and written. Whatever changes them sends an `input` event.
 */

/** @param {string} kind @param {string} id */
const legend = (kind, id) => h("legend", { id: `${id}-legend`, class: "ck-label" }, TEXT.legend[kind]);

/** @param {Item} item @param {string} id @returns {Form} */
function choices(item, id) {
  const several = item.kind === "several-choices";
  const truth = item.kind === "true-false";
  const order = truth ? [0, 1] : orderOf(item, item.form.choices.length);
  const values = truth ? [true, false] : order;
  const shown = truth ? [TEXT.yes, TEXT.no] : order.map((n) => item.form.choices[n]);
  /** @type {HTMLInputElement[]} */
  const inputs = values.map((value) => h("input", { type: several ? "checkbox" : "radio", name: id, value }));
  const rows = inputs.map((input, n) => h("label", { class: "ck-choice" }, input, rich("span", "ck-text", shown[n])));
  return {
    parts: [legend(item.kind, id), ...rows],
    read: () => {
      const taken = values.filter((_, n) => inputs[n].checked);
      if (taken.length === 0) return null;
      return several ? [.../** @type {number[]} */ (taken)].sort((a, b) => a - b) : taken[0];
    },
    write: (response) => {
      const taken = Array.isArray(response) ? response : [response];
      inputs.forEach((input, n) => (input.checked = taken.includes(values[n])));
    },
    nothing: TEXT.choose,
  };
}

const TYPED = { autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 10000 };

/** A number, a few words or a formula. @param {Item} item @param {string} id @returns {Form} */
function line(item, id) {
  const { unit, units, names } = item.form;
  const plainNumber = item.kind === "number" && !unit;
  const asks = unit ? TEXT.units(units ?? []) : names?.length ? TEXT.names(names) : "";
  const help = h("p", { class: "ck-small", id: `${id}-help` }, asks);
  const input = h("input", {
    type: "text",
    id: `${id}-input`,
    class: "ck-input",
    ...TYPED,
    inputmode: plainNumber ? "decimal" : null,
    "aria-describedby": `${id}-prompt ${id}-help`,
  });
  const tell = (/** @type {boolean} */ done) => {
    if (!plainNumber) return;
    const value = parseNumber(input.value);
    const shown = value === null ? "" : String(Number(value));
    const typed = input.value.trim();
    help.textContent =
      value === null ? (done && typed ? TEXT.unread : "") : shown.replace("e+", "e") === typed || !/[^\d.+-]/.test(typed) ? "" : TEXT.readAs + shown;
  };
  input.addEventListener("input", () => tell(false));
  input.addEventListener("change", () => tell(true));
  return {
    parts: [h("label", { for: input.id, class: "ck-label" }, TEXT.label[unit ? "unit" : item.kind]), input, help],
    read: () => (input.value.trim() === "" ? null : input.value),
    write: (response) => {
      input.value = typeof response === "string" ? response : "";
      tell(false);
    },
    nothing: TEXT.write,
  };
}

/** @param {Item} item @param {string} id @returns {Form} */
function essay(item, id) {
  const [min, max] = item.form.words ?? [0, null];
  const count = h("p", { class: "ck-small", id: `${id}-help` });
  const area = h("textarea", {
    id: `${id}-input`,
    class: "ck-input ck-essay",
    rows: item.form.lines ?? 6,
    style: `--ck-lines: ${item.form.lines ?? 6}`,
    maxlength: 10000,
    "aria-describedby": `${id}-prompt ${id}-help`,
  });
  const grow = () => {
    count.textContent = TEXT.words(area.value.split(/\s+/).filter(Boolean).length, min, max);
    if (CSS.supports("field-sizing", "content")) return; // it grows by itself
    area.style.height = "";
    if (area.scrollHeight > area.clientHeight) area.style.height = `${area.scrollHeight + 4}px`;
  };
  area.addEventListener("input", grow);
  grow();
  return {
    parts: [h("label", { for: area.id, class: "ck-label" }, TEXT.label.essay), area, count],
    read: () => (area.value.trim() === "" ? null : area.value),
    write: (response) => {
      area.value = typeof response === "string" ? response : "";
      grow();
    },
    nothing: TEXT.write,
    tidy: grow,
  };
}

/**
 * A native list to choose from. @param {[string, string][]} options values and labels
 * @param {Record<string, any>} attributes
 */
const select = (options, attributes) =>
  h("select", { class: "ck-input", ...attributes }, ...options.map(([value, label]) => h("option", { value }, label)));

/** Blanks in the prompt itself. @param {Item} item @param {string} id @param {HTMLElement} prompt @returns {Form} */
function cloze(item, id, prompt) {
  const gaps = item.form.blanks.map((/** @type {any} */ blank, /** @type {number} */ n) => {
    const attributes = { class: "ck-input ck-gap", "aria-label": blank.label ?? TEXT.blank(n + 1), "data-gap": n };
    if (blank.kind === "choice") {
      const options = blank.choices.map((/** @type {string} */ text) => [text, text]);
      return select([["", TEXT.pick], ...options], attributes);
    }
    return h("input", { type: "text", ...TYPED, inputmode: blank.kind === "number" ? "decimal" : null, ...attributes });
  });
  const fit = () => {
    for (const gap of gaps) if (gap.matches("input")) gap.size = Math.min(40, Math.max(6, gap.value.length + 1));
  };
  gaps.forEach((/** @type {any} */ gap, /** @type {number} */ n) => {
    const place = prompt.querySelector(`.ck-blank[data-blank="${n}"]`);
    if (place) place.replaceWith(gap);
    else prompt.append(h("p", {}, `${TEXT.blank(n + 1)}: `, gap));
    gap.addEventListener("input", fit);
  });
  return {
    parts: [legend(item.kind, id), prompt],
    read: () => {
      const values = gaps.map((/** @type {any} */ gap) => gap.value);
      return values.every((/** @type {string} */ value) => value.trim() === "") ? null : values;
    },
    write: (response) => {
      gaps.forEach((/** @type {any} */ gap, /** @type {number} */ n) => (gap.value = response?.[n] ?? ""));
      fit();
    },
    nothing: TEXT.fill,
    labelled: `${id}-number ${id}-legend`,
  };
}

/** @param {Item} item @param {string} id @returns {Form} */
function matching(item, id) {
  const { left, right } = /** @type {{left: string[], right: string[]}} */ (item.form);
  const order = orderOf(item, right.length);
  // an option holds words only: where the right side is more than that, it is shown beside, with letters
  const letters = right.some((text) => /<(math|img|pre|table|svg|ul|ol)\b/.test(text) || !wordsOf(text) || wordsOf(text).length > 60);
  const letter = (/** @type {number} */ n) => String.fromCharCode(65 + (n % 26)) + (n < 26 ? "" : Math.floor(n / 26));
  const options = order.map((n, place) => /** @type {[string, string]} */ ([String(n), letters ? letter(place) : wordsOf(right[n])]));
  const boxes = left.map((_, n) => select([["-1", TEXT.pick], ...options], { id: `${id}-${n}` }));
  const rows = left.map((text, n) =>
    h("div", { class: "ck-pair" }, rich("label", "ck-text", text, { for: `${id}-${n}` }), boxes[n]),
  );
  const shown = order.map((n, place) => h("li", { "data-letter": letter(place) }, h("b", {}, letter(place)), rich("div", "ck-text", right[n])));
  return {
    parts: [legend(item.kind, id), ...rows, ...(letters ? [h("ul", { class: "ck-letters" }, ...shown)] : [])],
    read: () => {
      const chosen = boxes.map((box) => Number(box.value));
      return chosen.every((n) => n === -1) ? null : chosen;
    },
    write: (response) => {
      boxes.forEach((box, n) => (box.value = String(response?.[n] ?? -1)));
      for (const box of boxes) if (box.selectedIndex < 0) box.value = "-1";
    },
    nothing: TEXT.choose,
  };
}

/** The learner's own cells are looked at; nothing is given here. @param {Item} item @returns {Form} */
function codeCheck(item) {
  return {
    parts: [h("p", { class: "ck-small" }, TEXT.looks(item.form.names ?? []))],
    read: () => null,
    write: () => {},
    nothing: "",
    checks: true,
  };
}

const MOST_LEVELS = 12;
/** How many em one level of indentation is wide; quiz.css has the same. */
const LEVEL = 2.2;

/** Pieces in one list (ordering), or lines taken from one list into another (Parsons). */
class Rows {
  /** @param {Item} item @param {string} id */
  constructor(item, id) {
    const { pieces, indent } = item.form;
    this.id = id;
    this.parsons = item.kind === "parsons";
    this.indents = this.parsons && indent;
    this.order = orderOf(item, pieces.length);
    this.live = h("div", { class: "ck-sr", role: "status" });
    const label = (/** @type {string} */ name, /** @type {string} */ text) =>
      h("p", { class: "ck-label", id: `${id}-${name}` }, text);
    this.program = h("ol", {
      class: this.parsons ? "ck-rows ck-program" : "ck-rows",
      "aria-labelledby": this.parsons ? `${id}-program` : `${id}-legend`,
      "aria-describedby": `${id}-keys`,
      "data-empty": TEXT.noneUsed,
    });
    this.pool = h("ul", { class: "ck-rows ck-pool", "aria-labelledby": `${id}-pool`, "data-empty": TEXT.allUsed });
    const keys = h("p", { class: "ck-small", id: `${id}-keys` }, TEXT.keys(this.indents));
    this.rows = pieces.map((/** @type {string} */ source, /** @type {number} */ n) => this.row(source, n));
    this.parts = this.parsons
      ? [
          h(
            "div",
            { class: "ck-build" },
            h("div", {}, label("pool", TEXT.pieces), this.pool),
            h("div", {}, label("program", TEXT.program), this.program),
          ),
          keys,
          this.live,
        ]
      : [legend(item.kind, id), this.program, keys, this.live];
    this.write(null);
  }

  /** @param {string} source @param {number} n */
  row(source, n) {
    const text = this.parsons ? codeLine(source) : rich("span", "ck-text", source);
    text.id = `${this.id}-piece${n}`;
    const li = h("li", { class: "ck-row", "data-piece": n, "data-level": 0 });
    const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ onclick) => {
      const own = `${this.id}-${name}${n}`;
      const labels = { "aria-label": label, title: label, "aria-labelledby": `${own} ${text.id}` };
      return h("button", { type: "button", id: own, class: `ck-tool ck-${name}`, onclick, ...labels }, icon(name));
    };
    const tools = [
      button("add", TEXT.add, () => this.add(li)),
      button("up", TEXT.up, () => this.move(li, -1)),
      button("down", TEXT.down, () => this.move(li, 1)),
      ...(this.indents ? [button("out", TEXT.out, () => this.indent(li, -1)), button("in", TEXT.in, () => this.indent(li, 1))] : []),
      button("remove", TEXT.remove, () => this.remove(li)),
    ];
    const grip = h("span", { class: "ck-grip", "aria-hidden": "true" }, icon("grip"));
    li.append(grip, text, h("span", { class: "ck-tools" }, ...tools));
    li.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.onKey(event, li));
    li.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.onDown(event, li));
    return li;
  }

  /** @returns {any} */
  read() {
    const lines = [...this.program.children].map((li) => [Number(li.dataset.piece), Number(li.dataset.level)]);
    if (!this.parsons) return lines.map(([piece]) => piece);
    return lines.length ? lines : null;
  }

  /** @param {any} response */
  write(response) {
    const given = Array.isArray(response) ? response.map((part) => (Array.isArray(part) ? part : [part, 0])) : [];
    const used = given.filter(([piece]) => this.rows[piece]);
    if (this.parsons) this.pool.replaceChildren(...this.order.map((n) => this.rows[n]));
    else this.program.replaceChildren(...this.order.map((n) => this.rows[n]));
    for (const row of this.rows) this.setLevel(row, 0);
    for (const [piece, level] of used) {
      this.program.append(this.rows[piece]);
      this.setLevel(this.rows[piece], Number(level) || 0);
    }
    this.ends();
  }

  /** @param {any} li @param {number} level */
  setLevel(li, level) {
    li.dataset.level = Math.max(0, Math.min(MOST_LEVELS, level));
    li.style.setProperty("--ck-level", li.dataset.level);
  }

  /** What cannot be done is said, and its button keeps the focus. */
  ends() {
    for (const li of this.program.children) {
      const off = (/** @type {string} */ name, /** @type {boolean} */ yes) =>
        li.querySelector(`.ck-${name}`)?.setAttribute("aria-disabled", String(yes));
      off("up", !li.previousElementSibling);
      off("down", !li.nextElementSibling);
      off("out", li.dataset.level === "0");
      off("in", Number(li.dataset.level) >= MOST_LEVELS);
    }
  }

  /** Something has moved. @param {any} li */
  moved(li) {
    const text = wordsOf(li.querySelector(".ck-text")).slice(0, 80);
    const all = [...this.program.children];
    const place = all.indexOf(li);
    this.live.textContent =
      place < 0 ? TEXT.out2(text) : TEXT.at(text, place + 1, all.length, this.indents ? Number(li.dataset.level) : null);
    this.ends();
    this.program.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {any} li @param {number} by */
  move(li, by) {
    const other = by < 0 ? li.previousElementSibling : li.nextElementSibling;
    if (li.parentElement !== this.program || !other) return;
    const held = document.activeElement;
    if (by < 0) other.before(li);
    else other.after(li);
    if (held instanceof HTMLElement && li.contains(held)) held.focus();
    this.moved(li);
  }

  /** @param {any} li @param {number} by */
  indent(li, by) {
    if (li.parentElement !== this.program) return;
    const before = li.dataset.level;
    this.setLevel(li, Number(before) + by);
    if (li.dataset.level !== before) this.moved(li);
  }

  /** Below the last line, as far in. @param {any} li */
  add(li) {
    const next = li.nextElementSibling ?? li.previousElementSibling;
    this.setLevel(li, Number(this.program.lastElementChild?.dataset.level ?? 0));
    this.program.append(li);
    (next?.querySelector(".ck-add") ?? li.querySelector(".ck-up")).focus();
    this.moved(li);
  }

  /** @param {any} li */
  remove(li) {
    this.setLevel(li, 0);
    this.pool.append(li);
    this.sortPool();
    li.querySelector(".ck-add").focus();
    this.moved(li);
  }

  sortPool() {
    const there = new Set(this.pool.children);
    this.pool.append(...this.order.map((n) => this.rows[n]).filter((/** @type {any} */ li) => there.has(li)));
  }

  /** @param {KeyboardEvent} event @param {any} li */
  onKey(event, li) {
    if (event.shiftKey || event.ctrlKey || event.altKey || event.metaKey || li.parentElement !== this.program) return;
    const vertical = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const sideways = this.indents ? { ArrowLeft: -1, ArrowRight: 1 }[event.key] : undefined;
    if (vertical) this.move(li, vertical);
    else if (sideways) this.indent(li, sideways);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Begin to drag: anywhere with a mouse, at the grip with a finger (which scrolls elsewhere). @param {PointerEvent} event @param {any} li */
  onDown(event, li) {
    const target = /** @type {Element} */ (event.target);
    const held = event.pointerType === "mouse" || target.closest(".ck-grip");
    if (event.button || !held || target.closest("button, a") || li.closest("fieldset:disabled")) return;
    event.preventDefault();
    drag(this, li, event);
  }
}

/**
 * Follow the pointer until it is lifted; Escape puts the row back.
 * @param {Rows} rows @param {any} li @param {PointerEvent} down
 */
function drag(rows, li, down) {
  const start = { list: li.parentElement, next: li.nextElementSibling, level: Number(li.dataset.level) };
  const lists = rows.parsons ? [rows.pool, rows.program] : [rows.program];
  const wide = parseFloat(getComputedStyle(li).fontSize) * LEVEL;
  let origin = down.clientX;
  let level = start.level;
  let moving = false;
  /** @param {PointerEvent} event */
  const move = (event) => {
    if (!moving && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < 4) return;
    moving = true;
    li.classList.add("ck-dragged");
    const inside = (/** @type {Element} */ list) => {
      const box = list.getBoundingClientRect();
      return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    };
    const list = lists.find(inside) ?? li.parentElement;
    if (list !== li.parentElement) [origin, level] = [event.clientX, 0];
    const next = [...list.children].find((other) => {
      const box = other.getBoundingClientRect();
      return other !== li && event.clientY < box.top + box.height / 2;
    });
    if (list !== li.parentElement || (next ?? null) !== li.nextElementSibling) list.insertBefore(li, next ?? null);
    if (rows.indents) rows.setLevel(li, list === rows.program ? level + Math.round((event.clientX - origin) / wide) : 0);
  };
  /** @param {boolean} keep */
  const end = (keep) => {
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", drop);
    document.removeEventListener("pointercancel", cancel);
    document.removeEventListener("keydown", escape, true);
    li.classList.remove("ck-dragged");
    if (!moving) return;
    if (!keep) {
      start.list.insertBefore(li, start.next);
      rows.setLevel(li, start.level);
    }
    if (li.parentElement === rows.pool) rows.sortPool();
    if (keep) rows.moved(li);
  };
  const drop = () => end(true);
  const cancel = () => end(false);
  /** @param {KeyboardEvent} event */
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    end(false);
  };
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", escape, true);
}

/** @param {Item} item @param {string} id @returns {Form} */
function pieces(item, id) {
  const rows = new Rows(item, id);
  return { parts: rows.parts, read: () => rows.read(), write: (response) => rows.write(response), nothing: TEXT.build };
}

/** @type {Record<string, (item: Item, id: string, prompt: HTMLElement) => Form>} */
const CONTROLS = {
  "one-choice": choices,
  "several-choices": choices,
  "true-false": choices,
  number: line,
  "short-text": line,
  expression: line,
  "code-check": codeCheck,
  ordering: pieces,
  parsons: pieces,
  cloze,
  matching,
  essay,
};

/** How sure the learner is, beside any answer. @param {string} id */
function sureness(id) {
  /** @type {HTMLInputElement[]} */
  const inputs = TEXT.sureness.map((_, n) => h("input", { type: "radio", name: `${id}-sure`, value: n + 1 }));
  const rows = inputs.map((input, n) => h("label", { class: "ck-choice" }, input, h("span", { class: "ck-text" }, TEXT.sureness[n])));
  const element = h("fieldset", { class: "ck-sure" }, h("legend", { class: "ck-label" }, TEXT.sure), h("div", {}, ...rows));
  return {
    element,
    read: () => {
      const taken = inputs.findIndex((input) => input.checked);
      return taken < 0 ? null : taken + 1;
    },
    write: (/** @type {any} */ value) => inputs.forEach((input, n) => (input.checked = n + 1 === value)),
  };
}

const NOTHING = /** @type {any} */ ({ state: "unanswered", response: null, feedback: [], hints: [], answers: [], left: null });

/** One question: its controls, its actions, and what came of the last answer. */
class ItemView {
  /** @param {Model} model @param {ReturnType<typeof connect>} link @param {Quiz} quiz @param {number} position */
  constructor(model, link, quiz, position) {
    this.model = model;
    this.link = link;
    this.quiz = quiz;
    this.position = position;
    this.item = quiz.items[position];
    this.draftKey = /** @type {string | null} */ (null);
    /** A try that has not been answered; sent again with the same id, the kernel counts it once. */
    this.pending = /** @type {{id: string, response: any} | null} */ (null);
    /** Whether Submit was pressed once more while an answer was on its way. */
    this.queued = false;
    this.retries = 0;
    /** When another attempt counts, by the page's clock; 0 where one does already. */
    this.until = 0;
    this.clock = /** @type {number | undefined} */ (undefined);
    this.retry = /** @type {number | undefined} */ (undefined);
    this.whyShown = "";
    /** The standing that is shown: a hundred questions hear of every answer to one of them. */
    this.shown = "";
    this.start(this.item);
  }

  /** Begin with an item, or with another variant of it. @param {Item} item @param {Standing | null} standing */
  start(item, standing = null) {
    const { name, scope } = this.quiz;
    this.item = item;
    this.id = `ck-${newId()}`;
    const wording = `${item.digest}${item.variant ? `.${item.variant}` : ""}`;
    this.draftKey = scope ? `course-kit:draft:${scope}:${name}/${item.key}:${wording}` : null;
    /** The response that the kernel judged last. */
    this.judged = /** @type {any} */ (null);
    this.pending = null;
    this.checking = this.queued = false;
    this.retries = this.until = 0;
    this.whyShown = "";
    this.stopTimers();
    /** How the item stands by the last reply, until the synchronised state says so too. */
    this.fresh = standing;
    const make = CONTROLS[item.kind];
    this.prompt = rich("div", "ck-prompt", item.prompt, { id: `${this.id}-prompt` });
    this.form = make ? make(item, this.id, this.prompt) : null;
    this.sure = item.confidence ? sureness(this.id) : null;
    this.element = this.build(this.position + 1, this.quiz.items.length);
    if (this.form) this.restore();
  }

  /** @returns {Standing} */
  get standing() {
    const known = this.fresh ?? this.model.get("answers")[this.item.key] ?? NOTHING;
    const mine = (known.variant ?? 0) === (this.item.variant ?? 0);
    return mine ? known : NOTHING; // for a moment, what is known may be about the variant before
  }

  /** Whether no more answers are taken. */
  get over() {
    return this.standing.left === 0;
  }

  /** The synchronised state has come. */
  synchronised() {
    const before = this.shown;
    this.fresh = null;
    if (this.form && before !== JSON.stringify(this.standing)) this.refresh();
  }

  /** Another variant: in place of this one. @param {Item} item @param {Standing | null} standing */
  replace(item, standing = null) {
    if (same(item, this.item)) return;
    const old = this.element;
    this.start(item, standing);
    old.replaceWith(this.element);
    this.form?.tidy?.();
  }

  stopTimers() {
    clearInterval(this.clock);
    clearTimeout(this.retry);
    this.clock = this.retry = undefined;
  }

  /** @param {number} number @param {number} of */
  build(number, of) {
    const { id, item, prompt } = this;
    this.badge = h("span", { class: "ck-badge", hidden: true });
    const head = h(
      "div",
      { class: "ck-head" },
      h("span", { id: `${id}-number`, class: "ck-number", tabindex: "-1" }, TEXT.question(number, of)),
      this.quiz.graded ? h("span", { class: "ck-minutes" }, TEXT.points(item.points)) : null,
      item.minutes ? h("span", { class: "ck-minutes" }, TEXT.minutes(item.minutes)) : null,
      this.badge,
    );
    if (!this.form) return h("div", { class: "ck-item" }, head, prompt, h("p", {}, TEXT.unknown));
    const names = this.form.labelled ?? `${id}-number ${id}-prompt`;
    this.fieldset = h("fieldset", { "aria-labelledby": names }, ...this.form.parts, this.sure?.element ?? null);
    this.fieldset.addEventListener("input", () => this.onInput());
    this.fieldset.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.onKey(event));
    this.feedback = h("div", { class: "ck-feedback", role: "status", id: `${id}-feedback` });
    this.hints = h("div", { class: "ck-hints", role: "status" });
    this.why = h("div", { class: "ck-why", id: `${id}-why`, hidden: true, tabindex: "-1" });
    this.told = h("div", { class: "ck-sr", role: "status" });
    const parts = [
      head,
      this.form.parts.includes(prompt) ? null : prompt,
      this.fieldset,
      this.buildActions(),
      this.feedback,
      this.hints,
      this.why,
      this.told,
    ];
    return h("form", { class: "ck-item", novalidate: true, onsubmit: (/** @type {Event} */ e) => this.onSubmit(e) }, ...parts);
  }

  buildActions() {
    const button = (/** @type {string} */ text, /** @type {() => void} */ onclick, more = {}) =>
      h("button", { type: "button", class: "ck-button", onclick, ...more }, text);
    this.info = h("span", { class: "ck-info", id: `${this.id}-info` });
    this.submit = h("button", { type: "submit", class: "ck-button ck-primary", "aria-describedby": this.info.id });
    this.hint = button("", () => this.ask("hint", this.hint));
    this.reveal = button(TEXT.reveal, () => this.ask("reveal", this.reveal));
    this.explain = button(TEXT.show, () => this.toggleWhy(), { "aria-expanded": "false", "aria-controls": `${this.id}-why` });
    this.renew = button(TEXT.renew, () => this.ask("renew", this.renew));
    return h("div", { class: "ck-actions" }, this.submit, this.hint, this.reveal, this.explain, this.renew, this.info);
  }

  /** Put back what was answered, or what was given since. */
  restore() {
    const now = this.standing;
    const draft = drafts.get(this.draftKey);
    const kept = draft !== null && typeof draft === "object" && !Array.isArray(draft) ? draft : null;
    this.judged = now.response ?? null;
    this.sureJudged = now.confidence ?? null;
    this.form?.write(kept ? kept.response : this.judged);
    this.sure?.write(kept ? kept.confidence : this.sureJudged);
    if (now.state !== "unanswered") this.judge(now);
    else if (now.changed) this.say("note", TEXT.changed);
    this.refresh();
  }

  /**
   * Put a verdict and remarks into the live region.
   * @param {string} state @param {string} message @param {(Node | string)[]} more
   */
  say(state, message, ...more) {
    const verdict = TEXT.verdict[state];
    const words = [verdict ? h("strong", {}, verdict) : null, verdict && message ? " " : null, message || null];
    this.feedback.dataset.state = state === "handedIn" ? "saved" : state === "over" ? "wrong" : state;
    this.feedback.replaceChildren(h("p", { class: "ck-verdict" }, icon(state), h("span", {}, ...words)), ...more);
  }

  /** @param {Remark} remark */
  remark(remark) {
    const { kind, form } = this.item;
    const body = rich("div", "ck-remark", remark.text);
    /** @type {Record<string, string[]>} */
    const texts = { "several-choices": form.choices, matching: form.left, parsons: form.pieces };
    if (remark.choice === null) return body;
    const about = kind === "cloze" ? TEXT.blank(remark.choice + 1) : texts[kind]?.[remark.choice];
    if (about !== undefined) body.prepend(rich("div", "ck-about", about));
    return body;
  }

  /** The results of checks on code: one entry each. @param {any} results @param {Remark[]} remarks */
  results(results, remarks) {
    if (!Array.isArray(results)) return remarks.map((remark) => this.remark(remark));
    const entries = results.map((result, n) => {
      const good = result === "ok";
      const said = remarks.filter((remark) => remark.choice === n).map((remark) => rich("div", "", remark.text));
      const found = good ? [] : [h("code", { class: "ck-found" }, String(result).replace(/^(failed|error): */, ""))];
      const head = h("b", {}, `${n + 1}: ${good ? TEXT.passed : TEXT.notPassed}`);
      return h("li", { "data-state": good ? "right" : "wrong" }, icon(good ? "right" : "wrong"), h("div", {}, head, ...said, ...found));
    });
    return [h("ul", { class: "ck-results" }, ...entries), ...remarks.filter((r) => r.choice === null).map((r) => this.remark(r))];
  }

  /** @param {Outcome | Standing} outcome */
  judge(outcome) {
    const now = this.standing;
    const { kind } = this.item;
    const { state, feedback: remarks } = outcome;
    const invalid = state === "invalid";
    if (state === "unanswered") return this.say("taken", TEXT.nothingSaved);
    this.markInvalid(invalid, remarks);
    if (invalid) {
      const [first, ...rest] = remarks.map((remark) => remark.text);
      this.say(state, wordsOf(first ?? ""), ...rest.map((text) => rich("div", "ck-remark", text)));
      return;
    }
    const handedIn = state === "right" && outcome.judged === false;
    const over = this.over && (state === "wrong" || state === "partly-right");
    let message = over ? TEXT.left(0) : (TEXT.next[state] ?? "");
    if (!over && kind === "several-choices" && state === "partly-right") message = TEXT.nextSeveral;
    if (!over && kind === "code-check" && state !== "right") message = TEXT.nextCode;
    // how much a part is worth would tell how many choices are right
    const worth = state === "right" ? now.fraction < 1 && !handedIn : state === "partly-right" && kind !== "several-choices";
    if (worth && now.fraction !== undefined) message = `${TEXT.earned(now.fraction)} ${message}`.trim();
    const read = now.read ? [h("div", { class: "ck-remark" }, TEXT.readAs, rich("span", "", now.read))] : [];
    const shown = kind === "code-check" ? this.results(now.response, remarks) : remarks.map((remark) => this.remark(remark));
    this.say(handedIn ? "handedIn" : over && state === "wrong" ? "over" : state, message, ...read, ...shown);
  }

  /** @param {boolean} invalid @param {Remark[]} remarks which blanks cannot be read, where there are some */
  markInvalid(invalid, remarks = []) {
    for (const input of this.fieldset.querySelectorAll(".ck-input")) {
      const gap = input.dataset.gap;
      const yes = invalid && (gap === undefined || !remarks.length || remarks.some((one) => one.choice === Number(gap)));
      if (input.getAttribute("aria-invalid") === String(yes)) continue;
      const described = (input.getAttribute("aria-describedby") ?? "").replace(` ${this.feedback.id}`, "");
      input.setAttribute("aria-invalid", String(yes));
      input.setAttribute("aria-describedby", yes ? `${described} ${this.feedback.id}` : described);
      if (!yes && !described) input.removeAttribute("aria-describedby");
    }
  }

  /** @param {boolean} yes */
  setChecking(yes) {
    this.checking = yes;
    this.submit.setAttribute("aria-disabled", String(yes));
    if (yes) this.submit.textContent = this.quiz.graded ? TEXT.saving : TEXT.checking;
    else this.refreshActions();
  }

  refresh() {
    const now = this.standing;
    this.shown = JSON.stringify(now);
    const word = now.state === "saved" ? TEXT.saved : now.solved ? (now.judged === false ? TEXT.handedIn : TEXT.solved) : "";
    this.badge.hidden = !word;
    this.badge.dataset.state = word === TEXT.solved ? "right" : "saved";
    if (word && this.badge.textContent !== word) this.badge.replaceChildren(icon("right"), word);
    if (this.hints.childElementCount !== now.hints.length) {
      const shown = now.hints.map((text, n) =>
        h("div", { class: "ck-hint", tabindex: "-1" }, h("strong", { class: "ck-small" }, TEXT.hintHead(n + 1)), rich("div", "", text)),
      );
      this.hints.replaceChildren(...shown);
    }
    this.refreshWhy(now);
    this.refreshWait(now);
    this.refreshActions();
  }

  /** @param {Standing} now */
  refreshWhy(now) {
    const key = JSON.stringify([now.answers, now.explanation]);
    if (this.whyShown === key) return;
    this.whyShown = key;
    const hasAnswers = now.answers.length > 0;
    const inline = !now.answers.some((text) => /<(p|pre|ul|ol|div|table)\b/.test(text));
    const apart = this.item.kind === "ordering" ? " → " : "; ";
    const texts = now.answers.flatMap((text, n) => [n && inline ? apart : "", rich(inline ? "span" : "div", "ck-text", text)]);
    const label = h("strong", {}, this.item.kind === "essay" ? TEXT.exampleIs : TEXT.answerIs);
    const answers = hasAnswers ? h(inline ? "p" : "div", {}, label, ...texts) : "";
    const explanation = now.explanation ? rich("div", "", now.explanation) : "";
    const heading = now.explanation ? h("strong", { class: "ck-small" }, TEXT.why) : "";
    this.why.replaceChildren(answers, heading, explanation);
    if (hasAnswers || (this.over && now.explanation)) this.why.hidden = false;
  }

  /** Count the seconds down until another attempt counts. @param {Standing} now */
  refreshWait(now) {
    if (!(now.waits > 0)) {
      this.until = 0;
      return;
    }
    this.until = performance.now() + now.waits * 1000;
    this.clock ??= setInterval(() => this.tick(), 1000);
  }

  /** Seconds until another attempt counts. */
  get waits() {
    return Math.max(0, Math.ceil((this.until - performance.now()) / 1000));
  }

  tick() {
    if (this.waits === 0) {
      clearInterval(this.clock);
      this.clock = undefined;
      if (this.until) this.told.textContent = TEXT.waited;
      this.until = 0;
    }
    this.refreshInfo();
  }

  /** Whether what is given is what was judged. */
  get unchanged() {
    const sure = !this.quiz.graded || !this.sure || same(this.sure.read(), this.sureJudged);
    return sure && same(this.form?.read(), this.judged);
  }

  refreshInfo() {
    const now = this.standing;
    const parts = [];
    if (this.quiz.graded && now.state === "saved" && !this.unchanged) parts.push(TEXT.unsaved);
    if (now.left !== null && now.left !== undefined && !now.solved) parts.push(TEXT.left(now.left));
    if (this.until && !this.submit.hidden) parts.push(TEXT.wait(this.waits));
    this.info.textContent = parts.join(" ");
  }

  refreshActions() {
    const now = this.standing;
    const done = now.state === "right" || now.state === "saved";
    const settled = this.over || (done && this.unchanged && !this.form?.checks);
    const all = this.quiz.graded ? 0 : this.item.hints.length;
    const taken = now.hints.length;
    const first = now.state === "unanswered";
    const word = this.form?.checks ? (first ? TEXT.check : TEXT.checkAgain) : this.quiz.graded ? TEXT.save : first ? TEXT.submit : TEXT.again;
    if (!this.checking) this.submit.textContent = word;
    this.fieldset.disabled = this.over && !this.quiz.graded;
    this.hint.textContent = TEXT.hint(Math.min(taken + 1, all), all, this.item.hints[taken] ?? 0);
    this.explain.hidden = !(now.explanation && (now.solved || this.over)) || now.answers.length > 0;
    this.explain.textContent = this.why.hidden ? TEXT.show : TEXT.hide;
    this.explain.setAttribute("aria-expanded", String(!this.why.hidden));
    this.renew.hidden = !now.renewable;
    const heir = [this.explain, this.renew].find((button) => !button.hidden);
    toggle(this.hint, taken < all && !settled, this.hints.lastElementChild ?? this.submit);
    toggle(this.reveal, Boolean(now.revealable), this.why);
    const control = this.fieldset.querySelector("input:checked, .ck-input, .ck-tool");
    toggle(this.submit, !settled, heir ?? (this.fieldset.disabled ? this.why : control));
    this.refreshInfo();
  }

  toggleWhy() {
    this.why.hidden = !this.why.hidden;
    this.refreshActions();
  }

  /** Keep what is given and not sent; forget it where it is what was judged. */
  keepDraft() {
    const response = this.form?.read() ?? null;
    const confidence = this.sure?.read() ?? null;
    const kept = same(response, this.judged) && same(confidence, this.sureJudged);
    drafts.set(this.draftKey, kept ? undefined : { response, confidence });
  }

  onInput() {
    this.keepDraft();
    this.markInvalid(false);
    if (!same(this.pending?.response, this.form?.read())) {
      this.pending = null;
      clearTimeout(this.retry);
    }
    this.refreshActions();
  }

  /** Enter submits; said here because JupyterLab takes the browser's own Enter away. @param {KeyboardEvent} event */
  onKey(event) {
    const plain = !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey && !event.isComposing;
    if (event.key === "Enter" && plain && event.target instanceof HTMLInputElement) this.onSubmit(event);
  }

  /** @param {Event} event */
  onSubmit(event) {
    event.preventDefault();
    event.stopPropagation();
    const response = this.form?.read() ?? null;
    const now = this.standing;
    if (this.checking) {
      this.queued = Boolean(this.quiz.graded);
      return;
    }
    if (this.over) return;
    if (this.waits > 0) {
      this.say("note", TEXT.wait(this.waits));
    } else if (this.form?.checks) {
      this.check(null);
    } else if (response === null && !(this.quiz.graded && now.state === "saved")) {
      this.say("unanswered", this.form?.nothing ?? "");
      this.markInvalid(true);
    } else if (now.state !== "unanswered" && this.unchanged) {
      this.say(now.state, now.state === "right" ? "" : now.state === "saved" ? TEXT.next.saved : TEXT.same, ...now.feedback.map((r) => this.remark(r)));
    } else if (this.sure && this.sure.read() === null && response !== null) {
      this.say("unanswered", TEXT.sureFirst);
    } else {
      this.check(response);
    }
  }

  /** @param {any} response */
  check(response) {
    this.setChecking(true);
    clearTimeout(this.retry);
    const id = /** @type {string} */ (this.pending?.id ?? newId());
    this.pending = { id, response };
    const late = () => {
      this.setChecking(false);
      this.say("waiting", TEXT.waiting);
    };
    const confidence = this.sure?.read() ?? null;
    const given = this.form?.checks ? { kind: "check" } : { kind: "answer", response, ...(this.sure ? { confidence } : {}) };
    this.link.send({ item: this.item.key, id, ...given }, (reply) => this.onReply(reply, response, confidence), late);
  }

  /** @param {Reply} reply @param {any} response @param {number | null} confidence */
  onReply(reply, response, confidence) {
    if (!reply.ok || !reply.outcome) {
      this.onFailure(reply, response);
    } else {
      this.pending = null;
      this.retries = 0;
      this.fresh = reply.standing ?? null;
      if (reply.outcome.state !== "invalid") [this.judged, this.sureJudged] = [response, confidence];
      this.keepDraft();
      this.judge(reply.outcome.state === "invalid" || !reply.standing ? reply.outcome : reply.standing);
      this.refresh();
    }
    this.setChecking(false);
    if (this.queued) {
      this.queued = false;
      if (!this.unchanged) this.submit.click();
    }
  }

  /** It could not be kept: said, and tried again by itself while nothing is changed. @param {Reply} reply @param {any} response */
  onFailure(reply, response) {
    const again = reply.code === "unavailable" && this.retries < RETRIES.length;
    const text = [reply.message, reply.hint, this.form?.checks || /still/.test(reply.hint ?? "") ? "" : TEXT.kept, again ? TEXT.retried : ""].filter(Boolean).join(" ");
    const verdict = { refused: "invalid", busy: "unchecked" }[reply.code ?? ""] ?? "failed";
    if (!this.feedback.textContent.includes(text)) this.say(verdict, text);
    if (!again) return;
    this.retry = setTimeout(() => {
      if (this.pending && !this.checking && same(this.pending.response, response)) this.check(response);
    }, RETRIES[this.retries]);
    this.retries += 1;
  }

  /** Ask the kernel for a hint, the answer, or another variant. @param {string} kind @param {HTMLElement} button */
  ask(kind, button) {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    const done = (/** @type {Reply} */ reply) => {
      button.setAttribute("aria-disabled", "false");
      if (!reply.ok) this.say("failed", [reply.message, reply.hint].filter(Boolean).join(" "));
      else if (reply.item) return this.onRenewed(reply.item, reply.standing ?? null);
      else this.fresh = reply.standing ?? null;
      this.refresh();
    };
    const late = () => {
      button.setAttribute("aria-disabled", "false");
      this.say("waiting", TEXT.waiting);
    };
    this.link.send({ kind, item: this.item.key, id: newId() }, done, late);
  }

  /** @param {Item} item @param {Standing | null} standing */
  onRenewed(item, standing) {
    this.replace(item, standing);
    this.told.textContent = TEXT.renewed;
    this.element.querySelector(".ck-number")?.focus();
  }
}

/** Keys are kept from the notebook's shortcuts, but saving is meant for it. @param {KeyboardEvent} event */
function passSave(event) {
  const section = /** @type {Element} */ (event.currentTarget);
  const notebook = section.closest(".jp-Notebook");
  if (!notebook || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
  event.preventDefault();
  section.parentElement?.dispatchEvent(new KeyboardEvent("keydown", event));
}

/** @param {{model: Model, el: HTMLElement}} context */
function render({ model, el }) {
  /** @type {Quiz} */
  const quiz = model.get("quiz");
  const link = connect(model);
  const status = h("div", { class: "ck-status", role: "status" });
  const items = quiz.items.map((_, position) => new ItemView(model, link, quiz, position));
  const note = model.get("note");
  el.replaceChildren(
    h(
      "section",
      { class: "ck-quiz", "aria-label": `${TEXT.quiz} ${quiz.name}`, onkeydown: passSave },
      note ? h("p", { class: "ck-note" }, icon("note"), note) : null,
      status,
      ...items.map((item) => item.element),
    ),
  );
  const refresh = () => items.forEach((item) => item.synchronised());
  const renewed = () => {
    const now = /** @type {Quiz} */ (model.get("quiz")).items;
    items.forEach((item, n) => now[n] && now[n].key === item.item.key && item.replace(now[n]));
  };
  model.on("change:answers", refresh);
  model.on("change:quiz", renewed);
  const tell = (/** @type {string} */ text) => status.replaceChildren(h("p", { class: "ck-note" }, icon("note"), text));
  link.send(
    { kind: "hello", protocol: PROTOCOL, id: newId() },
    (reply) => (reply.ok ? status.replaceChildren() : tell(`${reply.message} ${reply.hint}`)),
    () => tell(TEXT.lost),
  );
  return () => {
    model.off("change:answers", refresh);
    model.off("change:quiz", renewed);
    for (const item of items) item.stopTimers();
    link.dispose();
  };
}

export default { render };
