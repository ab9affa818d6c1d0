// Draws a chart. Large, and so loaded when one is wanted. Its expressions are interpreted (the page's policy lets no text
// become a program), and it fetches nothing: the data stand in the specification.

import { parse, View, type Loader, type TooltipHandler } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Spec } from "./chart";

const refuse = () => Promise.reject(new Error("a chart loads nothing"));
const loader: Loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };

export async function draw(spec: Spec, container: HTMLElement, tooltip: TooltipHandler): Promise<View> {
  const { spec: whole } = compile(spec as unknown as TopLevelSpec);
  const runtime = parse(whole, undefined, { ast: true });
  const view = new View(runtime, { expr: expressionInterpreter, loader, renderer: "canvas", container, tooltip });
  return view.runAsync();
}
