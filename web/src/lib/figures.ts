// Marks the figures and citations of an answer in its nodes: each becomes a button.

import type { Figure } from "./types";

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** What the places look like: `[3]`, or a figure that is no part of a longer one. */
export function places(figures: Figure[]): RegExp {
  const texts = figures.map((figure) => figure.text).filter((text) => text.trim());
  texts.sort((a, b) => b.length - a.length);
  const any = texts.map(escape).join("|");
  const cite = "\\[\\d{1,3}\\]";
  if (!any) return new RegExp(`(${cite})`, "gu");
  return new RegExp(`(${cite}|(?<![\\p{L}\\p{N}]|\\p{N}[.,])(?:${any})(?!\\p{N}|[.,]\\p{N}))`, "gu");
}

interface Marks {
  figure: (figure: Figure) => HTMLElement;
  /** Null where there is no such page. */
  citation: (n: number) => HTMLElement | null;
}

export function mark(root: Node, figures: Figure[], marks: Marks): void {
  const pattern = places(figures);
  const texts: Text[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    if (text.parentElement?.closest("a, pre, button")) continue;
    const pieces = text.data.split(pattern);
    if (pieces.length < 2) continue;
    text.replaceWith(...joined(pieces, (piece) => node(piece, figures, marks)));
  }
}

/** Every second piece is a place. A sign behind a button does not begin a line of its own. */
function joined(pieces: string[], button: (piece: string) => HTMLElement | null): (Node | string)[] {
  const nodes: (Node | string)[] = [];
  for (let at = 0; at < pieces.length; at += 2) {
    nodes.push(pieces[at] ?? "");
    const place = pieces[at + 1];
    if (place === undefined) break;
    const made = button(place);
    const sign = /^[.,;:!?%)\]。，；：！？）、]+/u.exec(pieces[at + 2] ?? "")?.[0] ?? "";
    if (!made || !sign) {
      nodes.push(made ?? place);
      continue;
    }
    const kept = document.createElement("span");
    kept.className = "kept";
    kept.append(made, sign);
    nodes.push(kept);
    pieces[at + 2] = (pieces[at + 2] ?? "").slice(sign.length);
  }
  return nodes;
}

function node(piece: string, figures: Figure[], marks: Marks): HTMLElement | null {
  const cite = /^\[(\d+)\]$/.exec(piece);
  if (cite) return marks.citation(Number(cite[1]));
  const figure = figures.find((figure) => figure.text === piece);
  return figure ? marks.figure(figure) : null;
}
