"use strict";

// What both pages share: reading the data, colours, matrices with labels, small helpers.

const report = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

/** An element with attributes and children; text is only ever set as text, never as HTML. */
function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "text", "line", "path", "title", "g", "rect", "circle"].includes(tag);
  const element = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A number as a person reads it. */
function formatted(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value < 0 ? "−∞" : "∞";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 10 ** -digits || size >= 1e5)
    ? value.toExponential(digits - 1)
    : value.toFixed(digits);
  return text.replace("-", "−");
}

// ---- data

function bytesOfBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** Unpacks what Swift's `Packed` made: the numbers as a Float32Array. */
async function unpacked(packed) {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("This browser is too old to unpack the data (it has no DecompressionStream).");
  }
  const stream = new Blob([bytesOfBase64(packed.zlib)]).stream();
  const inflated = stream.pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(inflated).arrayBuffer());
  const blank = packed.bits === 8 ? 255 : 65535;
  const values = new Float32Array(packed.count);
  for (let index = 0; index < packed.count; index++) {
    const code = packed.bits === 8 ? bytes[index] : bytes[index] | (bytes[packed.count + index] << 8);
    const place = code / (blank - 1);
    const spread = packed.scale === "root" ? place * place : place;
    values[index] = code === blank ? NaN : packed.low + (packed.high - packed.low) * spread;
  }
  return values;
}

// ---- colours

const darkScheme = window.matchMedia("(prefers-color-scheme: dark)");
const maps = { light: bytesOfBase64(report.colors.light), dark: bytesOfBase64(report.colors.dark) };
let printing = false;

/** The colour map of the scheme in use: 256 triples of red, green, blue. */
const currentMap = () => maps[darkScheme.matches && !printing ? "dark" : "light"];

/** Calls a function now and whenever colours change. */
function onColors(repaint) {
  darkScheme.addEventListener("change", repaint);
  window.addEventListener("beforeprint", () => { printing = true; repaint(); });
  window.addEventListener("afterprint", () => { printing = false; repaint(); });
}

/** Writes one value's colour into the pixels of an image. */
function setPixel(pixels, offset, value, range, map) {
  if (Number.isNaN(value)) {
    pixels[offset] = pixels[offset + 1] = pixels[offset + 2] = 150;
  } else {
    const place = (value - range.low) / (range.high - range.low || 1);
    const entry = 3 * Math.round(255 * Math.min(1, Math.max(0, place)));
    pixels[offset] = map[entry];
    pixels[offset + 1] = map[entry + 1];
    pixels[offset + 2] = map[entry + 2];
  }
  pixels[offset + 3] = 255;
}

/** Paints the colour bar. */
function paintScale(canvas) {
  canvas.width = 256;
  canvas.height = 1;
  const context = canvas.getContext("2d");
  const image = context.createImageData(256, 1);
  const map = currentMap();
  for (let index = 0; index < 256; index++) {
    setPixel(image.data, 4 * index, index, { low: 0, high: 255 }, map);
  }
  context.putImageData(image, 0, 0);
}

/**
 * Paints a matrix, one pixel a cell, or drawn down to a largest width and height, where a pixel
 * shows the value of greatest magnitude in its patch so that thin lines stay visible.
 */
function paintCells(canvas, source, range, widest = Infinity, highest = widest) {
  const height = Math.max(1, Math.min(source.rows, Math.round(highest)));
  const width = Math.max(1, Math.min(source.columns, Math.round(widest)));
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const map = currentMap();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      setPixel(image.data, 4 * (y * width + x), strongest(source, x, y, width, height), range, map);
    }
  }
  context.putImageData(image, 0, 0);
}

function strongest(source, x, y, width, height) {
  if (width === source.columns && height === source.rows) return source.value(y, x);
  let best = NaN;
  const lastRow = Math.ceil((y + 1) * source.rows / height);
  const lastColumn = Math.ceil((x + 1) * source.columns / width);
  for (let row = Math.floor(y * source.rows / height); row < lastRow; row++) {
    for (let column = Math.floor(x * source.columns / width); column < lastColumn; column++) {
      const value = source.value(row, column);
      if (!(Math.abs(value) <= Math.abs(best))) best = Number.isNaN(value) ? best : value;
    }
  }
  return best;
}

/** The name of what went wrong, in the page instead of the console only. */
function showFailure(error) {
  document.body.prepend(make("p", { class: "notice", role: "alert" }, `This page could not be drawn: ${error.message}`));
  throw error;
}
