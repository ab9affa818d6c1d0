// A chart's own specification (`tools/src/chart/vega.rs`): as it is drawn here, with the other kind of scale, and as tables.

import type { Cell, Table } from "./types";

type Value = string | number | boolean | null;
type Row = Record<string, Value>;

interface Channel {
  field?: string;
  type?: string;
  title?: string | null;
  datum?: Value;
  stack?: string | null;
  scale?: { type?: string; domain?: number[]; nice?: boolean } | null;
}

interface Mark {
  type: string;
  point?: boolean | string;
}

/** What of Vega-Lite our charts have. */
export interface Spec {
  title?: string;
  description?: string;
  width?: number | "container";
  data?: { values: Row[] };
  mark?: string | Mark;
  encoding?: Record<string, Channel>;
  layer?: Spec[];
  /** Small charts. */
  concat?: Spec[];
  config?: Record<string, unknown>;
}

/** Large numbers on axes, as in our pictures: 20B. */
const SHORT = "abs(datum.value) >= 1e6 && datum.label != '' ? replace(format(datum.value, '~s'), 'G', 'B') : datum.label";
const VALUES = ["y", "low", "high"];

/** Days become midnights: of a text without a time Vega-Lite makes one of Greenwich, and of others one of here. */
export function read(text: string): Spec {
  const dated = text.includes('"temporal"');
  const isDay = (value: unknown) => typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value);
  return JSON.parse(text, (name, value) => (dated && (name === "x" || name === "datum") && isDay(value) ? `${value}T00:00` : value));
}

const views = (spec: Spec): Spec[] => spec.concat ?? [spec];
const layers = (spec: Spec): Spec[] => views(spec).flatMap((view) => [view, ...(view.layer ?? [])]);
/** Layers with data of their own: trends. */
const trends = (spec: Spec): Spec[] => views(spec).flatMap((view) => (view.layer ?? []).filter((layer) => layer.data));

/** The axes along which the values go. */
function along(spec: Spec) {
  return layers(spec).flatMap((layer) =>
    ["x", "y"].flatMap((side) => {
      const channel = layer.encoding?.[side];
      const is = channel?.type === "quantitative" && VALUES.includes(channel.field ?? "");
      return is ? [{ channel, base: layer.encoding?.[`${side}2`] }] : [];
    }),
  );
}

/** Every number that is drawn along the values, lines included. */
function numbers(spec: Spec): number[] {
  const all = views(spec).flatMap((view) =>
    [view, ...(view.layer ?? [])].flatMap((layer) => {
      const rows = (layer.data ?? view.data)?.values ?? [];
      const channels = ["x", "y", "x2", "y2"].flatMap((side) => layer.encoding?.[side] ?? []);
      const fields = VALUES.filter((name) => channels.some((channel) => channel.field === name));
      const lines = ["x", "y"].map((side) => layer.encoding?.[side]?.datum);
      return [...rows.flatMap((row) => fields.map((name) => row[name])), ...lines];
    }),
  );
  return all.filter((value) => typeof value === "number");
}

export function isLog(spec: Spec): boolean {
  return along(spec).some(({ channel }) => /log$/.test(channel.scale?.type ?? ""));
}

/** The same with a logarithmic scale, or with a linear one where it has that; null where that cannot be. */
export function rescaled(spec: Spec): Spec | null {
  const log = !isLog(spec);
  const all = numbers(spec);
  const [least, most] = all.reduce(([least, most], one) => [Math.min(least, one), Math.max(most, one)], [Infinity, -Infinity]);
  const copy = structuredClone(spec);
  const axes = along(copy);
  if (!axes.some(({ channel }) => channel.scale) || axes.some(({ channel }) => channel.stack) || (log && least <= 0)) return null;
  // A bar of the least value has some length.
  const from = log ? 10 ** Math.floor(Math.log10(least * 0.99)) : Math.min(0, least);
  for (const { channel, base } of axes) {
    if (channel.scale) channel.scale = { type: log ? "log" : "linear", domain: [from, most], nice: true };
    if (base && "datum" in base) base.datum = log ? from : 0;
  }
  return copy;
}

/** As it is drawn here: as wide as there is room, and telling its values where one points. */
export function drawn(spec: Spec): Spec {
  const copy = structuredClone(spec);
  copy.description = copy.title;
  if (!copy.concat) copy.width = "container";
  const silenced = trends(copy);
  for (const layer of layers(copy)) {
    const mark = typeof layer.mark === "string" ? { type: layer.mark } : layer.mark;
    // A line as a whole has no value; its points have. Those of a trend are no data.
    if (mark && !silenced.includes(layer) && ["line", "area"].includes(mark.type)) layer.mark = { ...mark, point: mark.point || "transparent" };
  }
  const config = copy.config ?? {};
  const silent = { tooltip: null };
  const axisQuantitative = { labelExpr: SHORT };
  copy.config = { ...config, mark: { ...(config.mark ?? {}), tooltip: true }, line: silent, area: silent, rule: silent, axisQuantitative };
  return copy;
}

/** What is drawn, a table for each small chart, under a title that no other chart has. */
export function tables(spec: Spec, title: string): Table[] {
  return views(spec).map((view) => {
    const rows = view.data?.values ?? [];
    const heading = (field: string) => {
      const channels = layers(view).flatMap((layer) => Object.values(layer.encoding ?? {}));
      return channels.find((channel) => channel.field === field && channel.title)?.title ?? "";
    };
    const fields = ["series", "x", "y", "low", "high"].filter((field) => rows.some((row) => field in row));
    const names: Record<string, string> = { low: "–", high: "+" };
    return {
      title: spec.concat ? `${title}: ${view.title ?? ""}` : title,
      columns: fields.map((field) => names[field] ?? (heading(field) || field)),
      rows: rows.map((row) => fields.map((field) => cell(row, field))),
    };
  });
}

function cell(row: Row, field: string): Cell {
  const value = row[field] ?? null;
  const provenance = { status: "given" } as const;
  if (typeof value !== "number") {
    const text = value === null ? null : String(value).replace("T00:00", "").replace(/^(\d{4}-\d\d-\d\d)T/, "$1 ");
    return { text, provenance };
  }
  const until = field === "x" && "x2" in row ? ` – ${row.x2}` : "";
  const about = field === "y" && row.estimated ? "≈ " : "";
  return { text: `${about}${value}${until}`, number: value, provenance };
}
