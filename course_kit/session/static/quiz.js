// @ts-check
/**
 * A quiz on a page: questions with native controls, one Submit each, feedback in a live region.
 *
 * The kernel keeps the truth: `quiz` (what may be shown), `answers` (how each item stands), `note`. The page sends
 * messages (hello, answer, hint, reveal), each with an id, and the reply bears the same id. What was typed and not
 * yet sent survives a reload in this browser.
 *
 * @typedef {{text: string, choice: number | null}} Remark
 * @typedef {{state: string, fraction: number, feedback: Remark[]}} Outcome
 * @typedef {{state: string, response: any, feedback: Remark[], attempts: number, solved: boolean, hints: string[],
 *   explanation: string, answers: string[], revealable: boolean, changed: boolean}} Standing
 * @typedef {{key: string, kind: string, prompt: string, choices: string[], hints: number, minutes: number | null,
 *   digest: string}} Item
 * @typedef {{name: string, scope: string, items: Item[]}} Quiz
 * @typedef {{kind: string, id: string, ok: boolean, outcome?: Outcome, standing?: Standing, message?: string,
 *   hint?: string}} Reply
 * @typedef {{get: (name: string) => any, on: Function, off: Function, send: (content: object) => void}} Model
 */

const PROTOCOL = 1;
/** Milliseconds without a reply after which the learner is told. */
const PATIENCE = 4000;

const TEXT = {
  quiz: "Quiz",
  question: (/** @type {number} */ n, /** @type {number} */ of) => (of > 1 ? `Question ${n} of ${of}` : "Question"),
  minutes: (/** @type {number} */ m) => (m < 1 ? "under a minute" : `about ${Math.round(m)} min`),
  solved: "Solved",
  legend: /** @type {Record<string, string>} */ ({
    "one-choice": "Choose one answer",
    "several-choices": "Choose all that apply",
    "true-false": "True or false?",
  }),
  label: /** @type {Record<string, string>} */ ({ number: "Your answer (a number)", "short-text": "Your answer" }),
  submit: "Submit",
  again: "Try again",
  checking: "Checking…",
  hint: (/** @type {number} */ n, /** @type {number} */ of) => `Hint (${n} of ${of})`,
  hintHead: (/** @type {number} */ n) => `Hint ${n}`,
  why: "Explanation",
  show: "Show explanation",
  hide: "Hide explanation",
  reveal: "Show the answer",
  answerIs: "Answer: ",
  verdict: /** @type {Record<string, string>} */ ({
    right: "Right.",
    "partly-right": "Partly right.",
    wrong: "Not right yet.",
    invalid: "Not counted.",
    unanswered: "Nothing to check yet.",
    failed: "Not saved.",
    waiting: "Still waiting.",
  }),
  next: /** @type {Record<string, string>} */ ({
    "partly-right": "Something is missing, or one too many is chosen. Change your answer and try again.",
    wrong: "Change your answer and try again.",
  }),
  choose: "Choose an answer first.",
  write: "Write an answer first.",
  same: "You have submitted this answer already. Change it first.",
  changed: "You answered an earlier wording of this question. Answer it again if you like.",
  kept: "Your answer is still here.",
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
});

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
  if (element.matches("input, button, [tabindex]")) element.setAttribute("data-lm-suppress-shortcuts", "true");
  return element;
}

/** @param {string} name */
function icon(name) {
  const span = h("span", { class: "ck-icon", "aria-hidden": "true" });
  span.innerHTML = `<svg viewBox="0 0 16 16" focusable="false">${ICONS[name] ?? ICONS.note}</svg>`;
  return span;
}

/**
 * Text that course-kit rendered (no raw HTML passes its renderer).
 * @param {string} tag @param {string} className @param {string} source @param {Record<string, any>} [attributes]
 */
function rich(tag, className, source, attributes = {}) {
  const element = h(tag, { class: className, ...attributes });
  element.innerHTML = source;
  for (const wide of element.querySelectorAll("pre, .math.block")) {
    wide.setAttribute("tabindex", "0"); // what is wide scrolls, by keyboard as well
    wide.setAttribute("role", "group");
    wide.setAttribute("aria-label", wide.matches("pre") ? TEXT.code : TEXT.formula);
  }
  for (const part of element.querySelectorAll("a[href], summary, [tabindex]")) {
    part.setAttribute("data-lm-suppress-shortcuts", "true");
  }
  return element;
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
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

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

/**
 * The controls of one kind of item: what they hold can be read and written.
 * @param {Item} item @param {string} id
 * @returns {{parts: HTMLElement[], read: () => any, write: (response: any) => void, nothing: string} | null}
 */
function controls(item, id) {
  if (item.kind === "number" || item.kind === "short-text") {
    const input = h("input", {
      type: "text",
      id: `${id}-input`,
      class: "ck-input",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      inputmode: item.kind === "number" ? "decimal" : null,
      maxlength: 10000,
      "aria-describedby": `${id}-prompt`,
    });
    const label = h("label", { for: input.id, class: "ck-label" }, TEXT.label[item.kind]);
    return {
      parts: [label, input],
      read: () => (input.value.trim() === "" ? null : input.value),
      write: (response) => (input.value = typeof response === "string" ? response : ""),
      nothing: TEXT.write,
    };
  }
  const isBool = item.kind === "true-false";
  const several = item.kind === "several-choices";
  if (!isBool && !several && item.kind !== "one-choice") return null;
  const values = isBool ? [true, false] : item.choices.map((_, n) => n);
  const shown = isBool ? [TEXT.yes, TEXT.no] : item.choices;
  /** @type {HTMLInputElement[]} */
  const inputs = values.map((_, n) => h("input", { type: several ? "checkbox" : "radio", name: id, value: n }));
  const rows = inputs.map((input, n) => h("label", { class: "ck-choice" }, input, rich("span", "ck-text", shown[n])));
  return {
    parts: [h("legend", { id: `${id}-legend`, class: "ck-label" }, TEXT.legend[item.kind]), ...rows],
    read: () => {
      const taken = values.filter((_, n) => inputs[n].checked);
      if (taken.length === 0) return null;
      return several ? taken : taken[0];
    },
    write: (response) => {
      const taken = Array.isArray(response) ? response : [response];
      inputs.forEach((input, n) => (input.checked = taken.includes(values[n])));
    },
    nothing: TEXT.choose,
  };
}

/** One question: its controls, its actions, and what came of the last answer. */
class ItemView {
  /** @param {Model} model @param {ReturnType<typeof connect>} link @param {Quiz} quiz @param {number} position */
  constructor(model, link, quiz, position) {
    this.model = model;
    this.link = link;
    this.item = quiz.items[position];
    this.id = `ck-${newId()}`;
    this.draftKey = quiz.scope ? `course-kit:draft:${quiz.scope}:${quiz.name}/${this.item.key}:${this.item.digest}` : null;
    /** The response that the kernel judged last. */
    this.judged = /** @type {any} */ (null);
    /** A try that has not been answered; sent again with the same id, the kernel counts it once. */
    this.pending = /** @type {{id: string, response: any} | null} */ (null);
    this.checking = false;
    /** How the item stands by the last reply, until the synchronised state says so too. */
    this.fresh = /** @type {Standing | null} */ (null);
    this.form = controls(this.item, this.id);
    this.element = this.build(position + 1, quiz.items.length);
    if (this.form) this.restore();
  }

  /** @returns {Standing} */
  get standing() {
    const none = { state: "unanswered", response: null, feedback: [], hints: [], answers: [] };
    return this.fresh ?? this.model.get("answers")[this.item.key] ?? none;
  }

  /** The synchronised state has come. */
  synchronised() {
    this.fresh = null;
    this.refresh();
  }

  /** @param {number} number @param {number} of */
  build(number, of) {
    const { id, item } = this;
    this.badge = h("span", { class: "ck-badge", hidden: true }, icon("right"), TEXT.solved);
    const head = h(
      "div",
      { class: "ck-head" },
      h("span", { id: `${id}-number`, class: "ck-number" }, TEXT.question(number, of)),
      item.minutes ? h("span", { class: "ck-minutes" }, TEXT.minutes(item.minutes)) : null,
      this.badge,
    );
    const prompt = rich("div", "ck-prompt", item.prompt, { id: `${id}-prompt` });
    if (!this.form) return h("div", { class: "ck-item" }, head, prompt, h("p", {}, TEXT.unknown));
    this.fieldset = h("fieldset", { "aria-labelledby": `${id}-number ${id}-prompt` }, ...this.form.parts);
    this.fieldset.addEventListener("input", () => this.onInput());
    this.fieldset.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.onKey(event));
    this.feedback = h("div", { class: "ck-feedback", role: "status", id: `${id}-feedback` });
    this.hints = h("div", { class: "ck-hints", role: "status" });
    this.why = h("div", { class: "ck-why", id: `${id}-why`, hidden: true, tabindex: "-1" });
    const parts = [head, prompt, this.fieldset, this.buildActions(), this.feedback, this.hints, this.why];
    return h("form", { class: "ck-item", novalidate: true, onsubmit: (/** @type {Event} */ e) => this.onSubmit(e) }, ...parts);
  }

  buildActions() {
    const button = (/** @type {string} */ text, /** @type {() => void} */ onclick, more = {}) =>
      h("button", { type: "button", class: "ck-button", onclick, ...more }, text);
    this.submit = h("button", { type: "submit", class: "ck-button ck-primary" }, TEXT.submit);
    this.hint = button("", () => this.ask("hint", this.hint));
    this.reveal = button(TEXT.reveal, () => this.ask("reveal", this.reveal));
    this.explain = button(TEXT.show, () => this.toggleWhy(), { "aria-expanded": "false", "aria-controls": `${this.id}-why` });
    return h("div", { class: "ck-actions" }, this.submit, this.hint, this.reveal, this.explain);
  }

  /** Put back what was answered, or what was typed since. */
  restore() {
    const now = this.standing;
    const draft = drafts.get(this.draftKey);
    this.judged = now.response;
    this.form?.write(draft === undefined ? this.judged : draft);
    if (now.state !== "unanswered") this.judge(now);
    else if (now.changed) this.say("note", TEXT.changed);
    this.refresh();
  }

  /**
   * Put a verdict and remarks into the live region.
   * @param {string} state @param {string} message @param {Remark[]} [remarks]
   */
  say(state, message, remarks = []) {
    const verdict = TEXT.verdict[state];
    const words = [verdict ? h("strong", {}, verdict) : null, verdict && message ? " " : null, message || null];
    this.feedback.dataset.state = state;
    this.feedback.replaceChildren(
      h("p", { class: "ck-verdict" }, icon(state), h("span", {}, ...words)),
      ...remarks.map((remark) => this.remark(remark)),
    );
  }

  /** @param {Remark} remark */
  remark(remark) {
    const body = rich("div", "ck-remark", remark.text);
    const several = this.item.kind === "several-choices" && remark.choice !== null;
    if (several) body.prepend(rich("div", "ck-about", this.item.choices[Number(remark.choice)]));
    return body;
  }

  /** @param {Outcome | Standing} outcome */
  judge(outcome) {
    if (outcome.state === "invalid") this.say("invalid", outcome.feedback[0]?.text ?? "", outcome.feedback.slice(1));
    else this.say(outcome.state, TEXT.next[outcome.state] ?? "", outcome.feedback);
    this.markInvalid(outcome.state === "invalid");
  }

  /** @param {boolean} yes */
  markInvalid(yes) {
    for (const input of this.fieldset.querySelectorAll(".ck-input")) {
      input.setAttribute("aria-invalid", String(yes));
      input.setAttribute("aria-describedby", yes ? `${this.id}-prompt ${this.id}-feedback` : `${this.id}-prompt`);
    }
  }

  /** @param {boolean} yes */
  setChecking(yes) {
    this.checking = yes;
    this.submit.setAttribute("aria-disabled", String(yes));
    if (yes) this.submit.textContent = TEXT.checking;
    else this.refreshActions();
  }

  refresh() {
    if (!this.form) return;
    const now = this.standing;
    this.badge.hidden = !now.solved;
    if (this.hints.childElementCount !== now.hints.length) {
      const shown = now.hints.map((text, n) =>
        h("div", { class: "ck-hint", tabindex: "-1" }, h("strong", { class: "ck-small" }, TEXT.hintHead(n + 1)), rich("div", "", text)),
      );
      this.hints.replaceChildren(...shown);
    }
    this.refreshWhy(now);
    this.refreshActions();
  }

  /** @param {Standing} now */
  refreshWhy(now) {
    const hasAnswers = now.answers.length > 0;
    const isHtml = this.item.kind.endsWith("-choice") || this.item.kind.endsWith("-choices");
    const texts = now.answers.flatMap((text, n) => [n ? "; " : "", isHtml ? rich("span", "ck-text", text) : text]);
    const answers = hasAnswers ? h("p", {}, h("strong", {}, TEXT.answerIs), ...texts) : "";
    const explanation = now.explanation ? rich("div", "", now.explanation) : "";
    const heading = now.explanation ? h("strong", { class: "ck-small" }, TEXT.why) : "";
    this.why.replaceChildren(answers, heading, explanation);
    if (hasAnswers) this.why.hidden = false;
  }

  refreshActions() {
    const now = this.standing;
    const settled = now.state === "right" && same(this.form?.read(), now.response);
    const { hints: all } = this.item;
    const taken = now.hints.length;
    if (!this.checking) this.submit.textContent = now.state === "unanswered" ? TEXT.submit : TEXT.again;
    this.hint.textContent = TEXT.hint(Math.min(taken + 1, all), all);
    this.explain.hidden = !(now.explanation && now.solved) || now.answers.length > 0;
    this.explain.textContent = this.why.hidden ? TEXT.show : TEXT.hide;
    this.explain.setAttribute("aria-expanded", String(!this.why.hidden));
    toggle(this.hint, taken < all && !settled, this.hints.lastElementChild ?? this.submit);
    toggle(this.reveal, now.revealable, this.why);
    toggle(this.submit, !settled, this.explain.hidden ? this.fieldset.querySelector("input:checked, .ck-input") : this.explain);
  }

  toggleWhy() {
    this.why.hidden = !this.why.hidden;
    this.refreshActions();
  }

  onInput() {
    const response = this.form?.read() ?? null;
    drafts.set(this.draftKey, response === null || same(response, this.judged) ? undefined : response);
    this.markInvalid(false);
    if (!same(this.pending?.response, response)) this.pending = null;
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
    if (this.checking) return;
    if (response === null) {
      this.say("unanswered", this.form?.nothing ?? "");
      this.markInvalid(true);
    } else if (now.state !== "unanswered" && same(response, this.judged)) {
      this.say(now.state, now.state === "right" ? "" : TEXT.same, now.feedback);
    } else {
      this.check(response);
    }
  }

  /** @param {any} response */
  check(response) {
    this.setChecking(true);
    const id = this.pending?.id ?? newId();
    this.pending = { id, response };
    const late = () => {
      this.setChecking(false);
      this.say("waiting", TEXT.waiting);
    };
    this.link.send({ kind: "answer", item: this.item.key, response, id }, (reply) => this.onReply(reply, response), late);
  }

  /** @param {Reply} reply @param {any} response */
  onReply(reply, response) {
    if (!reply.ok || !reply.outcome) {
      this.say("failed", [reply.message, reply.hint, TEXT.kept].filter(Boolean).join(" "));
    } else {
      this.pending = null;
      this.fresh = reply.standing ?? null;
      if (reply.outcome.state !== "invalid") this.judged = response;
      if (same(this.judged, this.form?.read())) drafts.set(this.draftKey, undefined);
      this.judge(reply.outcome);
      this.refresh();
    }
    this.setChecking(false);
  }

  /** Ask the kernel for a hint or the answer. @param {string} kind @param {HTMLElement} button */
  ask(kind, button) {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    const done = (/** @type {Reply} */ reply) => {
      button.setAttribute("aria-disabled", "false");
      if (reply.ok) this.fresh = reply.standing ?? null;
      else this.say("failed", [reply.message, reply.hint].filter(Boolean).join(" "));
      this.refresh();
    };
    const late = () => {
      button.setAttribute("aria-disabled", "false");
      this.say("waiting", TEXT.waiting);
    };
    this.link.send({ kind, item: this.item.key, id: newId() }, done, late);
  }
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
      { class: "ck-quiz", "aria-label": `${TEXT.quiz} ${quiz.name}` },
      note ? h("p", { class: "ck-note" }, icon("note"), note) : null,
      status,
      ...items.map((item) => item.element),
    ),
  );
  const refresh = () => items.forEach((item) => item.synchronised());
  model.on("change:answers", refresh);
  const tell = (/** @type {string} */ text) => status.replaceChildren(h("p", { class: "ck-note" }, icon("note"), text));
  link.send(
    { kind: "hello", protocol: PROTOCOL, id: newId() },
    (reply) => (reply.ok ? status.replaceChildren() : tell(`${reply.message} ${reply.hint}`)),
    () => tell(TEXT.lost),
  );
  return () => {
    model.off("change:answers", refresh);
    link.dispose();
  };
}

export default { render };
