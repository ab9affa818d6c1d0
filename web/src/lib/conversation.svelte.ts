// What the page has open: the list of conversations, and the turns of one of them.

import { api, follow, ApiError } from "./api";
import { Turn } from "./turn.svelte";
import type { Consent, PageInfo, ServerStatus, SessionInfo, SessionView, TurnState, Upload } from "./types";

const draftKey = (session: string | null) => `polymath.draft.${session ?? "new"}`;

class Conversation {
  sessions = $state<SessionInfo[]>([]);
  status = $state<ServerStatus | null>(null);
  id = $state<string | null>(null);
  title = $state("");
  turns = $state<Turn[]>([]);
  pages = $state<PageInfo[]>([]);
  draft = $state("");
  uploads = $state<Upload[]>([]);
  /** Asked while an answer is being written. */
  queued = $state<string | null>(null);
  /** A question is on its way to the server. */
  sending = $state(false);
  problem = $state("");
  locked = $state(false);
  /** Grows with every answer that is complete: for who cannot see it. */
  answered = $state(0);
  #following = new AbortController();

  get running(): Turn | undefined {
    const last = this.turns.at(-1);
    return last?.state === "running" ? last : undefined;
  }

  /** Tells what goes wrong, and asks for the token where one is wanted. */
  async #trying(work: () => Promise<void>): Promise<boolean> {
    this.problem = "";
    try {
      await work();
      return true;
    } catch (error) {
      this.locked ||= error instanceof ApiError && error.status === 401;
      this.problem = this.locked ? "" : error instanceof Error ? error.message : String(error);
      return false;
    }
  }

  async start(): Promise<void> {
    this.locked = false;
    // At once: what is typed and dropped while the rest comes belongs to it.
    const opened = this.open(sessionOf(location.hash));
    await this.#trying(async () => {
      this.status = await api.status();
      await this.list();
    });
    await opened;
  }

  async list(): Promise<void> {
    this.sessions = await api.sessions();
  }

  /** Opens a conversation, and goes on following the turn that runs in it. */
  async open(id: string | null): Promise<void> {
    this.#following.abort();
    this.#following = new AbortController();
    this.#draftAgain(this.queued);
    this.id = id;
    this.turns = [];
    this.pages = [];
    this.title = "";
    this.uploads = [];
    this.queued = null;
    this.draft = localStorage.getItem(draftKey(id)) ?? "";
    if (!id) return;
    await this.#trying(async () => {
      const view = await api.session(id);
      if (this.id !== id) return;
      this.title = view.title;
      this.#show(view);
    });
  }

  /** Takes up what went on elsewhere: in another tab, on another device. */
  async look(): Promise<void> {
    const id = this.id;
    try {
      await this.list();
      const last = this.sessions.find((session) => session.id === id)?.turns ?? 0;
      if (!id || this.sending || this.running || last <= (this.turns.at(-1)?.turn ?? 0)) return;
      const view = await api.session(id);
      if (this.id === id && !this.sending) this.#show(view);
    } catch {
      // Nobody asked for this; what is asked for says what is wrong.
    }
  }

  /** Shows the turns that are not here yet, follows the one that runs, and marks those that were taken back since. */
  #show(view: SessionView): void {
    this.pages = view.pages;
    const back = new Set(view.turns.filter((turn) => turn.state === "taken_back").map((turn) => turn.turn));
    for (const shown of this.turns) if (back.has(shown.turn)) shown.state = "taken_back";
    for (const kept of view.turns.slice(this.turns.length)) {
      const turn = new Turn(kept.turn, kept.question);
      kept.events.forEach((event) => turn.apply(event));
      turn.state = kept.state;
      turn.cursor = kept.cursor;
      this.turns.push(turn);
      if (turn.state === "running") this.#follow(view.id, turn);
    }
  }

  keepDraft(): void {
    if (this.draft) localStorage.setItem(draftKey(this.id), this.draft);
    else localStorage.removeItem(draftKey(this.id));
  }

  async ask(question: string): Promise<void> {
    if (!question.trim() || this.sending) return;
    if (this.running) {
      this.queued = [this.queued, question].filter(Boolean).join("\n\n");
      return;
    }
    this.sending = true;
    const sent = await this.#trying(async () => {
      const from = this.id;
      const { session, turn } = await api.run(question, from, this.uploads.map((upload) => upload.id));
      if (this.id !== from) return;
      this.uploads = [];
      if (!from) {
        this.id = session;
        this.title = question;
        history.pushState(null, "", `#/s/${session}`);
      }
      this.turns.push(new Turn(turn, question));
      // The one in the list: changes to it are seen.
      const shown = this.turns.at(-1);
      if (shown) this.#follow(session, shown);
      await this.list();
    });
    this.sending = false;
    if (sent) return;
    this.draft ||= question;
    // It may be busy with a question of elsewhere.
    await this.look();
  }

  /** Says something to the run under way, which takes it up at its next step. */
  async say(message: string): Promise<void> {
    const [id, turn] = [this.id, this.running];
    if (!id || !turn) return this.ask(message);
    turn.saying.push(message);
    const said = await this.#trying(async () => {
      await api.say(id, turn.turn, message).catch((error) => {
        // The run is over; what was said to it is the next question, once.
        if (error instanceof ApiError && error.status === 409) return;
        turn.saying = turn.saying.filter((one) => one !== message);
        throw error;
      });
    });
    if (!said && this.id === id) this.draft ||= message;
    if (turn.state !== "running") await this.#next(id, turn);
  }

  /** Answers whether a call may be made; says whether that arrived. */
  async consent(turn: Turn, asked: string, answer: Consent): Promise<boolean> {
    const id = this.id;
    return id !== null && this.#trying(async () => void (await api.approve(id, turn.turn, asked, answer)));
  }

  /** Asks what is to be asked when a turn is over: what it did not take up, and what waited. */
  async #next(id: string, turn: Turn): Promise<void> {
    if (this.id !== id) return;
    const next = [...turn.saying.splice(0), this.queued].filter(Boolean).join("\n\n");
    this.queued = null;
    await this.ask(next);
  }

  /** What was to be said or asked is a draft again. */
  #draftAgain(...texts: (string | null)[]): void {
    if (!texts.some(Boolean)) return;
    this.draft = [...texts, this.draft].filter(Boolean).join("\n\n");
    this.keepDraft();
  }

  #follow(id: string, turn: Turn): void {
    const signal = this.#following.signal;
    const end = async (state: TurnState) => {
      turn.state = state;
      this.answered += 1;
      await this.#trying(async () => {
        const view = await api.session(id);
        if (this.id === id) this.pages = view.pages;
        await this.list();
      });
      await this.#next(id, turn);
    };
    void follow(
      id,
      turn.turn,
      turn.cursor,
      {
        event: (event, cursor) => {
          turn.cursor = cursor;
          turn.apply(event);
        },
        end: (state) => void end(state),
        broken: (broken) => (turn.broken = broken),
        failed: (error) => {
          turn.state = "cut_off";
          this.problem = error.message;
        },
      },
      signal,
    );
  }

  async stop(): Promise<void> {
    const [id, turn] = [this.id, this.running];
    this.#draftAgain(...(turn?.saying.splice(0) ?? []), this.queued);
    this.queued = null;
    if (id && turn) await this.#trying(async () => void (await api.cancel(id, turn.turn)));
  }

  async attach(files: Iterable<File>): Promise<void> {
    for (const file of files) {
      await this.#trying(async () => void this.uploads.push(await api.upload(file)));
    }
  }

  async rename(id: string, title: string): Promise<void> {
    await this.#trying(async () => {
      await api.rename(id, title);
      if (this.id === id) this.title = title;
      await this.list();
    });
  }

  async remove(id: string): Promise<void> {
    await this.#trying(async () => {
      await api.remove(id);
      localStorage.removeItem(draftKey(id));
      await this.list();
      if (this.id === id) location.hash = "";
    });
  }
}

export function sessionOf(hash: string): string | null {
  const found = /^#\/s\/([\w.-]+)$/.exec(hash);
  return found?.[1] ?? null;
}

export const conversation = new Conversation();
