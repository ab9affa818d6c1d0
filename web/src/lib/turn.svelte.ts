// A turn as the page shows it, made from its events alone: the same live, reopened and taken up again.

import type { Approval, Artifact, Citation, Event, Figure, Stop, Table, TurnState } from "./types";

export interface Call {
  id: string;
  tool: string;
  arguments: Record<string, unknown>;
  result?: { ok: boolean; content: string; ms: number };
}

/** A call, or something that was to be known on the way. */
export type Step = Call | { notice: string };

/** What was asked, or said while the turn ran, and what was done about it. */
export interface Part {
  said: string;
  steps: Step[];
  /** What had been written when more was said. */
  written: string;
}

export class Turn {
  parts = $state<Part[]>([]);
  /** What was said from here and is not taken up yet. */
  saying = $state<string[]>([]);
  /** Calls that wait for the user's word. */
  asking = $state<Approval[]>([]);
  /** What the model is writing; the answer, or nothing, takes its place. */
  draft = $state("");
  reasoning = $state("");
  tables = $state<Table[]>([]);
  artifacts = $state<Artifact[]>([]);
  #opening = $state<string[]>([]);
  answer = $state<{ text: string; citations: Citation[]; figures: Figure[] } | null>(null);
  error = $state<{ message: string; hint?: string } | null>(null);
  done = $state<{ stop: Stop; steps: number; tokens: number; seconds: number } | null>(null);
  step = $state(0);
  /** Tokens of the prompt that were read. */
  read = $state(0);
  state = $state<TurnState>("running");
  broken = $state(false);
  cursor = "";
  readonly since = Date.now();

  get calls(): Call[] {
    return this.parts.flatMap((part) => part.steps).filter((step) => "tool" in step);
  }

  /** What is to be known of the question itself: of the files that it brought. */
  get notices(): string[] {
    return this.#opening;
  }

  constructor(
    readonly turn: number,
    readonly question: string,
  ) {
    this.#begin(question);
  }

  apply(event: Event): void {
    switch (event.type) {
      case "step":
        this.step = event.step;
        this.draft = "";
        this.reasoning = "";
        break;
      case "text":
        this.draft += event.delta;
        break;
      case "reasoning":
        this.reasoning += event.delta;
        break;
      case "call":
        this.draft = "";
        this.#last.steps.push({ id: event.id, tool: event.tool, arguments: event.arguments });
        break;
      case "result": {
        const call = this.calls.findLast((call) => call.id === event.id);
        if (call) call.result = { ok: event.ok, content: event.content, ms: event.ms };
        event.artifacts.forEach((artifact) => this.#keep(artifact));
        break;
      }
      case "table":
        this.tables.push(event.table);
        break;
      case "artifact":
        this.#keep(event.artifact);
        break;
      case "approval":
        this.asking.push(event);
        break;
      case "approved":
        this.asking = this.asking.filter((asked) => asked.id !== event.id);
        break;
      case "said":
        this.#takeUp(event.text);
        break;
      case "notice":
        if (this.step) this.#last.steps.push({ notice: event.text });
        else this.#opening.push(event.text);
        break;
      case "prefill":
        this.read += event.new_tokens;
        break;
      case "answer":
        this.draft = "";
        this.answer = { text: event.text, citations: event.citations, figures: event.figures };
        break;
      case "done":
        this.done = event;
        break;
      case "error":
        this.error = { message: event.message, hint: event.hint };
        break;
    }
  }

  get #last(): Part {
    return this.parts.at(-1) ?? this.#begin(this.question);
  }

  #begin(said: string): Part {
    const part: Part = $state({ said, steps: [], written: "" });
    this.parts.push(part);
    return part;
  }

  /** What was said several times meanwhile is taken up as one. */
  #takeUp(said: string): void {
    this.saying = this.saying.filter((one) => !`\n${said}\n`.includes(`\n${one.trim()}\n`));
    this.#last.written = this.draft;
    this.draft = "";
    this.#begin(said);
  }

  #keep(artifact: Artifact): void {
    if (this.artifacts.every((known) => known.name !== artifact.name)) this.artifacts.push(artifact);
  }
}
