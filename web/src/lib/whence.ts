// Where a value comes from, as the panel shows it: the page and its passage, the call, the way.

import type { Call, Turn } from "./turn.svelte";
import type { Figure, PageInfo, Provenance, Status } from "./types";

export interface Whence {
  text: string;
  status: Status | "missing" | null;
  how: string;
  page: PageInfo | null;
  /** What is highlighted on the page. */
  quote: string;
  call: Call | null;
}

/** The page that a piece of evidence names, `[2] passage` or `address: passage`, and the passage. */
function located(evidence: string, pages: PageInfo[]): { page: PageInfo; quote: string } | null {
  const numbered = /^\[(\d+)\] ([^]*)$/.exec(evidence);
  if (numbered) {
    const page = pages.find((page) => page.n === Number(numbered[1]));
    return page ? { page, quote: numbered[2] ?? "" } : null;
  }
  const named = pages.filter((page) => evidence.startsWith(`${page.url}: `));
  const page = named.sort((a, b) => b.url.length - a.url.length)[0];
  return page ? { page, quote: evidence.slice(page.url.length + 2) } : null;
}

/** The latest call that speaks of `how`, as `tool: line of its result` or as its own words. */
function calling(how: string, calls: Call[]): Call | null {
  const [tool, ...rest] = how.split(": ");
  const line = rest.join(": ").replace(/…$/, "");
  const gave = (call: Call) => call.tool === tool && !!call.result?.content.includes(line);
  const said = (call: Call) => Object.values(call.arguments).some((value) => how && String(value).includes(how));
  return calls.findLast(gave) ?? calls.findLast(said) ?? null;
}

export function ofFigure(figure: Figure, turn: Turn, pages: PageInfo[]): Whence {
  const place = located(figure.evidence, pages);
  const found = place ? null : calling(figure.evidence, turn.calls);
  const { text, status } = figure;
  return { text, status, how: place ? "" : figure.evidence, page: place?.page ?? null, quote: place?.quote ?? "", call: found };
}

export function ofCell(text: string, from: Provenance, turn: Turn, pages: PageInfo[]): Whence {
  const base = { text, status: from.status, how: "", page: null, quote: "", call: null };
  if (from.status === "sourced") {
    const page = pages.find((page) => page.url === from.url) ?? null;
    return { ...base, page, quote: from.quote, how: page ? "" : `${from.title} ${from.url}: ${from.quote}` };
  }
  return "how" in from ? { ...base, how: from.how, call: calling(from.how, turn.calls) } : base;
}

export function ofPage(page: PageInfo, quote: string): Whence {
  return { text: page.title || page.url, status: null, how: "", page, quote, call: null };
}

/** Indices of the lines of a page that hold the passage; else of those that hold the value. */
export function passage(lines: string[], quote: string, value: string): Set<number> {
  const plain = (text: string) => text.replace(/…$/, "").replace(/\s+/g, " ").trim();
  const wanted = plain(quote);
  const holding = (part: string) => lines.flatMap((line, at) => (part && plain(line).includes(part) ? [at] : []));
  const whole = holding(wanted);
  if (whole.length) return new Set(whole.slice(0, 1));
  // A passage may be several lines, or words around a row.
  const within = lines.flatMap((line, at) => (plain(line).length > 8 && wanted.includes(plain(line)) ? [at] : []));
  return new Set(within.length ? within : holding(plain(value)));
}
