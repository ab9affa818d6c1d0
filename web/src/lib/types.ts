// The server's values, as `chat/src` has them.

export type Status = "sourced" | "computed" | "imputed" | "extrapolated" | "given" | "unverified";

export type Provenance =
  | { status: "sourced"; url: string; title: string; quote: string }
  | { status: "computed" | "imputed" | "extrapolated"; how: string }
  | { status: "given" | "unverified" | "missing" };

export interface Cell {
  text: string | null;
  number?: number;
  date?: string;
  provenance: Provenance;
}

export interface Table {
  title: string;
  columns: string[];
  rows: Cell[][];
}

export interface Artifact {
  name: string;
  mime: string;
  bytes: number;
}

export interface Citation {
  n: number;
  url: string;
  title: string;
  quote: string;
}

export interface Figure {
  text: string;
  status: Status;
  evidence: string;
}

export type Stop = "answer" | "step_limit" | "deadline" | "repetition" | "interrupted" | "error";

/** The user's word on a call that acts; `always`: as long as the run's process goes on. */
export type Consent = "once" | "always" | "refused";

export interface Approval {
  id: string;
  server: string;
  tool: string;
  arguments: Record<string, unknown>;
}

export type Event =
  | { type: "step"; step: number }
  | { type: "text" | "reasoning"; delta: string }
  | { type: "call"; id: string; tool: string; arguments: Record<string, unknown> }
  | { type: "result"; id: string; ok: boolean; content: string; artifacts: Artifact[]; tables: Table[]; ms: number }
  | { type: "table"; table: Table }
  | { type: "artifact"; artifact: Artifact }
  | ({ type: "approval" } & Approval)
  | { type: "approved"; id: string; answer: Consent }
  | { type: "said" | "notice"; text: string }
  | { type: "prefill"; new_tokens: number; cached_tokens: number; ms: number }
  | { type: "answer"; text: string; citations: Citation[]; figures: Figure[] }
  | { type: "done"; stop: Stop; steps: number; tokens: number; seconds: number }
  | { type: "error"; message: string; hint?: string };

export type TurnState = "running" | "done" | "failed" | "cut_off" | "taken_back";

export interface SessionInfo {
  id: string;
  title: string;
  updated: string;
  turns: number;
  running: boolean;
}

export interface PageInfo {
  n: number;
  url: string;
  title: string;
}

export interface SessionView {
  id: string;
  title: string;
  files: string[];
  pages: PageInfo[];
  turns: { turn: number; question: string; state: TurnState; events: Event[]; cursor: string }[];
}

export interface ServerStatus {
  version: string;
  model: string;
  context_length: number;
  tools: { name: string; description: string }[];
}

export interface Upload {
  id: string;
  name: string;
  bytes: number;
}
