import { ticks } from "d3-array";

const width = 640;
const height = 440;
const margin = { top: 56, right: 24, bottom: 64, left: 64 };

/** A place in the units of the axes. */
export type Point = [x: number, y: number];

/** What is drawn of a set of numbers: its middle half as a box, its middle 80% as a line, its median as a bar. */
export interface Spread {
  p10: number;
  p25: number;
  p50: number;
  p75: number;
  p90: number;
}

/** An axis: what it shows, from where to where, and names of places on it instead of numbers. */
export interface Axis {
  label: string;
  range: Point;
  names?: readonly { at: number; lines: readonly string[] }[];
}

/**
 * A diagram as SVG. What is drawn first lies below. By hand: the libraries that draw without a browser (Vega, ECharts) are
 * megabytes in a Lambda's bundle, and this takes four kinds of marks.
 */
export class Chart {
  private readonly title: string;
  private readonly axes: [x: Axis, y: Axis];
  private readonly yTicks: number[];
  private readonly x: (value: number) => number;
  private readonly y: (value: number) => number;
  private readonly marks: string[] = [];
  private readonly legend: { label: string; colour: string }[] = [];
  /** Left edge of the legend, which belongs where the marks leave room. */
  legendX = margin.left;

  constructor(title: string, x: Axis, y: Axis) {
    this.title = title;
    this.axes = [x, y];
    this.yTicks = ticks(...y.range, 6);
    const top = Math.max(y.range[1], this.yTicks.at(-1) ?? 0);
    this.x = scale(x.range, [margin.left, width - margin.right]);
    this.y = scale([y.range[0], top], [height - margin.bottom, margin.top]);
  }

  /** A line with a dot at each point. */
  line(label: string, colour: string, points: readonly Point[]): void {
    const path = points.map((point) => this.place(point)).join(" ");
    this.marks.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    this.marks.push(...points.map((point) => this.dot(point, 2.5, colour, 1)));
    this.legend.push({ label, colour });
  }

  dots(label: string, colour: string, points: readonly Point[]): void {
    this.marks.push(...points.map((point) => this.dot(point, 2.2, colour, 0.45)));
    this.legend.push({ label, colour });
  }

  /** A dashed line, for where errors are none. */
  guide(from: Point, to: Point): void {
    const points = `${this.place(from)} ${this.place(to)}`;
    this.marks.push(`<polyline points="${points}" stroke="#718096" stroke-dasharray="4 4"/>`);
  }

  /** How numbers spread at one place of the x axis. `halfWidth` in units of that axis. */
  box(at: number, halfWidth: number, spread: Spread, colour: string): void {
    const [left, right] = [this.x(at - halfWidth), this.x(at + halfWidth)];
    const [p10, p25, p50, p75, p90] = [spread.p10, spread.p25, spread.p50, spread.p75, spread.p90].map((p) =>
      this.y(p),
    ) as [number, number, number, number, number];
    const middle = fixed(this.x(at));
    this.marks.push(
      `<path d="M${middle} ${fixed(p10)}V${fixed(p90)}" stroke="${colour}" stroke-width="1.5"/>`,
      `<rect x="${fixed(left)}" y="${fixed(p75)}" width="${fixed(right - left)}" height="${fixed(Math.max(1, p25 - p75))}" rx="3" fill="${colour}" fill-opacity="0.3" stroke="${colour}"/>`,
      `<path d="M${fixed(left)} ${fixed(p50)}H${fixed(right)}" stroke="${colour}" stroke-width="3"/>`,
    );
  }

  /** A ring around a point, with a text below it. */
  note(point: Point, text: string): void {
    const side = this.x(point[0]) > width / 2 ? "end" : "start";
    const [x, y] = [this.x(point[0]), this.y(point[1])];
    this.marks.push(
      `<circle cx="${fixed(x)}" cy="${fixed(y)}" r="6" fill="none" stroke="#1a202c" stroke-width="1.5"/>`,
    );
    this.marks.push(`<text x="${fixed(x)}" y="${fixed(y + 24)}" text-anchor="${side}">${escapeXml(text)}</text>`);
  }

  /** Everything, as an image of 640 by 440. */
  svg(): string {
    const bottom = height - margin.bottom;
    const [x, y] = this.axes;
    const names = x.names ?? ticks(...x.range, 6).map((at) => ({ at, lines: [String(at)] }));
    const vertical = names.map(
      ({ at, lines }) =>
        (x.names ? "" : `<path d="M${fixed(this.x(at))} ${margin.top}V${bottom}" stroke="#edf2f7"/>`) +
        lines
          .map((text, i) => {
            const colour = i > 0 ? ' fill="#718096"' : "";
            return `<text x="${fixed(this.x(at))}" y="${bottom + 18 + i * 15}" text-anchor="middle"${colour}>${escapeXml(text)}</text>`;
          })
          .join(""),
    );
    const horizontal = this.yTicks.map(
      (tick) =>
        `<path d="M${margin.left} ${fixed(this.y(tick))}H${width - margin.right}" stroke="#edf2f7"/>` +
        `<text x="${margin.left - 8}" y="${fixed(this.y(tick) + 4)}" text-anchor="end">${tick}</text>`,
    );
    const keys = this.legend.map(
      ({ label, colour }, i) =>
        `<circle cx="${this.legendX + 14}" cy="${margin.top + 12 + i * 18}" r="4" fill="${colour}"/>` +
        `<text x="${this.legendX + 24}" y="${margin.top + 16 + i * 18}">${escapeXml(label)}</text>`,
    );
    const middle = (margin.top + bottom) / 2;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#2d3748" role="img">`,
      `<title>${escapeXml(this.title)}</title>`,
      `<rect width="${width}" height="${height}" fill="#fff"/>`,
      `<text x="${margin.left}" y="30" font-size="16" font-weight="600">${escapeXml(this.title)}</text>`,
      ...vertical,
      ...horizontal,
      `<text x="${(margin.left + width - margin.right) / 2}" y="${height - 14}" text-anchor="middle">${escapeXml(x.label)}</text>`,
      `<text transform="translate(18 ${middle}) rotate(-90)" text-anchor="middle">${escapeXml(y.label)}</text>`,
      ...this.marks,
      ...keys,
      "</svg>\n",
    ].join("\n");
  }

  private place([x, y]: Point): string {
    return `${fixed(this.x(x))},${fixed(this.y(y))}`;
  }

  private dot([x, y]: Point, radius: number, colour: string, opacity: number): string {
    return `<circle cx="${fixed(this.x(x))}" cy="${fixed(this.y(y))}" r="${radius}" fill="${colour}" fill-opacity="${opacity}"/>`;
  }
}

function scale([low, high]: Point, [from, to]: Point): (value: number) => number {
  return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
}

const fixed = (value: number) => value.toFixed(1);

/** Text as it may stand in SVG and HTML. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
