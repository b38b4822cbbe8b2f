// @ts-check
/**
 * A video on a page: its size first, then the player with native controls, captions and the transcript beside it.
 *
 * The browser keeps which stretches were truly played (`HTMLMediaElement.played`): at any speed, in a hidden tab as well;
 * what was skipped is not in it. They go to the kernel every ten seconds, on pause, at the end and when the page is
 * hidden. Until the kernel has said that it kept them, this browser remembers them, and the position.
 *
 * @typedef {{name: string, src: string, local: boolean, bytes: number, type: string}} Copy
 * @typedef {[number, number, string, string]} Cue start, end, WebVTT's text, its words
 * @typedef {[number, number]} Stretch
 * @typedef {{name: string, title: string, seconds: number, scope: string, copies: Copy[], poster: string,
 *   captions: {language: string, cues: Cue[]}[], text: string}} Video
 * @typedef {{kind: string, id: string, ok: boolean, code?: string, message?: string, hint?: string, total?: number}} Reply
 * @typedef {{get: (name: string) => any, on: Function, off: Function, send: (content: object) => void,
 *   widget_manager?: {resolveUrl?: (url: string) => Promise<string>}}} Model
 * @typedef {{at: number, watched: Stretch[], pending: Stretch[], read: boolean}} Kept
 */

const PROTOCOL = 2;
/** Milliseconds without a reply after which the learner is told. */
const PATIENCE = 4000;
/** Milliseconds between two messages about what was played. */
const EVERY = 10000;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
const STEP = 5;

const TEXT = {
  video: "Video",
  play: "Play",
  playSmall: "Play the small version",
  goOn: (/** @type {string} */ at) => `Go on at ${at}`,
  beginning: "From the beginning",
  transcriptOnly: "Read the transcript instead",
  pause: "Pause",
  position: "Position",
  at: (/** @type {string} */ at, /** @type {string} */ of) => `${at} of ${of}`,
  captions: "Captions",
  off: "Off",
  speed: "Speed",
  mute: "Mute",
  volume: "Volume",
  full: "Full screen",
  loading: "Loading…",
  transcript: "Transcript",
  starts: (/** @type {string} */ at) => `The video will start at ${at}.`,
  text: "Everything that is said and shown",
  lines: "Go to a line",
  read: "I have read the transcript",
  readCounts: "It counts as having watched the video.",
  readKept: "Counted: you have read the transcript.",
  watched: (/** @type {number} */ share) => `Watched ${share}\u00a0%`,
  failed: "This video cannot be played here. Its transcript stands below; its file can be opened by itself: ",
  file: "open the video",
  lost:
    "The kernel has not answered; it may be busy or stopped. The video plays, and what you watch is kept in this browser " +
    "until the kernel answers or you run this cell again (Shift+Enter).",
};

const ICONS = /** @type {Record<string, string>} */ ({
  play: '<path d="M5 3.2v9.6l8-4.8z"/>',
  pause: '<path d="M5.2 3.5v9M10.8 3.5v9"/>',
  sound: '<path d="M2.5 6v4h2.2l3.3 2.8V3.2L4.7 6zM10.6 5.8a3.2 3.2 0 0 1 0 4.4M12.5 4a5.6 5.6 0 0 1 0 8"/>',
  mute: '<path d="M2.5 6v4h2.2l3.3 2.8V3.2L4.7 6zM10.8 6.2l3.4 3.6M14.2 6.2l-3.4 3.6"/>',
  full: '<path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"/>',
  note: '<circle cx="8" cy="8" r="7"/><path d="M8 7.4v4M8 4.6v.3"/>',
});

/** @param {number} seconds */
function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 999500) return `${Math.max(bytes ? 1 : 0, Math.round(bytes / 1000))}\u00a0kB`;
  const many = bytes / 1e6;
  return `${many < 9.95 ? many.toFixed(1) : Math.round(many)}\u00a0MB`;
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
  if (element.matches("input, button, select, a[href], summary, [tabindex]")) {
    element.setAttribute("data-lm-suppress-shortcuts", "true");
  }
}

/** @param {string} name */
function icon(name) {
  const span = h("span", { class: "ck-icon", "aria-hidden": "true" });
  span.innerHTML = `<svg viewBox="0 0 16 16" focusable="false">${ICONS[name]}</svg>`;
  return span;
}

const UNSAFE = "script,style,iframe,frame,object,embed,base,link,meta,form,svg,template";

/** Text that course-kit rendered, once more without what runs or leads astray. @param {string} source */
function rich(source) {
  const element = h("div", { class: "ck-told" });
  const page = h("template");
  page.innerHTML = source; // nothing in a template runs or loads
  for (const part of page.content.querySelectorAll("*")) {
    if (part.matches(UNSAFE)) part.remove();
    for (const { name, value } of [...part.attributes]) {
      const astray = /(href|src|action)$/i.test(name) && !/^(https?:|mailto:|data:image\/|#)/i.test(value);
      // JupyterLab runs commands that `data-` attributes name
      if (astray || /^on|^src.+|^data-/i.test(name)) part.removeAttribute(name);
    }
    keepKeys(part);
  }
  element.append(page.content);
  return element;
}

/** The same stretches in order, those that touch made one. @param {Stretch[]} ranges @returns {Stretch[]} */
export function union(ranges) {
  /** @type {Stretch[]} */
  const joined = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = joined[joined.length - 1];
    if (last && start <= last[1] + 0.01) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return joined;
}

/** What of `ranges` lies in none of `others`. @param {Stretch[]} ranges @param {Stretch[]} others @returns {Stretch[]} */
export function without(ranges, others) {
  let left = ranges;
  for (const [from, to] of others) {
    left = left.flatMap(([start, end]) => {
      const parts = /** @type {Stretch[]} */ ([
        [start, Math.min(end, from)],
        [Math.max(start, to), end],
      ]);
      return parts.filter(([a, b]) => b - a > 0.01);
    });
  }
  return left;
}

/** Seconds in all. @param {Stretch[]} ranges */
const total = (ranges) => ranges.reduce((sum, [start, end]) => sum + end - start, 0);

/** Whether this is a list of stretches. @param {any} value @returns {value is Stretch[]} */
const areStretches = (value) =>
  Array.isArray(value) &&
  value.every((one) => Array.isArray(one) && one.length === 2 && one.every(Number.isFinite) && one[0] < one[1]);

/** What this browser remembers, where it may. */
const storage = {
  /** @param {string} key @returns {any} */
  get(key) {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "null");
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {any} value */
  set(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      /* storage is off or full */
    }
  },
};
const TASTE = "ck-video-taste";

let counter = 0;
const newId = () => `${Date.now().toString(36)}-${(counter += 1)}-${Math.random().toString(36).slice(2)}`;

/** Sends messages and hands each reply, with its bytes, to whoever waits for it. @param {Model} model */
function connect(model) {
  /** @type {Map<string, {done: (reply: Reply, bytes: DataView[]) => void, timer: number}>} */
  const waiting = new Map();
  /** @param {Reply} reply @param {DataView[]} [bytes] */
  const onReply = (reply, bytes) => {
    const one = reply?.kind === "reply" ? waiting.get(reply.id) : undefined;
    if (!one) return;
    waiting.delete(reply.id);
    clearTimeout(one.timer);
    one.done(reply, bytes ?? []);
  };
  model.on("msg:custom", onReply);
  return {
    /**
     * @param {{kind: string, [name: string]: any}} content @param {(reply: Reply, bytes: DataView[]) => void} done
     * @param {() => void} late called when the kernel takes long or is not there; a reply may still come
     */
    send(content, done, late) {
      const id = newId();
      const timer = setTimeout(late, PATIENCE);
      waiting.set(id, { done, timer });
      try {
        model.send({ ...content, id });
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

/** @param {string} language */
function languageName(language) {
  if (!language) return TEXT.captions;
  try {
    return new Intl.DisplayNames([language, "en"], { type: "language" }).of(language) ?? language;
  } catch {
    return language;
  }
}

/** What was played and not yet kept by the kernel. */
class Ledger {
  /** @param {Video} video @param {ReturnType<typeof connect>} link @param {() => void} changed */
  constructor(video, link, changed) {
    this.video = video;
    this.link = link;
    this.changed = changed;
    this.key = video.scope ? `ck-video:${video.scope}:${video.name}` : "";
    const found = this.key ? storage.get(this.key) : null;
    /** @type {Kept} */
    this.kept = {
      at: Number.isFinite(found?.at) ? found.at : 0,
      watched: areStretches(found?.watched) ? found.watched : [],
      pending: areStretches(found?.pending) ? found.pending : [],
      read: found?.read === true,
    };
    /** What of this load was taken in already. @type {Stretch[]} */
    this.taken = [];
    this.lost = false;
    this.busy = false;
  }

  /** The share that was watched, from 0 to 1. */
  get share() {
    return Math.min(1, total(this.kept.watched) / this.video.seconds);
  }

  save() {
    if (this.key) storage.set(this.key, this.kept);
  }

  /** Take in what the player has played by now. @param {HTMLVideoElement} player */
  take(player) {
    /** @type {Stretch[]} */
    const played = [];
    for (let n = 0; n < player.played.length; n++) {
      const [start, end] = [player.played.start(n), Math.min(player.played.end(n), player.duration || Infinity)];
      if (end - start > 0.01) played.push([start, end]);
    }
    const fresh = without(union(played), this.taken);
    this.taken = union([...this.taken, ...fresh]);
    this.kept.pending = union([...this.kept.pending, ...fresh]);
    this.kept.watched = union([...this.kept.watched, ...fresh]);
    this.kept.at = player.currentTime;
    this.duration = player.duration;
    this.save();
    if (fresh.length) this.changed();
  }

  /** The transcript was read. */
  readAll() {
    this.kept.read = true;
    this.kept.watched = [[0, this.video.seconds]];
    this.save();
    this.send();
    this.changed();
  }

  /** Tell the kernel what it does not have yet. */
  send() {
    if (this.busy) return;
    const pending = total(this.kept.pending) >= 0.3 ? this.kept.pending : [];
    const read = this.kept.read;
    if (!pending.length && !read) return;
    this.busy = true;
    const late = () => {
      this.busy = false;
      this.connected(false);
    };
    const content = read
      ? { kind: "read" }
      : { kind: "watched", ranges: pending, duration: this.duration ?? this.video.seconds };
    this.link.send(content, (reply) => this.onReply(reply, read, pending), late);
  }

  /** @param {Reply} reply @param {boolean} read @param {Stretch[]} sent */
  onReply(reply, read, sent) {
    this.busy = false;
    this.connected(true);
    if (!reply.ok && reply.code !== "invalid") return; // it is told again with what comes next
    if (read) this.kept.read = false;
    else this.kept.pending = without(this.kept.pending, sent);
    this.save();
    if (read) this.send();
  }

  /** @param {boolean} yes */
  connected(yes) {
    if (this.lost === !yes) return;
    this.lost = !yes;
    this.changed();
  }
}

class Player {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.video = /** @type {Video} */ (model.get("video"));
    this.link = connect(model);
    this.ledger = new Ledger(this.video, this.link, () => this.refreshShare());
    this.taste = { speed: 1, volume: 1, captions: "on", ...(storage.get(TASTE) ?? {}) };
    this.id = `ck-video-${newId()}`;
    this.started = false;
    this.saved = 0;
    this.told = 0;
    this.nowAt = -1;
    const resume = this.ledger.kept.at;
    this.from = resume > 2 && resume < this.video.seconds - 2 ? resume : 0;
    this.player = h("video", { preload: "none", playsinline: true, hidden: true, "aria-labelledby": `${this.id}-title` });
    this.status = h("div", { class: "ck-status", role: "status" });
    this.share = h("span", { class: "ck-share" });
    this.makeTracks();
    this.screen = this.makeScreen();
    this.controls = this.makeControls();
    this.frame = h("div", { class: "ck-frame" }, this.screen, this.makeStart(), this.controls);
    this.transcript = this.makeTranscript();
    this.element = this.makeSection();
    this.listen();
    this.refreshShare();
    this.hello();
  }

  // ------------------------------------------------------------ parts

  makeSection() {
    const note = this.model.get("note");
    const body = h("div", { class: "ck-body" }, h("div", { class: "ck-main" }, this.frame), this.transcript);
    return h(
      "section",
      { class: "ck-video", "aria-labelledby": `${this.id}-kind ${this.id}-title`, onkeydown: passSave },
      note ? h("p", { class: "ck-note" }, icon("note"), note) : null,
      h(
        "div",
        { class: "ck-head" },
        h("span", { class: "ck-kind", id: `${this.id}-kind` }, TEXT.video),
        h("strong", { class: "ck-title", id: `${this.id}-title` }, this.video.title),
        h("span", { class: "ck-muted" }, clock(this.video.seconds)),
        this.share,
      ),
      this.status,
      body,
    );
  }

  /** The picture; before it plays its poster, where there is one. A click plays it, as the button does. */
  makeScreen() {
    const screen = h("div", { class: "ck-screen", hidden: !this.video.poster }, this.player);
    screen.addEventListener("click", () => (this.started ? this.playOrPause() : this.start(this.video.copies[0])));
    if (this.video.poster) {
      this.poster = h("img", { class: "ck-poster", alt: "" });
      screen.append(this.poster);
      this.resolved(this.video.poster).then((src) => {
        if (src) this.poster.src = src;
        else screen.hidden = !this.started;
      });
      this.poster.addEventListener("error", () => (screen.hidden = !this.started));
    }
    return screen;
  }

  /** What can be begun with: how large it is stands there before anything loads. */
  makeStart() {
    const [full, small] = /** @type {[Copy, Copy | undefined]} */ (this.video.copies);
    const begin = (/** @type {Copy} */ copy, /** @type {string} */ label, /** @type {boolean} */ first) =>
      h(
        "button",
        { type: "button", class: first ? "ck-button ck-primary" : "ck-button", onclick: () => this.start(copy) },
        first ? icon("play") : null,
        h("span", {}, label),
        h("span", { class: "ck-size" }, size(copy.bytes)),
      );
    const first = begin(full, this.from ? TEXT.goOn(clock(this.from)) : TEXT.play, true);
    this.startLabel = first.querySelector("span:not(.ck-icon)");
    const again = h("button", { type: "button", class: "ck-button", onclick: () => this.start(full, 0) }, TEXT.beginning);
    const reads = h(
      "button",
      { type: "button", class: "ck-button", onclick: () => this.readInstead() },
      TEXT.transcriptOnly,
    );
    this.startPanel = h("div", { class: "ck-start" }, first, this.from ? again : null);
    if (small) this.startPanel.append(begin(small, TEXT.playSmall, false));
    if (this.video.text || this.video.captions.length) this.startPanel.append(reads);
    return this.startPanel;
  }

  makeControls() {
    this.toggle = h("button", { type: "button", class: "ck-tool", onclick: () => this.playOrPause() });
    this.seek = h("input", {
      type: "range",
      class: "ck-range ck-seek",
      min: 0,
      max: this.video.seconds,
      step: 0.1,
      value: this.from,
      "aria-label": TEXT.position,
    });
    this.seek.addEventListener("input", () => (this.player.currentTime = Number(this.seek.value)));
    this.seek.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.onSeekKey(event));
    this.time = h("span", { class: "ck-time" });
    this.mute = h("button", { type: "button", class: "ck-tool", "aria-label": TEXT.mute, title: TEXT.mute });
    this.mute.addEventListener("click", () => (this.player.muted = !this.player.muted));
    this.volume = h("input", { type: "range", class: "ck-range ck-volume", min: 0, max: 1, step: 0.05, "aria-label": TEXT.volume });
    this.volume.addEventListener("input", () => {
      this.player.volume = Number(this.volume.value);
      this.player.muted = false;
    });
    const speeds = SPEEDS.map((speed) => h("option", { value: speed }, `${speed}×`));
    this.speed = h("select", { class: "ck-select", "aria-label": TEXT.speed, title: TEXT.speed }, ...speeds);
    this.speed.value = String(SPEEDS.includes(this.taste.speed) ? this.taste.speed : 1);
    this.speed.addEventListener("change", () => this.setSpeed(Number(this.speed.value)));
    const whole = h("button", { type: "button", class: "ck-tool", "aria-label": TEXT.full, title: TEXT.full }, icon("full"));
    whole.addEventListener("click", () => this.fullScreen());
    whole.hidden = !document.fullscreenEnabled;
    const more = [this.makeCaptionControl(), this.speed, this.mute, this.volume, whole];
    return h(
      "div",
      { class: "ck-controls", hidden: true },
      this.toggle,
      this.seek,
      this.time,
      h("div", { class: "ck-more" }, ...more),
    );
  }

  makeTracks() {
    this.tracks = this.video.captions.map(({ language, cues }) => {
      const track = this.player.addTextTrack("captions", languageName(language), language);
      for (const [start, end, text] of cues) track.addCue(new VTTCue(start, end, text));
      return track;
    });
  }

  /** One language is switched on and off, several are chosen from. @returns {HTMLElement | null} */
  makeCaptionControl() {
    const languages = this.video.captions.map(({ language }) => language);
    if (languages.length === 0) return null;
    const wanted = this.taste.captions;
    const known = languages.indexOf(wanted);
    const own = languages.findIndex((one) => one && navigator.language.toLowerCase().startsWith(one.toLowerCase()));
    let shown = wanted === "off" ? -1 : known >= 0 ? known : Math.max(0, own);
    const show = (/** @type {number} */ number) => {
      shown = number;
      (this.tracks ?? []).forEach((track, n) => (track.mode = n === number ? "showing" : "disabled"));
    };
    show(shown);
    const choose = (/** @type {number} */ number) => {
      show(number);
      this.prefer({ captions: number < 0 ? "off" : languages[number] || "on" });
    };
    if (languages.length === 1) {
      const button = h("button", { type: "button", class: "ck-tool ck-wide", "aria-pressed": String(shown >= 0) }, TEXT.captions);
      button.addEventListener("click", () => {
        choose(shown >= 0 ? -1 : 0);
        button.setAttribute("aria-pressed", String(shown >= 0));
      });
      return button;
    }
    const options = [["-1", TEXT.off], ...languages.map((language, n) => [String(n), languageName(language)])];
    const select = h(
      "select",
      { class: "ck-select", "aria-label": TEXT.captions, title: TEXT.captions },
      ...options.map(([value, label]) => h("option", { value }, label)),
    );
    select.value = String(shown);
    select.addEventListener("change", () => choose(Number(select.value)));
    return select;
  }

  /** @returns {any} */
  makeTranscript() {
    const cues = this.video.captions[0]?.cues ?? [];
    if (!cues.length && !this.video.text) return null;
    this.lines = cues.map(([start, , , words]) => {
      const go = h(
        "button",
        { type: "button", class: "ck-line", onclick: () => this.goTo(start) },
        h("span", { class: "ck-when" }, clock(start)),
        h("span", {}, words),
      );
      return h("li", {}, go);
    });
    this.list = h("ol", { class: "ck-lines", "aria-label": TEXT.lines }, ...this.lines);
    this.readButton = h("button", { type: "button", class: "ck-button", onclick: () => this.onRead() }, TEXT.read);
    this.readNote = h("p", { class: "ck-small" }, TEXT.readCounts);
    const told = this.video.text ? h("div", { class: "ck-text" }, h("p", { class: "ck-label" }, TEXT.text), rich(this.video.text)) : null;
    return h(
      "details",
      { class: "ck-transcript" },
      h("summary", {}, TEXT.transcript),
      // what is long scrolls, by keyboard as well
      h(
        "div",
        { class: "ck-scroll", tabindex: 0, role: "group", "aria-label": TEXT.transcript },
        cues.length ? this.list : null,
        told,
        h("div", { class: "ck-readings" }, this.readButton, this.readNote),
      ),
    );
  }

  // ------------------------------------------------------------ playing

  listen() {
    const { player } = this;
    player.addEventListener("timeupdate", () => this.onTime());
    player.addEventListener("play", () => this.refreshControls());
    player.addEventListener("pause", () => this.keep());
    player.addEventListener("ended", () => this.keep());
    player.addEventListener("seeked", () => this.refreshTime());
    player.addEventListener("volumechange", () => this.onVolume());
    player.addEventListener("error", () => this.onError());
    for (const name of ["waiting", "playing", "canplay", "pause"]) {
      player.addEventListener(name, () => this.frame.classList.toggle("ck-waits", name === "waiting"));
    }
    document.addEventListener("visibilitychange", this.onHide);
    window.addEventListener("pagehide", this.onLeave);
  }

  onLeave = () => this.keep();
  onHide = () => {
    if (document.visibilityState === "hidden") this.keep();
  };

  hello() {
    const told = () => this.ledger.connected(false);
    this.link.send(
      { kind: "hello", protocol: PROTOCOL },
      (reply) => {
        if (!reply.ok) return this.say([reply.message, reply.hint].filter(Boolean).join(" "));
        this.ledger.connected(true);
        this.ledger.send();
      },
      told,
    );
  }

  /** Where the browser finds it: as the front end resolves addresses beside the notebook; null where it cannot.
   * @param {string} src @param {boolean} [local] @returns {Promise<string | null>} */
  async resolved(src, local = true) {
    if (!local) return src;
    try {
      return (await this.model.widget_manager?.resolveUrl?.(src)) ?? null;
    } catch {
      return null;
    }
  }

  /** Load a copy and play it. @param {Copy} copy @param {number} [at] */
  async start(copy, at = this.from) {
    if (this.started) return;
    this.started = true;
    this.copy = copy;
    this.startPanel.hidden = true;
    this.player.hidden = this.controls.hidden = this.screen.hidden = false;
    this.poster?.remove();
    this.frame.classList.add("ck-waits");
    this.begin = at;
    this.player.addEventListener("loadedmetadata", () => {
      if (this.begin) this.player.currentTime = this.begin;
      this.setSpeed(Number(this.speed.value), true);
      this.refreshTime();
    });
    this.player.volume = Math.min(1, Math.max(0, Number(this.taste.volume) || 0));
    this.onVolume();
    this.refreshControls();
    this.toggle.focus();
    const src = await this.resolved(copy.src, copy.local);
    if (src === null) this.onError();
    else this.load(src);
  }

  /** @param {string} src */
  load(src) {
    this.ledger.taken = [];
    this.player.src = src;
    this.player.play().catch(() => this.refreshControls()); // a browser may want another click
  }

  /** The address did not lead to a video that plays here: the kernel may have the file. */
  onError() {
    if (!this.copy || (!this.player.error && this.player.src)) return;
    this.begin = this.player.currentTime || this.begin;
    if (this.copy.local && !this.byPieces) {
      this.byPieces = true;
      this.fetchPieces([], 0);
      return;
    }
    this.frame.classList.remove("ck-waits");
    const link = h("a", { href: this.copy.local ? this.player.src || this.copy.src : this.copy.src, target: "_blank", rel: "noopener" }, TEXT.file);
    this.status.replaceChildren(h("p", { class: "ck-note" }, icon("note"), h("span", {}, TEXT.failed, link, ".")));
    if (this.transcript) this.transcript.open = true;
  }

  /** @param {Uint8Array<ArrayBuffer>[]} parts @param {number} start */
  fetchPieces(parts, start) {
    const failed = () => this.onError();
    this.link.send(
      { kind: "piece", copy: this.copy?.name, start },
      (reply, bytes) => {
        if (!reply.ok || !bytes.length || this.gone) return failed();
        const view = bytes[0];
        const part = new Uint8Array(view.byteLength);
        part.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
        const next = start + part.byteLength;
        const all = [...parts, part];
        if (part.byteLength && next < (reply.total ?? 0)) return this.fetchPieces(all, next);
        this.blob = URL.createObjectURL(new Blob(all, { type: this.copy?.type || "video/webm" }));
        this.load(this.blob);
      },
      failed,
    );
  }

  playOrPause() {
    if (this.player.paused) this.player.play().catch(() => {});
    else this.player.pause();
  }

  /** @param {number} at */
  goTo(at) {
    if (this.started) {
      this.player.currentTime = at;
      return;
    }
    this.from = at;
    this.startLabel.textContent = at ? TEXT.goOn(clock(at)) : TEXT.play;
    this.say(TEXT.starts(clock(at)));
  }

  /** @param {KeyboardEvent} event */
  onSeekKey(event) {
    const by = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP }[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.player.currentTime = Math.min(this.player.duration || this.video.seconds, Math.max(0, this.player.currentTime + by));
  }

  /** @param {number} speed @param {boolean} [quiet] */
  setSpeed(speed, quiet = false) {
    this.player.playbackRate = speed;
    this.player.defaultPlaybackRate = speed;
    if (!quiet) this.prefer({ speed });
  }

  onVolume() {
    const silent = this.player.muted || this.player.volume === 0;
    this.mute.setAttribute("aria-pressed", String(this.player.muted));
    this.mute.replaceChildren(icon(silent ? "mute" : "sound"));
    this.volume.value = String(this.player.muted ? 0 : this.player.volume);
    this.volume.setAttribute("aria-valuetext", `${Math.round(Number(this.volume.value) * 100)} %`);
    if (this.started && !this.player.muted) this.prefer({ volume: this.player.volume });
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.frame.requestFullscreen().catch(() => {});
  }

  /** @param {object} taste */
  prefer(taste) {
    Object.assign(this.taste, taste);
    storage.set(TASTE, this.taste);
  }

  // ------------------------------------------------------------ what is kept

  onTime() {
    this.refreshTime();
    const now = Date.now();
    if (now - this.saved > 1000) {
      this.saved = now;
      this.ledger.take(this.player);
    }
    if (now - this.told > EVERY) {
      if (this.told) this.ledger.send();
      this.told = now;
    }
  }

  keep() {
    this.refreshControls();
    if (!this.started) return;
    this.ledger.take(this.player);
    if (this.player.ended) {
      this.ledger.kept.at = 0;
      this.ledger.save();
    }
    this.ledger.send();
  }

  readInstead() {
    if (!this.transcript) return;
    this.transcript.open = true;
    this.transcript.querySelector(".ck-scroll").focus();
  }

  onRead() {
    this.ledger.readAll();
    this.say(TEXT.readKept);
  }

  // ------------------------------------------------------------ what is shown

  /** @param {string} text */
  say(text) {
    this.status.replaceChildren(text ? h("p", { class: "ck-note" }, icon("note"), text) : "");
  }

  refreshControls() {
    const paused = this.player.paused || this.player.ended;
    const label = paused ? TEXT.play : TEXT.pause;
    this.toggle.setAttribute("aria-label", label);
    this.toggle.title = label;
    this.toggle.replaceChildren(icon(paused ? "play" : "pause"));
    this.refreshTime();
  }

  refreshTime() {
    const at = this.player.currentTime;
    const all = Number.isFinite(this.player.duration) ? this.player.duration : this.video.seconds;
    if (Number(this.seek.max) !== all) this.seek.max = String(all);
    this.seek.value = String(at);
    this.seek.style.setProperty("--ck-done", `${all ? (at / all) * 100 : 0}%`);
    this.seek.setAttribute("aria-valuetext", TEXT.at(clock(at), clock(all)));
    this.time.textContent = `${clock(at)} / ${clock(all)}`;
    this.markLine(at);
  }

  /** @param {number} at */
  markLine(at) {
    const cues = this.video.captions[0]?.cues ?? [];
    const now = cues.reduce((last, [start], n) => (start <= at + 0.05 ? n : last), -1);
    if (now === this.nowAt || !this.lines) return;
    this.lines[this.nowAt]?.firstElementChild?.removeAttribute("aria-current");
    this.nowAt = now;
    const line = this.lines[now]?.firstElementChild;
    line?.setAttribute("aria-current", "true");
    const box = this.list.parentElement;
    // its own box follows, never the page, and not while somebody is in it
    if (line && box && !box.matches(":hover, :focus-within")) {
      const [now, within] = [line.getBoundingClientRect(), box.getBoundingClientRect()];
      if (now.top < within.top || now.bottom > within.bottom) box.scrollTop += now.top - within.top - within.height / 3;
    }
  }

  refreshShare() {
    const share = this.ledger.share;
    this.share.textContent = share > 0 ? TEXT.watched(share >= 0.995 ? 100 : Math.floor(share * 100)) : "";
    this.share.classList.toggle("ck-done", share >= 0.995);
    if (this.readButton && share >= 0.995) {
      const held = document.activeElement === this.readButton;
      this.readButton.hidden = true;
      this.readNote.textContent = this.ledger.kept.read ? TEXT.readKept : "";
      if (held) this.transcript.querySelector("summary").focus();
    }
    if (this.ledger.lost) this.say(TEXT.lost);
    else if (this.status.textContent === TEXT.lost) this.say("");
  }

  dispose() {
    this.keep();
    this.gone = true;
    this.player.pause();
    this.player.removeAttribute("src");
    this.player.load();
    if (this.blob) URL.revokeObjectURL(this.blob);
    document.removeEventListener("visibilitychange", this.onHide);
    window.removeEventListener("pagehide", this.onLeave);
    this.link.dispose();
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
  const player = new Player(model);
  el.replaceChildren(player.element);
  return () => player.dispose();
}

export default { render };
