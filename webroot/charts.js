// Small charts in SVG: lines over time, and bars. Colours are set by the classes s1, s2 and s3 of the
// style sheet.

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 62;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 22;

function svg(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) {
    element.setAttribute(key, attributes[key]);
  }
  if (parent) {
    parent.append(element);
  }
  return element;
}

function html(name, className, text) {
  const element = document.createElement(name);
  if (className) {
    element.className = className;
  }
  if (text !== undefined) {
    element.textContent = text;
  }
  return element;
}

/** The smallest step of at least about this size: a round number times a power of the base. */
function niceStep(rough, binary) {
  const base = binary ? 1024 : 10;
  const power = Math.pow(base, Math.floor(Math.log(rough) / Math.log(base)));
  const steps = binary ? [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] : [1, 2, 2.5, 5, 10];
  for (const step of steps) {
    if (step * power >= rough * 0.999) {
      return step * power;
    }
  }
  return base * power;
}

/**
 * A chart of lines over time.
 *
 * options: series [{key, label}], format(value), log (logarithmic axis), binary (ticks at powers of 2),
 * area (fill below the line), floor (the axis reaches at least this value), limit (key of a value that
 * is drawn as a dashed line).
 */
export class LineChart {
  /** seconds: the time span of the chart. */
  constructor(figure, options, seconds) {
    this.options = options;
    this.seconds = seconds;
    this.samples = [];
    this.hover = null;
    this.legend = html("div", "legend");
    this.values = options.series.map((series, index) => {
      const entry = html("span");
      entry.append(html("i", "s" + (index + 1)), series.label, " ");
      const value = html("b", "", "–");
      entry.append(value);
      this.legend.append(entry);
      return value;
    });
    const label = figure.querySelector("figcaption").firstChild.textContent;
    this.root = svg("svg", { class: "chart", role: "img", "aria-label": label });
    figure.append(this.legend, this.root);
    this.root.addEventListener("pointermove", (event) => this.point(event));
    this.root.addEventListener("pointerleave", () => {
      this.hover = null;
      this.draw();
    });
    new ResizeObserver(() => this.draw()).observe(this.root);
  }

  /** Adds a sample with the current time. Samples need not have equal intervals. */
  add(sample) {
    const now = performance.now();
    this.samples.push({ ...sample, at: now });
    this.samples = this.samples.filter(({ at }) => now - at <= this.seconds * 1000);
    this.hover = this.samples.includes(this.hover) ? this.hover : null;
    this.draw();
  }

  /** Returns a function from the index of a sample to its x coordinate; the last is at the right. */
  xScale(width) {
    const last = this.samples.length > 0 ? this.samples[this.samples.length - 1].at : 0;
    return (index) =>
      width - RIGHT -
      ((width - LEFT - RIGHT) * (last - this.samples[index].at)) / (this.seconds * 1000);
  }

  point(event) {
    const box = this.root.getBoundingClientRect();
    const x = this.xScale(box.width);
    const pointed = event.clientX - box.left;
    const away = this.samples.map((sample, index) => Math.abs(x(index) - pointed));
    const nearest = away.indexOf(Math.min(...away));
    this.hover = nearest >= 0 && away[nearest] < 20 ? this.samples[nearest] : null;
    this.draw();
  }

  scale(height) {
    const { series, log, limit, floor } = this.options;
    let max = floor;
    let min = Infinity;
    for (const sample of this.samples) {
      for (const { key } of series) {
        const value = sample[key];
        if (value > max) {
          max = value;
        }
        if (value > 0 && value < min) {
          min = value;
        }
      }
      if (limit && sample[limit] > max && max > sample[limit] / 4) {
        max = sample[limit];
      }
    }
    const span = height - TOP - BOTTOM;
    const ticks = [];
    if (log) {
      const low = Math.floor(Math.log10(Math.min(min, max, floor)));
      const high = Math.max(low + 2, Math.ceil(Math.log10(max) - 1e-9));
      for (let exponent = low; exponent <= high; exponent++) {
        ticks.push(Math.pow(10, exponent));
      }
      const y = (value) =>
        TOP + span * (1 - Math.max(0, (Math.log10(Math.max(value, 1e-9)) - low) / (high - low)));
      return { ticks, y };
    }
    const step = niceStep(max / 4, this.options.binary);
    const top = Math.ceil(max / step - 1e-9) * step;
    for (let value = 0; value <= top * 1.0001; value += step) {
      ticks.push(value);
    }
    return { ticks, y: (value) => TOP + span * (1 - value / top) };
  }

  draw() {
    const { width, height } = this.root.getBoundingClientRect();
    if (width < 80 || height < 60) {
      return;
    }
    const { series, format, area, limit } = this.options;
    const { ticks, y } = this.scale(height);
    const last = this.samples.length - 1;
    const x = this.xScale(width);
    this.root.replaceChildren();
    for (const tick of ticks) {
      const at = y(tick);
      svg("line", { class: "rule", x1: LEFT, x2: width - RIGHT, y1: at, y2: at }, this.root);
      const label = svg("text", { x: LEFT - 8, y: at + 4, "text-anchor": "end" }, this.root);
      label.textContent = format(tick);
    }
    this.drawTimes(width, height);
    if (limit && last >= 0) {
      const at = y(this.samples[last][limit]);
      if (at >= TOP - 1) {
        svg("line", { class: "limit", x1: LEFT, x2: width - RIGHT, y1: at, y2: at }, this.root);
      }
    }
    series.forEach(({ key }, index) => this.drawLine(key, index, x, y, area, height));
    this.drawHover(x, y, height);
  }

  drawTimes(width, height) {
    const texts = [[LEFT, "start", "−" + this.seconds + " s"], [width - RIGHT, "end", "now"]];
    for (const [at, anchor, text] of texts) {
      svg("text", { x: at, y: height - 4, "text-anchor": anchor }, this.root).textContent = text;
    }
  }

  /** Draws a line, with a gap where values are missing. */
  drawLine(key, index, x, y, area, height) {
    const pieces = [];
    let piece = null;
    this.samples.forEach((sample, at) => {
      const value = sample[key];
      if (value === null || value === undefined) {
        piece = null;
        return;
      }
      if (piece === null) {
        piece = [];
        pieces.push(piece);
      }
      piece.push(x(at).toFixed(1) + " " + y(value).toFixed(1));
    });
    const name = "s" + (index + 1);
    for (const points of pieces) {
      const line = "M" + points.join("L");
      if (area) {
        const base = height - BOTTOM;
        const [first, end] = [points[0], points[points.length - 1]].map((point) => point.split(" ")[0]);
        svg("path", { class: "area " + name, d: line + "L" + end + " " + base + "H" + first + "Z" }, this.root);
      }
      // A piece of one point needs a length to be visible.
      svg("path", { class: name, d: line + "h0.1" }, this.root);
    }
  }

  drawHover(x, y, height) {
    const { series, format } = this.options;
    const shown = this.samples.indexOf(this.hover ?? this.samples[this.samples.length - 1]);
    const sample = this.samples[shown];
    series.forEach(({ key }, index) => {
      const value = sample ? sample[key] : null;
      const known = value !== null && value !== undefined;
      this.values[index].textContent = known ? format(value) : "–";
      if (known && this.hover !== null) {
        svg("circle", { class: "s" + (index + 1), cx: x(shown), cy: y(value), r: 4 }, this.root);
      }
    });
    if (this.hover !== null) {
      const at = x(shown);
      const line = svg("line", { class: "cross", x1: at, x2: at, y1: TOP, y2: height - BOTTOM });
      this.root.prepend(line);
    }
  }
}

/** A table with a bar in each row, and numbers next to it. */
export class BarTable {
  constructor(figure, headings) {
    this.headings = headings;
    this.empty = html("p", "empty", "No tables yet: everything is in the memtable.");
    this.table = html("table", "bars");
    this.table.hidden = true;
    figure.append(this.empty, this.table);
  }

  /** rows: [{label, value, cells}] */
  show(rows) {
    this.empty.hidden = rows.length > 0;
    this.table.hidden = rows.length === 0;
    const head = html("tr");
    head.append(html("th", "", this.headings[0]), html("th"));
    for (const heading of this.headings.slice(1)) {
      head.append(html("th", "number", heading));
    }
    const max = Math.max(1, ...rows.map((row) => row.value));
    const lines = rows.map((row) => {
      const line = html("tr");
      const bar = html("td", "bar");
      const drawing = svg("svg", { "aria-hidden": "true" }, null);
      svg("rect", { class: "back", width: "100%", height: 10, rx: 5 }, drawing);
      const share = row.value > 0 ? Math.max(1, (100 * row.value) / max) : 0;
      svg("rect", { width: share + "%", height: 10, rx: 5 }, drawing);
      bar.append(drawing);
      line.append(html("td", "", row.label), bar);
      for (const cell of row.cells) {
        line.append(html("td", "number", cell));
      }
      return line;
    });
    this.table.replaceChildren(head, ...lines);
  }
}
