// What median.webm shows, drawn at the time t (seconds) on a surface of 640 × 360. make.py records it.
// The lowest quarter stays empty: captions stand there.
const SECONDS = 42;
const MASSES = [3250, 3450, 3650, 3750, 3800]; // the five penguins of the lesson, in grams
const SLIP = 37500; // 3750 with one zero too many
const INK = "#1f2933";
const BLUE = "#2563a8";
const ORANGE = "#b4420f";
const GREEN = "#17653a";
const GREY = "#5b6673";

const clamp = (x) => Math.min(1, Math.max(0, x));
const ease = (x) => clamp(x) ** 2 * (3 - 2 * clamp(x));
/** From 0 to 1 while t runs from `from` on, `long` seconds. */
const during = (t, from, long) => ease((t - from) / long);
const mix = (a, b, share) => a + (b - a) * share;

function draw(g, t) {
  g.fillStyle = "#fbfcfe";
  g.fillRect(0, 0, 640, 360);
  const wide = during(t, 22, 3); // how far the axis has opened, from 3000–4000 g to 0–40000 g
  const low = mix(3000, 0, wide);
  const high = mix(4000, 40000, wide);
  const x = (grams) => 60 + (520 * (grams - low)) / (high - low);
  const slipped = during(t, 24, 3);
  const masses = [3250, 3450, 3650, mix(3750, SLIP, slipped), 3800];
  const mean = masses.reduce((sum, mass) => sum + mass, 0) / 5;

  title(g, t);
  axis(g, x, wide, during(t, 1.5, 1.5));
  birds(g, t, x, masses);
  markMedian(g, t, x(3650));
  markMean(g, t, x(mean), mean);
  if (t > 20.5) slip(g, t, x(masses[3]), slipped);
}

function title(g, t) {
  const words =
    t < 7 ? "Five penguins on the scales" : t < 13.5 ? "The mean: where they balance" : t < 20.5 ? "The median: the one in the middle"
    : t < 29 ? "One slip of the finger" : t < 36 ? "The mean follows. The median stays." : "The median is robust";
  g.fillStyle = INK;
  g.font = "600 24px sans-serif";
  g.textAlign = "left";
  g.fillText(words, 40, 42);
}

function axis(g, x, wide, shown) {
  g.globalAlpha = shown;
  g.strokeStyle = g.fillStyle = GREY;
  g.lineWidth = 2;
  line(g, 40, 180, 600, 180);
  g.font = "14px sans-serif";
  g.textAlign = "center";
  const sets = [
    [[3000, 3250, 3500, 3750, 4000], clamp(1 - wide * 4)],
    [[0, 10000, 20000, 30000, 40000], clamp(wide * 4 - 3)],
  ];
  for (const [ticks, alpha] of sets) {
    g.globalAlpha = shown * alpha;
    for (const tick of alpha ? ticks : []) {
      line(g, x(tick), 176, x(tick), 184);
      g.fillText(`${tick} g`, x(tick), 226);
    }
  }
  g.globalAlpha = 1;
}

function birds(g, t, x, masses) {
  masses.forEach((mass, n) => {
    const fall = during(t, 2.5 + n * 0.6, 0.8);
    if (!fall) return;
    const middle = n === 2 && t > 17;
    const counted = t > 14 && t < 20.5 && [0, 4, 1, 3].indexOf(n) >= 0 && t > 14.5 + [0, 4, 1, 3].indexOf(n) * 0.6;
    g.globalAlpha = fall * (counted ? 0.35 : 1);
    g.fillStyle = n === 3 && t > 24 ? ORANGE : middle ? GREEN : BLUE;
    g.beginPath();
    g.arc(x(mass), mix(80, 168, fall), 11, 0, 7);
    g.fill();
  });
  g.globalAlpha = 1;
}

function markMean(g, t, at, mean) {
  const shown = during(t, 8, 1.5);
  if (!shown) return;
  g.globalAlpha = shown;
  g.fillStyle = ORANGE;
  g.beginPath();
  g.moveTo(at, 184);
  g.lineTo(at - 13, 208);
  g.lineTo(at + 13, 208);
  g.fill();
  label(g, at, 252, "mean", `${Math.round(mean)} g`, ORANGE);
  g.globalAlpha = 1;
}

function markMedian(g, t, at) {
  const shown = during(t, 17, 1.2);
  if (!shown) return;
  g.globalAlpha = shown;
  g.strokeStyle = GREEN;
  g.lineWidth = 3;
  line(g, at, 102, at, 153);
  label(g, at, 74, "median", "3650 g", GREEN);
  g.globalAlpha = 1;
}

function slip(g, t, at, slipped) {
  g.fillStyle = ORANGE;
  g.font = "600 20px sans-serif";
  g.textAlign = "center";
  g.globalAlpha = during(t, 20.5, 0.8);
  const typed = t < 21.8 ? "3750 g" : "37500 g";
  g.fillText(typed, Math.min(590, Math.max(at, 90)), mix(130, 142, slipped));
  g.globalAlpha = 1;
}

function label(g, at, y, name, value, colour) {
  g.fillStyle = colour;
  g.textAlign = at < 120 ? "left" : at > 540 ? "right" : "center";
  const place = at < 120 ? Math.max(40, at - 14) : at > 540 ? Math.min(600, at + 14) : at;
  g.font = "600 17px sans-serif";
  g.fillText(name, place, y);
  g.font = "17px sans-serif";
  g.fillText(value, place, y + 21);
}

function line(g, x1, y1, x2, y2) {
  g.beginPath();
  g.moveTo(x1, y1);
  g.lineTo(x2, y2);
  g.stroke();
}

/** Every frame encoded (VP9), and a picture at `still` seconds as base64 of a WebP. */
async function record(width, height, rate, bitrate, still) {
  const canvas = new OffscreenCanvas(width, height);
  const g = canvas.getContext("2d", { alpha: false });
  g.scale(width / 640, height / 360);
  const frames = [];
  const base64 = async (blob) => (await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(blob);
  })).split(",")[1];
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      frames.push({ at: chunk.timestamp, key: chunk.type === "key", bytes });
    },
    error: (error) => { throw error; },
  });
  encoder.configure({ codec: "vp09.00.21.08", width, height, framerate: rate, bitrate, latencyMode: "quality" });
  for (let n = 0; n < SECONDS * rate; n++) {
    draw(g, n / rate);
    const frame = new VideoFrame(canvas, { timestamp: Math.round((n * 1e6) / rate), duration: Math.round(1e6 / rate) });
    encoder.encode(frame, { keyFrame: n % (rate * 6) === 0 });
    frame.close();
    if (encoder.encodeQueueSize > 8) await new Promise((done) => setTimeout(done, 5));
  }
  await encoder.flush();
  draw(g, still);
  const poster = await base64(await canvas.convertToBlob({ type: "image/webp", quality: 0.8 }));
  return { frames: await Promise.all(frames.map(async (one) => [one.at, one.key, await base64(new Blob([one.bytes]))])), poster };
}
