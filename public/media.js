// What only a window can do with a microphone and, on older phones, with a photo. Loaded when it is first needed.

const TYPES = ["audio/mp4", "audio/webm;codecs=opus", "audio/webm"];
const BITS_A_SECOND = 48_000;
const PART_MS = 1_000;
const LEVEL_MS = 100;

/** Ends the recording under way, also one that still waits for the microphone. */
let stopRecording = () => {};

export const canRecord = () => Boolean(globalThis.MediaRecorder && navigator.mediaDevices?.getUserMedia);

/**
 * Records until `stop`, or until `longest` seconds are over. `keep(part, type, number, seconds)` is called with each
 * second as it comes, one after another; when it refuses one, the recording ends. `hear(seconds, level)` follows it.
 * The answer is how many parts and seconds there are, and why it ended if something was the matter.
 */
export async function record(longest, keep, hear) {
  // There is one at a time: what may be left over of another must not listen on.
  stopRecording();
  const stream = await openMicrophone();
  if (stream === null) return 0;
  try {
    return await recordFrom(stream, longest, keep, hear);
  } finally {
    close(stream);
  }
}

/** The microphone, once there is a yes to it; `null` if it was stopped before that. */
async function openMicrophone() {
  const asked = navigator.mediaDevices.getUserMedia({ audio: true });
  const stopped = new Promise((resolve) => (stopRecording = () => resolve(null)));
  const stream = await Promise.race([asked, stopped]);
  // A yes that comes late opens it for nobody.
  if (stream === null) asked.then(close, () => {});
  return stream;
}

const close = (stream) => stream.getTracks().forEach((track) => track.stop());

async function recordFrom(stream, longest, keep, hear) {
  const type = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_A_SECOND });
  const began = performance.now();
  const seconds = () => Math.min((performance.now() - began) / 1_000, longest);
  let line = Promise.resolve();
  let number = 0;
  let said = 0;
  let trouble = null;
  const end = () => recorder.state !== "inactive" && recorder.stop();
  stopRecording = end;
  recorder.ondataavailable = ({ data }) => {
    const [part, at] = [number, seconds()];
    if (data.size === 0) return;
    number += 1;
    line = line.then(async () => {
      if (trouble !== null) return;
      try {
        await keep(data, recorder.mimeType.split(";")[0], part, at);
        said = at;
      } catch (why) {
        trouble = why;
        end();
      }
    });
  };
  // Whoever unplugs the microphone, or lets another app have it, has said enough.
  stream.getTracks().forEach((track) => (track.onended = end));
  const level = meter(stream);
  const timer = setInterval(() => {
    hear(seconds(), level.read());
    if (seconds() >= longest) end();
  }, LEVEL_MS);
  try {
    recorder.start(PART_MS);
    await new Promise((resolve) => (recorder.onstop = resolve));
    await line;
  } finally {
    clearInterval(timer);
    level.close();
  }
  if (trouble !== null) throw trouble;
  return said;
}

export const stop = () => stopRecording();

/** How loud it is, from 0 to 1. A browser that cannot say hears nothing. */
function meter(stream) {
  try {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Uint8Array(analyser.fftSize);
    const read = () => {
      analyser.getByteTimeDomainData(samples);
      return Math.max(...samples.map((sample) => Math.abs(sample - 128))) / 128;
    };
    return { read, close: () => context.close() };
  } catch {
    return { read: () => 0, close: () => {} };
  }
}

/** Makes a photo small enough where the worker cannot: `{ photo, thumb, width, height }`. */
export async function shrink(file, longest, small) {
  const image = new Image();
  const address = URL.createObjectURL(file);
  try {
    image.src = address;
    await image.decode();
    const [width, height] = within(image, longest);
    const photo = await encode(image, width, height, 0.82);
    const thumb = await encode(image, ...within(image, small), 0.5);
    return { photo, thumb, width, height };
  } finally {
    URL.revokeObjectURL(address);
  }
}

function within({ naturalWidth, naturalHeight }, side) {
  const scale = Math.min(1, side / Math.max(naturalWidth, naturalHeight, 1));
  return [naturalWidth, naturalHeight].map((length) => Math.max(1, Math.floor(length * scale)));
}

function encode(image, width, height, quality) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").drawImage(image, 0, 0, width, height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no encoder"))), "image/jpeg", quality);
  });
}
